"""nnlab compare."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import api, console, folders
from nnlab.bundled import WORDS
from nnlab.commands.findings import say_warnings
from nnlab.comparison.contenders import find_contenders

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.comparison.table import Comparison

MAX_SEED_COLUMNS = 6


def compare(
    references: Sequence[str],
    overrides: Sequence[str],
    *,
    dataset: str,
    seeds: int,
    metric: str | None,
    device: str | None,
    data_dir: str | None,
    runs_dir: str | None,
    as_json: bool,
) -> None:
    """Train what is not trained yet and print a table of test metrics over seeds."""
    contenders = find_contenders(references, dataset, overrides, folders.runs_dir(runs_dir))
    for reference, contender in zip(references, contenders, strict=True):
        name = contender.config.name if reference in WORDS else reference
        say_warnings(contender.config, name)
    comparison = api.compare(
        references,
        overrides,
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        watch=console.watch,
    )
    if as_json:
        console.say_json(comparison.to_json())
    else:
        _say(comparison)


def _say(comparison: Comparison) -> None:
    metric, rows = comparison.metric, comparison.rows
    seeds = rows[0].seeds if len(rows[0].seeds) <= MAX_SEED_COLUMNS else []
    columns = ["", "mean", "std", *(f"seed {seed}" for seed in seeds), "parameters", "s per seed"]
    cells = [
        [
            row.name,
            console.shown_metric(metric, row.mean),
            console.shown_metric(metric, row.std),
            *(console.shown_metric(metric, value) for value in row.per_seed[: len(seeds)]),
            f"{row.num_parameters:,}",
            f"{row.train_seconds_per_seed:.1f}",
        ]
        for row in rows
    ]
    title = f"test {metric}, {len(rows[0].seeds)} seeds"
    narrow = [*columns[3:-2], "parameters", "s per seed"]
    console.say_table(columns, cells, title=title, optional=narrow)
    console.say(_ahead(comparison))
    for row in rows:
        console.say(f"{row.name}: {row.run}")


def _ahead(comparison: Comparison) -> str:
    first, second = comparison.rows[:2]
    gap = abs(first.mean - second.mean)
    if gap == 0:
        return f"{first.name} and {second.name} are level"
    shown = f"{100 * gap:.2f} points" if comparison.metric in console.PERCENT else f"{gap:.3g}"
    return (
        f"{first.name} is ahead of {second.name} by {shown} of test {comparison.metric} on average"
    )
