"""The metrics: the task of each, which way is better, and how it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

TaskName = Literal["classification", "regression"]


class Metric(NamedTuple):
    """A metric that is one number.

    Attributes:
        name: Its key in every file.
        task: The task it is for; None: every task.
        lower_is_better: Whether a smaller value is better.
        is_fraction: Whether it lies between 0 and 1 and is shown in per cent.
        is_headline: Whether curves, progress and the list of runs show it.
    """

    name: str
    task: TaskName | None = None
    lower_is_better: bool = False
    is_fraction: bool = False
    is_headline: bool = False


TABLE = (
    Metric("loss", lower_is_better=True),
    Metric("accuracy", "classification", is_fraction=True, is_headline=True),
    Metric("precision", "classification", is_fraction=True),
    Metric("recall", "classification", is_fraction=True),
    Metric("f1", "classification", is_fraction=True),
    Metric("ece", "classification", lower_is_better=True, is_fraction=True),
    Metric("mse", "regression", lower_is_better=True),
    Metric("mae", "regression", lower_is_better=True),
    Metric("r2", "regression", is_headline=True),
)
METRICS = {metric.name: metric for metric in TABLE}
HEADLINES = tuple(metric.name for metric in TABLE if metric.is_headline)
CURVES = ("loss", *HEADLINES)
# Of more classes a confusion matrix has only its entries.
MAX_MATRIX_CLASSES = 100
CLASS_METRICS = ("precision", "recall", "f1")
# What experiments are compared by: an error in the unit of the target says more than a share of the
# variance, which depends on the data.
COMPARED: dict[TaskName, str] = {"classification": "accuracy", "regression": "mse"}


def metrics_of(task: TaskName) -> list[str]:
    """Return the names of a task's metrics."""
    return [metric.name for metric in TABLE if metric.task in {None, task}]


def headline_of(task: TaskName) -> str:
    """Return the metric that sums up a run of a task."""
    return next(name for name in HEADLINES if METRICS[name].task == task)


def is_fraction(name: str) -> bool:
    """Return whether a metric is shown in per cent."""
    return name in METRICS and METRICS[name].is_fraction


@dataclass(frozen=True)
class Metrics:
    """The metrics of one replica on one split.

    Attributes:
        scalars: Metrics by name.
        per_class: Precision, recall, F1 and support by class name; empty for regression.
        confusion: Examples by true class and predicted class, ``(C, C)``; empty for regression.
        is_sparse: Whether ``confusion`` has a row for each entry instead: true class, predicted
            class, examples.
    """

    scalars: dict[str, float]
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]
    is_sparse: bool = False

    @property
    def has_right_sizes(self) -> bool:
        """Whether the confusion counts are of the classes."""
        size = len(self.per_class)
        if self.is_sparse:
            return all(len(row) == 3 and max(row[:2]) < size for row in self.confusion)
        return {size} == {len(self.confusion), *map(len, self.confusion)}

    def to_json(self) -> dict[str, object]:
        """Return what a file holds: scalars first, then what only classes have."""
        key = "confusion_entries" if self.is_sparse else "confusion"
        of_classes = {"per_class": self.per_class, key: self.confusion}
        return {**self.scalars, **(of_classes if self.per_class else {})}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Metrics:
        """Return the metrics that ``to_json`` gave, or that a checked file holds."""
        scalars = {name: value for name, value in stored.items() if isinstance(value, int | float)}
        per_class = cast("dict[str, dict[str, float]]", stored.get("per_class", {}))
        is_sparse = "confusion_entries" in stored
        confusion = stored.get("confusion_entries" if is_sparse else "confusion", [])
        return cls(scalars, per_class, cast("list[list[int]]", confusion), is_sparse)
