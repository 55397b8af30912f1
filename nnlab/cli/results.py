"""Printing the metrics of a finished run, for train, resume and runs show."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from nnlab import console
from nnlab.errors import RunError
from nnlab.formatting import Column, format_metric, format_range, pluralize
from nnlab.metrics import COMPARED, explain, label_of
from nnlab.storage.schemas import (
    SPLIT_TITLES,
    SPLITS,
    SplitName,
    Summary,
    deviations,
    means,
    survivors,
    values_in,
)
from nnlab.storage.seeds import about_diverged

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.storage.run_dir import RunDir

INTERVAL = "95 % interval"


def print_results(run: RunDir) -> None:
    """Print the metrics of a finished run; its folder is the last line."""
    summary = run.summary
    splits = [split for split in reversed(SPLITS) if split in summary]
    interval = _interval(run, splits[0])
    rows = []
    for metric in values_in(summary, splits[0]):
        first, *others = [_cell(summary, split, metric) for split in splits]
        rows.append([label_of(metric), first, interval.get(metric, ""), *others])
    sizes = [f"{split} ({summary['num_evaluated'][split]:,})" for split in splits]
    # The first split and its interval stay, the others are dropped from the last on.
    drops = range(len(splits) - 1, 0, -1)
    columns = [Column(""), Column(sizes[0]), Column(INTERVAL)]
    columns += [Column(size, drop) for size, drop in zip(sizes[1:], drops, strict=True)]
    if not interval:
        columns, rows = [*columns[:2], *columns[3:]], [[*row[:2], *row[3:]] for row in rows]
    console.print_table(columns, rows, has_json=False)
    for line in _notes(run, splits[0], has_interval=bool(interval)):
        console.print_line(line)
    console.print_exact(str(run.path))


def _interval(run: RunDir, split: SplitName) -> dict[str, str]:
    """Return the interval over examples, by the name of its metric; empty if there is none."""
    from nnlab.runs.uncertainty import examples_interval

    if split == "train":  # the weights were fitted to it
        return {}
    metric = _headline(run.summary, split)
    with contextlib.suppress(RunError):  # no predictions, or damaged ones
        if ends := examples_interval(run, split):
            # The value beside it has the unit, and 50 columns have no room for another.
            return {metric: format_range(metric, *ends).removesuffix(" %")}
    return {}


def _headline(summary: Summary, split: SplitName) -> str:
    return next(metric for metric in COMPARED.values() if metric in means(summary, split))


def _notes(run: RunDir, split: SplitName, *, has_interval: bool) -> Iterator[str]:
    """Yield what the table needs to be understood, a line each."""
    from nnlab.runs.baseline import baseline

    summary = run.summary
    if lost := about_diverged(summary):
        yield lost
    num_seeds, metric = len(survivors(summary)), _headline(summary, split)
    if num_seeds > 1:
        splits = "each on its own split" if _is_varied(run) else "all on the same split"
        yield f"+-: standard deviation over {num_seeds} seeds, {splits}"
    if has_interval:
        number = pluralize(summary["num_evaluated"][split], f"{SPLIT_TITLES[split]} example")
        yield f"{INTERVAL}: how precisely {number} measure the {metric}"
    per_class = survivors(summary)[0][split].get("per_class", {})
    yield from explain(means(summary, split), list(per_class))
    if "r2" in means(summary, split) and _is_scaled(run):
        yield "loss: of the standardised target; the other metrics: in its own unit"
    if constant := baseline(summary, split):
        score = format_metric(metric, constant.metrics[metric])
        yield f"baseline, {constant.name}: {SPLIT_TITLES[split]} {metric} {score}"
    model = run.config.model
    if model.is_estimator:
        yield f"{model.title} of scikit-learn, fitted in {summary['train_seconds']:.1f} s"
        return
    yield (
        f"{summary['checkpoint']} weights, {pluralize(summary['epochs'], 'epoch')} in "
        f"{summary['train_seconds']:.1f} s"
    )


def _is_scaled(run: RunDir) -> bool:
    with contextlib.suppress(RunError):
        return run.preprocessing.get("target_mean") is not None
    return False


def _is_varied(run: RunDir) -> bool:
    split = run.meta.get("dataset", {}).get("split")
    return isinstance(split, dict) and split.get("vary") is True


def _cell(summary: Summary, split: SplitName, metric: str) -> str:
    value = values_in(summary, split)[metric]
    return format_metric(metric, value, deviations(summary, split)[metric])
