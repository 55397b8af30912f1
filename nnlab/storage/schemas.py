"""What the JSON files of a run must hold before anything uses them; they may hold more."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from statistics import fmean
from typing import Annotated, Any, Literal, NotRequired, TypeVar, cast

from pydantic import AfterValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.metrics import COMPARED, Metrics, TaskName, headline_of, limits_of

SplitName = Literal["train", "val", "test"]
SPLITS: tuple[SplitName, ...] = ("train", "val", "test")
SPLIT_TITLES: dict[SplitName, str] = {"train": "training", "val": "validation", "test": "test"}

Count = Annotated[int, Field(ge=0, lt=2**53)]
Fraction = Annotated[float, Field(ge=0, le=1)]
NonNegative = Annotated[float, Field(ge=0)]
Scalars = dict[str, float]
Values = dict[str, float | None]
Deviations = dict[str, float | None]

STRICT = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)
Value = TypeVar("Value")


@with_config(STRICT)
class RecordedCode(TypedDict, total=False):
    """The user's own code in meta.json."""

    folder: str
    sha256: dict[str, str]
    packages: dict[str, str]


class Meta(TypedDict, total=False):
    """meta.json."""

    status: str
    name: str | None
    started_at: str | None
    pid: Count | None
    seeds: list[Count]
    threads: Count | None
    engine: str | None
    data_sha256: str | None
    dataset: dict[str, object]
    data_path: str | None
    split_paths: dict[str, str]
    versions: dict[str, str | None]
    num_examples: dict[str, Count]
    extended: list[dict[str, object]]
    code: RecordedCode
    rungs: Count
    plan_sha256: str
    num_threads: Count


class ClassScores(TypedDict):
    """The metrics of one class."""

    precision: Fraction
    recall: Fraction
    f1: Fraction
    support: Count


class SplitMetrics(TypedDict):
    """The metrics of one seed on one split: see ``nnlab.metrics.Metrics.to_json``."""

    loss: float
    per_class: NotRequired[dict[str, ClassScores]]
    confusion: NotRequired[list[list[Count]]]
    confusion_entries: NotRequired[list[list[Count]]]


def _check_metrics(stored: SplitMetrics) -> SplitMetrics:
    metrics = Metrics.from_json(stored)
    task: TaskName = "classification" if metrics.per_class else "regression"
    if missing := {"loss", COMPARED[task], headline_of(task)} - metrics.scalars.keys():
        msg = f"{', '.join(sorted(missing))} missing"
        raise ValueError(msg)
    for name, value in metrics.scalars.items():
        low, high = limits_of(name)
        if not low <= value <= high:
            msg = f"{name} is {value}, not between {low:g} and {high:g}"
            raise ValueError(msg)
    if not metrics.has_right_sizes:
        msg = "per_class and confusion are of different sizes"
        raise ValueError(msg)
    return stored


CheckedMetrics = Annotated[SplitMetrics, AfterValidator(_check_metrics)]


class Divergence(TypedDict):
    """When a loss or a weight of a seed was found not to be finite."""

    epoch: Count
    step: Count


class SeedResult(TypedDict):
    """The results of one seed; one that has diverged has no metrics."""

    trial: NotRequired[Count]
    seed: Count
    best_epoch: Count | None
    stopped_epoch: Count | None
    repeat: NotRequired[Count]
    fold: NotRequired[Count]
    num_tested: NotRequired[Count]
    diverged: NotRequired[Divergence]
    train: NotRequired[CheckedMetrics]
    val: NotRequired[CheckedMetrics]
    test: NotRequired[CheckedMetrics]


@with_config(STRICT)
class Summary(TypedDict):
    """summary.json."""

    checkpoint: Literal["last", "best"]
    num_evaluated: dict[str, Count]
    epochs: Count
    steps: Annotated[Count, Field(ge=1)]
    per_seed: Annotated[list[SeedResult], Field(min_length=1)]
    diverged_replicas: NotRequired[list[Count]]
    num_parameters: Count
    train_seconds: NonNegative
    peak_memory_bytes: NotRequired[Count | None]
    train: Values
    train_std: Deviations
    val: NotRequired[Values]
    val_std: NotRequired[Deviations]
    test: NotRequired[Values]
    test_std: NotRequired[Deviations]


