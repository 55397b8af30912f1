"""nnlab eval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from nnlab import console
from nnlab.cli import many
from nnlab.cli.csv_table import CsvFile, check_csv
from nnlab.cli.options import AsJson, Checkpoint, DataDir, Overwrite, RunsDir, SkipBadRows
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import did_you_mean, format_metric, pluralize, shorten
from nnlab.metrics import CLASS_METRICS, COMPARED, METRICS, explain, is_fraction, label_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.storage.run_dir import RunDir

# Rows of the table of classes.
MAX_CLASSES = 30
MAX_ABSENT = 6


def _threshold_option(name: str, side: str) -> Any:
    text = f"Exit with 8 if the metric is {side}; can be repeated."
    return typer.Option(name, metavar="METRIC=VALUE", help=text)


Minima = Annotated[list[str] | None, _threshold_option("--min", "lower")]
Maxima = Annotated[list[str] | None, _threshold_option("--max", "higher")]


EvaluatedSplit = Annotated[
    Literal["test", "val", "train"] | None, typer.Option(help="Split to evaluate (default: test).")
]
LabelledFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        help="The run's data table, if it is outside the current folder; or another labelled one, "
        "to measure the run on all of its rows.",
    ),
]


def evaluate(
    runs: many.Runs,
    split: EvaluatedSplit = None,
    checkpoint: Checkpoint = None,
    minima: Minima = None,
    maxima: Maxima = None,
    device: Annotated[str, typer.Option(metavar="DEVICE", help="auto, cpu or cuda.")] = "auto",
    data_dir: DataDir = None,
    data_file: LabelledFile = None,
    skip_bad_rows: SkipBadRows = False,
    runs_dir: RunsDir = None,
    csv_file: CsvFile = None,
    overwrite: Overwrite = False,
    as_json: AsJson = False,
) -> None:
    """Compute the metrics of stored runs.

    Loads the weights and data of a run and evaluates one split. Prints the mean over the seeds
    and, for classification, the metrics of each class. Several runs, or a folder of them, make a
    table that also shows summaries that were edited, and predictions that were copied.

    Example: nnlab eval latest --split val --min accuracy=0.97
    """
    from nnlab import api

    thresholds = [_parse_threshold("--min", text) for text in minima or []]
    thresholds += [_parse_threshold("--max", text) for text in maxima or []]
    evaluate_one = partial(
        api.evaluate,
        split=split,
        checkpoint=checkpoint,
        device=device,
        data_dir=data_dir,
        data_file=data_file,
        skip_bad_rows=skip_bad_rows,
        runs_dir=runs_dir,
    )
    submissions = many.find_many(runs, runs_dir)
    check_csv(submissions, csv_file, data_file, overwrite=overwrite)
    if submissions is not None:
        judge = _judge(evaluate_one, thresholds, is_selected=checkpoint is None)
        rows = many.judge_all(submissions, judge)
        many.print_rows(rows, _shown(rows, thresholds), csv_file=csv_file, as_json=as_json)
        return
    result = evaluate_one(runs[0])
    if as_json:
        console.print_json(result)
    else:
        _print(result)
    _check(result[result["split"]], thresholds)


def _judge(
    evaluate_one: Callable[[RunDir], dict[str, Any]],
    thresholds: Sequence[Threshold],
    *,
    is_selected: bool,
) -> Callable[[RunDir], many.Judgement]:
    """Return a function that evaluates a run and compares its summary with what it finds."""

    def judge(run: RunDir) -> many.Judgement:
        from nnlab.runs.agreement import difference
        from nnlab.storage.schemas import means

        result = evaluate_one(run)
        split, metrics = result["split"], result[result["split"]]
        del result["schema_version"]
        missed = [threshold.missed(metrics) for threshold in thresholds]
        claims = []
        if is_selected and split in {"test", "val"}:  # the summary has a sample of a large one
            claims.append(difference(means(run.summary, split), metrics, "its weights say"))
        found = [text for text in (*missed, *claims) if text is not None]
        return many.Judgement(
            metrics, found if any(claims) else found + many.contradiction(run), [], result
        )

    return judge


def _shown(rows: Sequence[many.Row], thresholds: Sequence[Threshold]) -> list[str]:
    present = {name for row in rows for name in row.found.metrics}
    names = [*COMPARED.values(), *(threshold.metric for threshold in thresholds)]
    return [name for name in dict.fromkeys(names) if name in present]


class Threshold(NamedTuple):
    """A limit for a metric: ``--min`` or ``--max``."""

    option: str
    metric: str
    limit: float

    def missed(self, metrics: Mapping[str, float | None]) -> str | None:
        """Return how metrics miss the limit, or lack it; None if they keep it."""
        if self.metric not in metrics:
            return f"it has no {self.metric}"
        return self.failure(metrics[self.metric])

    def failure(self, value: float | None) -> str | None:
        """Return how a value misses the limit, or None if it keeps it."""
        if value is None:
            return f"{self.metric} is undefined: too few examples, or none of a class"
        if self.option == "--min" and not value >= self.limit:
            return f"{self.metric} is {value:.6g}, below the required {self.limit:g}"
        if self.option == "--max" and not value <= self.limit:
            return f"{self.metric} is {value:.6g}, above the allowed {self.limit:g}"
        return None


def _parse_threshold(option: str, text: str) -> Threshold:
    from nnlab.storage.schemas import SPLITS

    metric, _, value = text.partition("=")
    split, _, name = metric.partition(".")
    if split in SPLITS and name in METRICS:
        msg = f"{option} {text}: the split is an option: --split {split} {option} {name}={value}"
        raise ConfigError(msg)
    if metric not in METRICS:
        known = f"{did_you_mean(metric, METRICS)}; metrics: {', '.join(METRICS)}"
        msg = f"{option} {metric}: unknown metric{known}"
        raise ConfigError(msg)
    try:
        limit = float(value)
    except ValueError as error:
        msg = f"{option} {text}: should look like accuracy=0.97"
        raise ConfigError(msg) from error
    if not math.isfinite(limit):
        msg = f"{option} {text}: no metric can be compared with {value}"
        raise ConfigError(msg)
    right = "--max" if METRICS[metric].lower_is_better else "--min"
    if option != right:
        better, bad = ("lower", "high") if right == "--max" else ("higher", "low")
        msg = f"{option} {text}: {better} is better, so that any {bad} {metric} would pass; use {right} {text}"
        raise ConfigError(msg)
    if is_fraction(metric) and not 0 <= limit <= 1:
        msg = f"{option} {text}: {metric} is between 0 and 1; write 0.97 for 97 %"
        raise ConfigError(msg)
    return Threshold(option, metric, limit)


def _print(result: dict[str, Any]) -> None:
    split = result["split"]
    for note in result.get("notes", ()):
        console.print_note(note)
    rows = [
        [label_of(name), format_metric(name, value, result[f"{split}_std"][name])]
        for name, value in result[split].items()
    ]
    count = f"{result['num_examples']:,} {split} examples"
    if data_file := result.get("data_file"):
        count = f"{pluralize(result['num_examples'], 'row')} of {data_file}"
    console.print_line(f"{result['run']}: {result['checkpoint']} weights, {count}")
    console.print_table(["", Path(data_file).name if data_file else split], rows)
    if undefined := [name for name, value in result[split].items() if value is None]:
        console.print_line(f"{', '.join(undefined)}: undefined, {_why_undefined(result)}")
    if lost := result["diverged_seeds"]:
        total = len(lost) + len(result["per_seed"])
        seeds = f"seed{'s' if len(lost) > 1 else ''} {', '.join(map(str, lost))}"
        console.print_line(f"mean of {total - len(lost)} of {total} seeds; {seeds} diverged")
    first = result["per_seed"][0]
    if per_class := first[split].get("per_class"):
        for line in explain(result[split], list(per_class)):
            console.print_line(line)
        _print_per_class(per_class, first["seed"])


def _why_undefined(result: dict[str, Any]) -> str:
    """Return why an evaluation has metrics that are undefined."""
    per_class = result["per_seed"][0][result["split"]].get("per_class", {})
    absent = [repr(name) for name, scores in per_class.items() if not scores["support"]]
    if absent:
        return f"as there are no examples of {shorten(absent, MAX_ABSENT)}"
    return "as a seed has no examples of a class" if per_class else "as there is only one value"


def _print_per_class(per_class: dict[str, dict[str, float]], seed: int) -> None:
    shown = set(sorted(per_class, key=lambda name: per_class[name]["f1"])[:MAX_CLASSES])
    rows = [
        [
            name,
            *(format_metric(metric, _defined(metric, scores)) for metric in CLASS_METRICS),
            str(scores["support"]),
        ]
        for name, scores in per_class.items()
        if name in shown
    ]
    console.print_table(["class", *CLASS_METRICS, "support"], rows, title=f"by class, seed {seed}")
    if rest := len(per_class) - len(rows):
        console.print_line(f"and {rest:,} more classes, which have a higher F1 (--json)")


def _defined(metric: str, scores: Mapping[str, float]) -> float | None:
    """Return a metric of a class; None for the recall of a class without examples."""
    return scores[metric] if scores["support"] or metric != "recall" else None


def _check(metrics: dict[str, float | None], thresholds: Sequence[Threshold]) -> None:
    for option, metric, _ in thresholds:
        if metric not in metrics:
            msg = f"{option} {metric}: not measured; this run has {', '.join(metrics)}"
            raise ConfigError(msg)
    failures = [threshold.failure(metrics[threshold.metric]) for threshold in thresholds]
    if missed := [failure for failure in failures if failure is not None]:
        raise CheckFailedError("\n".join(missed))
