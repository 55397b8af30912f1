"""The metrics: the task of each, which way is better, and how it is shown."""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

TaskName = Literal["classification", "regression"]


class Metric(NamedTuple):
    """A metric that is one number.

    Attributes:
        name: Its key in every file.
        task: The task it is for; None: every task.
        lower_is_better: Whether a smaller value is better.
        is_fraction: Whether it lies between 0 and 1 and is shown in per cent.
        is_headline: Whether curves, progress and the list of runs show it.
        is_recorded: Whether it is computed after every evaluated epoch. The others are computed at
            the end of training, and after every epoch only if they are monitored.
        low: Its least value, if it is not a fraction.
        high: Its largest value.
        label: Its name in tables, if its key does not say all.
    """

    name: str
    task: TaskName | None = None
    lower_is_better: bool = False
    is_fraction: bool = False
    is_headline: bool = False
    is_recorded: bool = True
    low: float = -sys.float_info.max
    high: float = sys.float_info.max
    label: str = ""

    @classmethod
    def of_classes(cls, name: str) -> Metric:
        """Return a fraction that is recorded only if it is monitored."""
        return cls(name, "classification", is_fraction=True, is_recorded=False)


TABLE = (
    Metric("loss", lower_is_better=True, low=0.0),
    Metric("log_loss", "classification", lower_is_better=True, is_recorded=False, low=0.0),
    Metric("accuracy", "classification", is_fraction=True, is_headline=True),
    Metric.of_classes("balanced_accuracy"),
    Metric.of_classes("top_3_accuracy"),
    Metric.of_classes("top_5_accuracy"),
    Metric("precision", "classification", is_fraction=True, label="precision (weighted)"),
    Metric("recall", "classification", is_fraction=True, label="recall (weighted)"),
    Metric("f1", "classification", is_fraction=True, label="f1 (weighted)"),
    Metric.of_classes("macro_f1"),
    Metric.of_classes("roc_auc"),
    Metric.of_classes("pr_auc"),
    Metric("ece", "classification", lower_is_better=True, is_fraction=True),
    Metric("mse", "regression", lower_is_better=True, low=0.0),
    Metric("mae", "regression", lower_is_better=True, low=0.0),
    Metric("r2", "regression", is_headline=True, high=1.0),
)
METRICS = {metric.name: metric for metric in TABLE}
HEADLINES = tuple(metric.name for metric in TABLE if metric.is_headline)
# Records have the others only where they are monitored.
CURVES = ("loss", *HEADLINES, *(metric.name for metric in TABLE if not metric.is_recorded))
# Of more classes a confusion matrix has only its entries.
MAX_MATRIX_CLASSES = 100
RANKS = {"roc_auc": "roc_auc", "pr_auc": "pr_auc (average precision)"}
CLASS_METRICS = ("precision", "recall", "f1")
# What experiments are compared by: an error in the unit of the target says more than a share of the
# variance, which depends on the data.
COMPARED: dict[TaskName, str] = {"classification": "accuracy", "regression": "mse"}


def declare(metric: Metric) -> None:
    """Make the user's own metric known, with which way is better."""
    METRICS.setdefault(metric.name, metric)


def metrics_of(task: TaskName) -> list[str]:
    """Return the names of a task's metrics."""
    return [metric.name for metric in TABLE if metric.task in {None, task}]


def headline_of(task: TaskName) -> str:
    """Return the metric that sums up a run of a task."""
    return next(name for name in HEADLINES if METRICS[name].task == task)


def is_fraction(name: str) -> bool:
    """Return whether a metric is shown in per cent."""
    return name in METRICS and METRICS[name].is_fraction


def limits_of(name: str) -> tuple[float, float]:
    """Return the least and the largest value of a metric, known or not."""
    metric = METRICS.get(name, Metric(name))
    return (0.0, 1.0) if metric.is_fraction else (metric.low, metric.high)


