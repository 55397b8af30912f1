"""nnlab eval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Checkpoint, DataDir, DataFile, Run, RunsDir
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import format_metric
from nnlab.metrics import CLASS_METRICS, ClassScores


def evaluate(
    run: Run,
    split: Annotated[Literal["test", "val", "train"], typer.Option(help="Split to evaluate.")] = (
        "test"
    ),
    checkpoint: Checkpoint = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option(
            "--min",
            metavar="METRIC=VALUE",
            help="Exit with 8 if the metric is lower; can be repeated.",
        ),
    ] = None,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu or cuda.")] = "auto",
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Compute the metrics of a stored run.

    Loads the weights and data of the run and evaluates one split. Prints the mean over the seeds
    and, for classification, the metrics of each class.

    Example: nnlab eval latest --split val --min accuracy=0.97
    """
    from nnlab import api

    minima = [_parse_minimum(text) for text in minimum or []]
    result = api.evaluate(
        run,
        split,
        checkpoint=checkpoint,
        device=device,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
    )
    if as_json:
        console.print_json(result)
    else:
        _print(result)
    _check(result[split], minima)


def _parse_minimum(text: str) -> tuple[str, float]:
    name, _, value = text.partition("=")
    try:
        return name, float(value)
    except ValueError as error:
        msg = f"--min {text}: should look like accuracy=0.97"
        raise ConfigError(msg) from error


def _print(result: dict[str, Any]) -> None:
    split = result["split"]
    rows = [
        [name, format_metric(name, value, result[f"{split}_std"][name])]
        for name, value in result[split].items()
    ]
    count = f"{result['num_examples']:,} {split} examples"
    console.print_line(f"{result['run']}: {result['checkpoint']} weights, {count}")
    console.print_table(["", split], rows)
    first = result["per_seed"][0]
    if per_class := first[split].get("per_class"):
        _print_per_class(per_class, first["seed"])


def _print_per_class(per_class: dict[str, ClassScores], seed: int) -> None:
    rows = [
        [
            name,
            *(format_metric(metric, scores[metric]) for metric in CLASS_METRICS),
            str(scores["support"]),
        ]
        for name, scores in per_class.items()
    ]
    console.print_table(["class", *CLASS_METRICS, "support"], rows, title=f"by class, seed {seed}")


def _check(metrics: dict[str, float], minima: Sequence[tuple[str, float]]) -> None:
    for name, minimum in minima:
        if name not in metrics:
            msg = f"--min {name}: unknown metric; this run has {', '.join(metrics)}"
            raise ConfigError(msg)
        if not metrics[name] >= minimum:
            msg = f"{name} is {metrics[name]:.6g}, below the required {minimum:g}"
            raise CheckFailedError(msg)
