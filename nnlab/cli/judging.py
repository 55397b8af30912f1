"""The command line of comparisons and checks."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.options import AsJson, DataDir, Device, RunsDir, split_words

Contenders = Annotated[
    list[str],
    typer.Argument(
        help="Runs, config files, bundled experiments or model words (logistic, mlp, cnn, "
        "linear); then key.path=value for all of them."
    ),
]
DatasetName = Annotated[str, typer.Option(help="Where model words are looked up.")]
Metric = Annotated[str | None, typer.Option(help="The test metric.")]
Reuse = Annotated[
    bool, typer.Option("--reuse/--no-reuse", help="Take finished runs of the same experiments.")
]


def compare(
    contenders: Contenders,
    dataset: DatasetName = "mnist",
    seeds: Annotated[int, typer.Option(min=1, help="Replicas of each contender.")] = 5,
    metric: Metric = None,
    until: Annotated[
        float | None,
        typer.Option(
            help="Add seeds until the interval of each difference is at most this wide "
            "(accuracies: in points)."
        ),
    ] = None,
    max_seeds: Annotated[int, typer.Option(min=2, help="Where --until ends anyway.")] = 50,
    reuse: Reuse = True,
    report: Annotated[Path | None, typer.Option(help="Write an HTML file.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Train contenders on the same seeds and splits; say which is better and how surely."""
    from nnlab.cli.compare import compare as run_compare

    run_compare(
        *split_words(contenders),
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        until=until,
        max_seeds=max_seeds,
        reuse=reuse,
        report=report,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )


def plan(
    contenders: Contenders,
    detect: Annotated[
        float, typer.Option(min=0, help="The difference to see (accuracies: in points).")
    ],
    dataset: DatasetName = "mnist",
    seeds: Annotated[int, typer.Option(min=2, help="Replicas of the pilot.")] = 5,
    metric: Metric = None,
    reuse: Reuse = True,
    device: Device = None,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Say how many seeds it takes to see a difference between two contenders, from a pilot."""
    from nnlab.cli.compare import plan as run_plan

    run_plan(
        *split_words(contenders),
        detect=detect,
        dataset=dataset,
        seeds=seeds,
        metric=metric,
        reuse=reuse,
        device=device,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )


def check(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="REF",
            help="Experiment files, bundled experiments or finished runs; then key.path=value.",
        ),
    ] = None,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 8 on a warning.")] = False,
    no_data: Annotated[bool, typer.Option("--no-data", help="Read no data set.")] = False,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Say what a rule is for, such as NL101.")
    ] = None,
    fix: Annotated[
        bool, typer.Option("--fix", help="Mend what one value in the file mends.")
    ] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Say what is wrong with the design of an experiment, or with a finished run."""
    from nnlab.cli.check import check as run_check
    from nnlab.cli.check import explain_rule

    if explain is not None:
        explain_rule(explain, as_json=json)
        return
    references, overrides = split_words(words or [])
    run_check(
        references,
        overrides,
        is_strict=strict,
        reads_data=not no_data,
        fixes=fix,
        data_dir=data_dir,
        runs_dir=runs_dir,
        as_json=json,
    )
