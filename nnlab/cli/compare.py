"""nnlab compare."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, Device, On, Overwrite, RunsDir, split_words
from nnlab.errors import ConfigError
from nnlab.formatting import pluralize
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from nnlab.comparison.contenders import Contender
    from nnlab.comparison.result import Comparison
    from nnlab.storage.run_dir import RunDir

Contenders = Annotated[
    list[str],
    typer.Argument(
        metavar="CONTENDER",
        help="Runs, experiment files, bundled experiments or model words (logistic, linear, mlp, cnn, "
        "random_forest, gradient_boosting, knn, svm, dummy); then KEY=VALUE settings for all of them.",
    ),
]
DatasetName = Annotated[
    str | None,
    typer.Option(
        metavar="NAME|FILE",
        help="Data for model words: a data set, or an experiment file whose data they use "
        "(default: mnist).",
    ),
]
Metric = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Test metric to compare (default: accuracy or mse); val.accuracy while you tune.",
    ),
]
Reuse = Annotated[
    bool,
    typer.Option("--reuse/--no-reuse", help="Reuse finished runs of the same experiments."),
]
Until = Annotated[
    float | None,
    typer.Option(
        metavar="WIDTH",
        help="Add seeds until the interval of every difference is at most this wide "
        "(for accuracies: percentage points).",
    ),
]
Seeds = Annotated[
    int | None,
    typer.Option(
        min=1, metavar="N", help="Seeds per contender (default: 5, or one for each fold)."
    ),
]
MaxSeeds = Annotated[int, typer.Option(min=2, metavar="N", help="Stop adding seeds here.")]
ReportFile = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write an HTML report to this file.")
]
Tune = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="Search for each contender first: a sweep file without a base, with the same space and "
        "trials for all; --seeds are then the fresh seeds of the winners.",
    ),
]


def compare(
    words: Contenders,
    dataset: DatasetName = None,
    seeds: Seeds = None,
    metric: Metric = None,
    until: Until = None,
    max_seeds: MaxSeeds = 50,
    reuse: Reuse = True,
    report: ReportFile = None,
    overwrite: Overwrite = False,
    tune: Tune = None,
    on: On = None,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Find out which experiment is better.

    Trains the contenders on the same seeds and splits, and reports which is better, with what
    confidence and at what cost. With --tune, each is given the same search first.

    Example: nnlab compare logistic mlp --dataset digits --seeds 10
    """
    from nnlab import api
    from nnlab.cli.progress import watch

    if report is not None:
        check_output(report, option="--report", suffix=".html", overwrite=overwrite)
    references, overrides = split_words(words)
    contenders = _find(references, overrides, dataset, runs_dir, is_tuned=tune is not None)
    places: dict[str, Any] = {
        "device": device,
        "data_dir": data_dir,
        "runs_dir": runs_dir,
        "on": on,
    }
    if tune is not None:
        _refuse_with_tune(until, reuse=reuse, metric=metric)
        comparison = _compare_tuned(contenders, tune, seeds, places)
    else:
        options: dict[str, Any] = {"metric": metric, "until": until, "reuse": reuse, **places}
        says: dict[str, Any] = {"on_reuse": print_reuse, "on_trained": print_trained}
        comparison = api.compare(
            contenders, seeds=seeds, max_seeds=max_seeds, watch=watch, **options, **says
        )
    _finish(comparison, until, report, as_json=as_json)


def _compare_tuned(
    contenders: Sequence[Contender], space: Path, seeds: int | None, places: dict[str, Any]
) -> Comparison:
    from nnlab import api
    from nnlab.cli.sweep import say_done, say_start

    return api.compare_tuned(
        contenders, space, seeds=seeds, on_start=say_start, on_done=say_done, **places
    )


def _finish(
    comparison: Comparison, until: float | None, report: Path | None, *, as_json: bool
) -> None:
    from nnlab.comparison.store import to_json

    if report is not None:
        _write_page(comparison, report)
    if as_json:
        console.print_json(to_json(comparison))
    else:
        _print(comparison, until)


def _refuse_with_tune(until: float | None, *, reuse: bool, metric: str | None) -> None:
    """Refuse options that a comparison of tuned contenders cannot follow.

    Raises:
        ConfigError: Naming the option.
    """
    given = {"--until": until is not None, "--no-reuse": not reuse, "--metric": metric is not None}
    for option, is_given in given.items():
        if is_given:
            msg = f"{option} does not go with --tune, whose file names the metric; leave it out"
            raise ConfigError(msg)


def _write_page(comparison: Comparison, path: Path) -> None:
    from nnlab.api.pages import write_comparison

    write_comparison(comparison, path)
    console.print_note(f"page: {path}")


def _find(
    references: Sequence[str],
    overrides: Sequence[str],
    dataset: str | None,
    runs_dir: str | None,
    *,
    is_tuned: bool,
) -> list[Contender]:
    """Return the contenders, after printing what the linter warns about."""
    from nnlab.cli.progress import print_warnings
    from nnlab.comparison.contenders import find_contenders
    from nnlab.comparison.model_words import applicable
    from nnlab.config.bundled import WORDS
    from nnlab.storage.folders import Folders
    from nnlab.sweep.fair import unmatched_searches

    folders = Folders.choose(runs_dir)
    contenders = find_contenders(references, dataset, overrides, folders)
    configs = {contender.name: contender.config for contender in contenders}
    searches = {} if is_tuned else unmatched_searches(configs, folders.runs)
    for reference, contender in zip(references, contenders, strict=True):
        name = contender.config.name if reference in WORDS else reference
        print_warnings(contender.config, name, searches.get(contender.name))
        if len(kept := applicable(reference, overrides)) < len(overrides):
            ignored = ", ".join(text for text in overrides if text not in kept)
            console.print_note(f"{reference}: {ignored} is for networks; scikit-learn fits it")
    return contenders


def print_reuse(run: RunDir) -> None:
    """Say that a run is reused."""
    console.print_note(f"{run.id}: reused: same experiment, data and version")


def print_trained(run: RunDir, done: int, total: int) -> None:
    """Say that a run has been trained elsewhere."""
    console.print_note(f"{run.id}: {done:,} of {total:,} trained")


def _print(comparison: Comparison, until: float | None) -> None:
    from nnlab.comparison.plain_words import plain_words
    from nnlab.comparison.words import (
        about_all,
        about_times,
        pair_table,
        shortfall,
        table,
        to_unit,
        verdict,
    )

    num_seeds = pluralize(len(comparison.rows[0].seeds), "seed")
    console.print_line(
        f"{num_seeds}, {pluralize(comparison.num_examples, f'{comparison.split} example')}"
    )
    console.print_table(*table(comparison))
    console.print_table(*pair_table(comparison))
    lines = [verdict(comparison, pair) for pair in comparison.pairs]
    lines += plain_words(comparison)
    lines += [about_all(comparison) or "", about_times(comparison) or ""]
    if until is not None:
        lines.append(shortfall(comparison, to_unit(comparison.metric, until)) or "")
    for line in filter(None, lines):
        console.print_line(line)
    console.print_line(f"stored in {comparison.id}")