def label_of(name: str) -> str:
    """Return the name of a metric in tables."""
    return (METRICS[name].label if name in METRICS else "") or name


def explain(names: Collection[str], class_names: Sequence[str]) -> list[str]:
    """Return what the names of metrics do not say, a line each."""
    weighted = f"{', '.join(CLASS_METRICS[:-1])} and {CLASS_METRICS[-1]}"
    ranked = f"'{class_names[1]}'" if len(class_names) == 2 else "each class against the rest"
    both = [words for name, words in RANKS.items() if name in names]
    lines = {
        "f1": f"{weighted}: means over the classes, weighted by their examples",
        "macro_f1": "macro_f1, balanced_accuracy: every class counts the same",
        "roc_auc": f"{', '.join(both)}: of {ranked}",
        "log_loss": "log_loss: negative log-likelihood, without class weights",
    }
    return [line for name, line in lines.items() if name in names]


def recorded_with(monitored: str) -> frozenset[str]:
    """Return the metrics that are computed after every evaluated epoch."""
    return frozenset(metric.name for metric in TABLE if metric.is_recorded) | {monitored}


@dataclass(frozen=True)
class Metrics:
    """The metrics of one replica on one split.

    Attributes:
        scalars: Metrics by name.
        per_class: Precision, recall, F1 and support by class name; empty for regression.
        confusion: Examples by true class and predicted class, ``(C, C)``; empty for regression.
        is_sparse: Whether ``confusion`` has a row for each entry instead: true class, predicted
            class, examples.
        undefined: Names of metrics that the examples do not define; null in files.
    """

    scalars: dict[str, float]
    per_class: dict[str, dict[str, float]]
    confusion: list[list[int]]
    is_sparse: bool = False
    undefined: tuple[str, ...] = ()

    @property
    def has_right_sizes(self) -> bool:
        """Whether the confusion counts are of the classes."""
        size = len(self.per_class)
        if self.is_sparse:
            return all(len(row) == 3 and max(row[:2]) < size for row in self.confusion)
        return {size} == {len(self.confusion), *map(len, self.confusion)}

    @property
    def values(self) -> dict[str, float | None]:
        """Every metric in the order of the table; None if it is undefined."""
        values = {**self.scalars, **dict.fromkeys(self.undefined)}
        order = [*METRICS, *values]
        return {name: values[name] for name in sorted(values, key=order.index)}

    def without(self, name: str) -> Metrics:
        """Return the metrics with one that is undefined."""
        scalars = {key: value for key, value in self.scalars.items() if key != name}
        return replace(self, scalars=scalars, undefined=(*self.undefined, name))

    def to_json(self) -> dict[str, object]:
        """Return what a file holds: scalars first, then what only classes have."""
        key = "confusion_entries" if self.is_sparse else "confusion"
        of_classes = {"per_class": self.per_class, key: self.confusion}
        return {**self.values, **(of_classes if self.per_class else {})}

    @classmethod
    def from_json(cls, stored: Mapping[str, object]) -> Metrics:
        """Return the metrics that ``to_json`` gave, or that a checked file holds."""
        scalars = {name: value for name, value in stored.items() if isinstance(value, int | float)}
        undefined = tuple(name for name, value in stored.items() if value is None)
        per_class = cast("dict[str, dict[str, float]]", stored.get("per_class", {}))
        is_sparse = "confusion_entries" in stored
        confusion = stored.get("confusion_entries" if is_sparse else "confusion", [])
        entries = cast("list[list[int]]", confusion)
        return cls(scalars, per_class, entries, is_sparse, undefined)

    def with_values(self, values: Mapping[str, float]) -> Metrics:
        """Return them with further metrics, of which those that are NaN are undefined."""
        known = {name: value for name, value in values.items() if not math.isnan(value)}
        undefined = tuple(name for name in values if name not in known)
        scalars = {**self.scalars, **known}
        return replace(self, scalars=scalars, undefined=(*self.undefined, *undefined))