def _check_summary(summary: Summary) -> Summary:
    alive = survivors(summary)
    lost = [r for r, seed in enumerate(summary["per_seed"]) if "diverged" in seed]
    if not alive or lost != summary.get("diverged_replicas", []):
        msg = "per_seed and diverged_replicas contradict each other"
        raise ValueError(msg)
    names = set(_values_of(alive[0], "train"))
    for split in SPLITS:
        is_there = split in alive[0]
        expected = [names if is_there else set()] * (2 + len(alive))
        found = [values_in(summary, split).keys(), deviations(summary, split).keys()]
        found += [_values_of(seed, split).keys() for seed in alive]
        if found != expected or (is_there and split not in summary["num_evaluated"]):
            msg = f"{split}, {split}_std, num_evaluated and per_seed contradict each other"
            raise ValueError(msg)
    return summary


def survivors(summary: Summary) -> list[SeedResult]:
    """Return the results of the seeds that have not diverged."""
    return [seed for seed in summary["per_seed"] if "diverged" not in seed]


def scalars_of(seed: SeedResult, split: SplitName) -> Scalars:
    """Return a seed's metrics on a split; empty if the run has no such split."""
    return Metrics.from_json(seed[split]).scalars if split in seed else {}


def _values_of(seed: SeedResult, split: SplitName) -> Values:
    return Metrics.from_json(seed[split]).values if split in seed else {}


def means(summary: Summary, split: SplitName) -> Scalars:
    """Return the mean of each metric over the seeds; empty if the run has no such split.

    Metrics that the examples of a seed do not define have none.
    """
    values = values_in(summary, split).items()
    return {name: value for name, value in values if value is not None}


def values_in(summary: Summary, split: SplitName) -> Values:
    """Return the mean of each metric over the seeds, None for an undefined one."""
    return summary.get(split, {})


def deviations(summary: Summary, split: SplitName) -> Deviations:
    """Return the sample standard deviation over the seeds; None for a single seed."""
    match split:
        case "train":
            return summary["train_std"]
        case "val":
            return summary.get("val_std", {})
        case "test":
            return summary.get("test_std", {})


class Batch(TypedDict):
    """The loss of one batch before its update, and the examples trained on before it."""

    examples: Count
    loss: float | None


class TrainLoss(TypedDict):
    """The mean training loss since the last record; of a solver, the loss after its last step."""

    loss: float | None
    batches: NotRequired[list[Batch]]


@with_config(STRICT)
class Record(TypedDict):
    """A line of metrics.jsonl; a number that was not finite is null."""

    epoch: Count
    step: Count
    trial: NotRequired[Count]
    seed: Count
    iterations: NotRequired[Count]
    train: TrainLoss
    val: NotRequired[Deviations]
    test: NotRequired[Deviations]
    lr: NotRequired[float | None]
    seconds: NotRequired[NonNegative]


def value_in(record: Record, split: SplitName, metric: str) -> float | None:
    """Return a metric of a record; None if it is not there or was not finite."""
    if split == "train":
        return record["train"]["loss"] if metric == "loss" else None
    return record.get(split, {}).get(metric)


def mean_in(records: Sequence[Record], split: SplitName, metric: str) -> float | None:
    """Return the mean of a metric over replicas; None if one has none, or it was not finite."""
    values = [value_in(record, split, metric) for record in records]
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None


@with_config(STRICT)
class ProbeRecord(TypedDict):
    """A line of probe.jsonl; see ``nnlab.training.probe``."""

    epoch: Count
    dead: Fraction | None
    saturated: Fraction | None
    gradient_norms: dict[str, NonNegative | None]


def check(schema: type[Value], value: object) -> Value:
    """Return a value that is what a file should hold.

    Raises:
        ValueError: Naming the first place where it is not, and why.
    """
    with _located():
        adapter(cast("Any", schema)).validate_python(value)
    return cast("Value", value)


def parse(schema: type[Value], content: str | bytes) -> Value:
    """Return the value of a JSON text; raises as ``check`` does."""
    with _located():
        return cast("Value", adapter(cast("Any", schema)).validate_json(content))


@cache
def adapter(schema: Any) -> TypeAdapter[Any]:
    """Return what validates values of a schema; it raises ValueError, without a short text."""
    if schema is Summary:
        return TypeAdapter(Annotated[Summary, AfterValidator(_check_summary)])
    return TypeAdapter(schema)


@contextmanager
def _located() -> Iterator[None]:
    try:
        yield
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        msg = f"{place}: {first['msg']}" if place else first["msg"]
        raise ValueError(msg) from None
