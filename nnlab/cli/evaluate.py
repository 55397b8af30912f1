"""nnlab eval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, NamedTuple

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Checkpoint, DataDir, DataFile, Run, RunsDir
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import did_you_mean, format_metric
from nnlab.metrics import CLASS_METRICS, is_fraction


def _threshold_option(name: str, side: str) -> Any:
    text = f"Exit with 8 if the metric is {side}; can be repeated."
    return typer.Option(name, metavar="METRIC=VALUE", help=text)


Minima = Annotated[list[str] | None, _threshold_option("--min", "lower")]
Maxima = Annotated[list[str] | None, _threshold_option("--max", "higher")]


def evaluate(
    run: Run,
    split: Annotated[Literal["test", "val", "train"], typer.Option(help="Split to evaluate.")] = (
        "test"
    ),
    checkpoint: Checkpoint = None,
    minima: Minima = None,
    maxima: Maxima = None,
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

    thresholds = [_parse_threshold("--min", text) for text in minima or []]
    thresholds += [_parse_threshold("--max", text) for text in maxima or []]
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
    _check(result[split], thresholds)


class Threshold(NamedTuple):
    """A limit for a metric: ``--min`` or ``--max``."""

    option: str
    metric: str
    limit: float

    def failure(self, value: float) -> str | None:
        """Return how a value misses the limit, or None if it keeps it."""
        if self.option == "--min" and not value >= self.limit:
            return f"{self.metric} is {value:.6g}, below the required {self.limit:g}"
        if self.option == "--max" and not value <= self.limit:
            return f"{self.metric} is {value:.6g}, above the allowed {self.limit:g}"
        return None


def _parse_threshold(option: str, text: str) -> Threshold:
    metric, _, value = text.partition("=")
    try:
        limit = float(value)
    except ValueError as error:
        msg = f"{option} {text}: should look like accuracy=0.97"
        raise ConfigError(msg) from error
    if is_fraction(metric) and not 0 <= limit <= 1:
        msg = f"{option} {text}: {metric} is between 0 and 1; write 0.97 for 97 %"
        raise ConfigError(msg)
    return Threshold(option, metric, limit)


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


def _print_per_class(per_class: dict[str, dict[str, float]], seed: int) -> None:
    rows = [
        [
            name,
            *(format_metric(metric, scores[metric]) for metric in CLASS_METRICS),
            str(scores["support"]),
        ]
        for name, scores in per_class.items()
    ]
    console.print_table(["class", *CLASS_METRICS, "support"], rows, title=f"by class, seed {seed}")


def _check(metrics: dict[str, float], thresholds: Sequence[Threshold]) -> None:
    for option, metric, _ in thresholds:
        if metric not in metrics:
            hint = did_you_mean(metric, metrics)
            msg = f"{option} {metric}: unknown metric{hint}; this run has {', '.join(metrics)}"
            raise ConfigError(msg)
    failures = [threshold.failure(metrics[threshold.metric]) for threshold in thresholds]
    if missed := [failure for failure in failures if failure is not None]:
        raise CheckFailedError("\n".join(missed))
