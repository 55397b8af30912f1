"""The numbers behind the pictures, for readers who cannot see them: a heading, then rows."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

import numpy as np

from nnlab.formatting import format_metric
from nnlab.metrics import CLASS_METRICS, CURVES
from nnlab.report.classes import MAX_MATRIX, MAX_ROWS, confusion_of, most_confused, weakest
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from nnlab.report.run_view import RunView

Table = list[list[str]]
MAX_EPOCHS = 12


def curves(source: RunView) -> Table:
    """Return the mean over seeds of each metric at some epochs."""
    epochs = sorted({record["epoch"] for record in source.records})
    step = max(1, math.ceil(len(epochs) / MAX_EPOCHS))
    columns = [
        (split, metric)
        for metric in CURVES
        for split in SPLITS
        if any(value_in(record, split, metric) is not None for record in source.records[-1:])
    ]
    rows = [["epoch", *(f"{split} {metric}" for split, metric in columns)]]
    for epoch in sorted({*epochs[::-step]}):
        at = [record for record in source.records if record["epoch"] == epoch]
        means = [
            statistics.fmean(value_in(record, split, metric) or 0.0 for record in at)
            for split, metric in columns
        ]
        rows.append([str(epoch), *(f"{mean:.4g}" for mean in means)])
    return rows


def confusion(source: RunView) -> Table:
    """Return counts over all seeds, true class by predicted class, of the classes in the picture."""
    counts = confusion_of(source.test_metrics)
    shown = most_confused(counts, MAX_MATRIX)
    names = [source.class_names[i] for i in shown]
    return [
        ["true \\ predicted", *names],
        *([source.class_names[i], *(str(counts[i, j]) for j in shown)] for i in shown),
        *_left_out(source, len(shown), "fewer mistakes"),
    ]


def classes(source: RunView) -> Table:
    """Return precision, recall, F1 and support of each class, means over seeds."""
    tables = [metrics.per_class for metrics in source.test_metrics]
    means = {
        name: [statistics.fmean(table[name][m] for table in tables) for m in CLASS_METRICS]
        for name in source.class_names
    }
    f1 = np.array([row[CLASS_METRICS.index("f1")] for row in means.values()])
    names = [source.class_names[i] for i in weakest(f1, MAX_ROWS)]
    return [
        ["class", *CLASS_METRICS, "support"],
        *(
            [name, *map(format_metric, CLASS_METRICS, means[name]), str(tables[0][name]["support"])]
            for name in names
        ),
        *_left_out(source, len(names), "a higher F1"),
    ]


def _left_out(source: RunView, num_shown: int, what: str) -> Table:
    """Return a row that says how many classes are not in a table; none if all are."""
    rest = len(source.class_names) - num_shown
    return [[f"and {rest:,} classes with {what}"]] if rest else []


TABLES = {"curves": curves, "confusion": confusion, "classes": classes}
