"""What must be in the JSON files of a run before anything believes them; more may be there."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

PARTS = ("train", "val", "test")

Whole = Annotated[int, Field(ge=0, lt=2**53)]
Share = Annotated[float, Field(ge=0, le=1)]
Error = Annotated[float, Field(ge=0)]
Names = list[str]
Means = dict[str, float]
Deviations = dict[str, float | None]


class Stored(BaseModel):
    """An object of a file: types are not converted, numbers are finite."""

    model_config = ConfigDict(strict=True, extra="allow", allow_inf_nan=False)


class Meta(Stored):
    """meta.json."""

    status: str = "unknown"
    name: str | None = None
    started_at: str | None = None
    pid: Whole | None = None
    seeds: list[Whole] = []
    threads: Whole | None = None
    data_sha256: str | None = None
    versions: dict[str, str | None] = {}
    num_examples: dict[str, Whole] = {}


class ClassScores(Stored):
    """The metrics of one class."""

    precision: Share
    recall: Share
    f1: Share
    support: Whole


class Classes(Stored):
    """The metrics of a classifier on one part."""

    loss: float
    accuracy: Share
    precision: Share
    recall: Share
    f1: Share
    ece: Share
    per_class: dict[str, ClassScores]
    confusion: list[list[Whole]]

    @model_validator(mode="after")
    def _is_square(self) -> Self:
        if {len(self.per_class)} != {len(self.confusion), *map(len, self.confusion)}:
            msg = "per_class and confusion are of different sizes"
            raise ValueError(msg)
        return self


class Numbers(Stored):
    """The metrics of a regression on one part."""

    loss: float
    mse: Error
    mae: Error
    r2: float


class Seed(Stored):
    """The results of one seed."""

    seed: Whole
    best_epoch: Whole | None
    stopped_epoch: Whole | None
    train: Classes | Numbers
    val: Classes | Numbers | None = None
    test: Classes | Numbers | None = None


class Summary(Stored):
    """summary.json."""

    checkpoint: Literal["last", "best"]
    num_evaluated: dict[str, Whole]
    epochs: Whole
    steps: Annotated[Whole, Field(ge=1)]
    per_seed: Annotated[list[Seed], Field(min_length=1)]
    num_parameters: Whole
    train_seconds: Error
    peak_memory_bytes: Whole | None = None
    train: Means
    train_std: Deviations
    val: Means = {}
    val_std: Deviations = {}
    test: Means = {}
    test_std: Deviations = {}

    @model_validator(mode="after")
    def _is_whole(self) -> Self:
        for part in PARTS:
            kinds = {type(getattr(seed, part)) for seed in self.per_seed}
            first = getattr(self.per_seed[0], part)
            names = set() if first is None else _scalar_names(first)
            found = [set(getattr(self, part)), set(getattr(self, f"{part}_std"))]
            is_counted = first is None or part in self.num_evaluated
            if len(kinds) > 1 or found != [names, names] or not is_counted:
                msg = f"{part}, {part}_std, num_evaluated and per_seed contradict each other"
                raise ValueError(msg)
        return self


def _scalar_names(metrics: Classes | Numbers) -> set[str]:
    return set(type(metrics).model_fields) - {"per_class", "confusion"}


class MetaHeadline(Stored):
    """What a list of runs shows of meta.json."""

    model_config = ConfigDict(extra="ignore")

    status: str = "unknown"
    name: str | None = None
    started_at: str | None = None
    seeds: list[Whole] = []


class SummaryHeadline(Stored):
    """What a list of runs shows of summary.json."""

    model_config = ConfigDict(extra="ignore")

    test: Means | None = None
    train_seconds: Error


class Preprocessing(Stored):
    """preprocessing.json."""

    task: Literal["classification", "regression"]
    input_shape: Annotated[list[Annotated[Whole, Field(ge=1)]], Field(min_length=1, max_length=3)]
    feature_names: Names
    class_names: Names
    mean: list[Any] | None
    std: list[Any] | None


class Batch(Stored):
    """The own loss of a batch, and the examples seen with it."""

    examples: Whole
    loss: float | None


class TrainLoss(Stored):
    """What a record says of the training part; a number that was not finite is null."""

    loss: float | None
    batches: list[Batch] = []


class Record(Stored):
    """A line of metrics.jsonl; a number that was not finite is null."""

    epoch: Whole
    step: Whole
    seed: Whole
    train: TrainLoss
    val: dict[str, float | None] = {}
    test: dict[str, float | None] = {}


class Look(Stored):
    """A line of probe.jsonl."""

    epoch: Whole
    dead: Share | None
    saturated: Share | None
    gradient_norms: dict[str, Error | None]


class Tags(Stored):
    """tags.json."""

    tags: Names


class ReplicaProgress(Stored):
    """What a checkpoint says of one replica; see ``nnlab.training.progress``."""

    model_config = ConfigDict(extra="forbid")

    best_value: float | None
    best_epoch: Whole | None
    evaluations_since_best: Whole
    evaluations_since_cut: Whole
    lr_factor: float
    stopped_epoch: Whole | None


class Progress(Stored):
    """What a checkpoint says of its run; see ``nnlab.training.progress``."""

    model_config = ConfigDict(extra="forbid")

    seeds: list[Whole]
    epoch: Whole
    batch: Whole
    step: Whole
    seconds: Error
    replicas: list[ReplicaProgress]


class Entry(Stored):
    """A checkpoint in a manifest."""

    file: Annotated[str, Field(pattern=r"^\d{9,}(-\d+)?\.safetensors$")]
    size_bytes: Whole
    sha256: str
    metrics_bytes: Whole
    looks_bytes: Whole
    progress: dict[str, Any]


class Manifest(Stored):
    """manifest.json of the checkpoints."""

    checkpoints: list[Entry]


def problem_of(schema: type[Stored], value: Any) -> str | None:
    """Return the first thing that keeps a value from being what a file should hold, or None."""
    try:
        schema.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"]))
        return f"{place}: {first['msg']}" if place else first["msg"]
    return None
