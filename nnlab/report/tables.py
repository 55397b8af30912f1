"""The numbers behind the pictures, for readers who cannot see them: a heading, then rows."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

from nnlab.formatting import format_metric
from nnlab.metrics import CLASS_METRICS, CURVES
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from nnlab.report.run_view import RunView

Table = list[list[str]]
MAX_ROWS = 12


def curves(source: RunView) -> Table:
    """Return the mean over seeds of each metric at some epochs."""
    epochs = sorted({record["epoch"] for record in source.records})
    step = max(1, math.ceil(len(epochs) / MAX_ROWS))
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
    """Return counts over all seeds, true class by predicted class."""
    names = list(source.class_names)
    tables = [metrics.confusion for metrics in source.test_metrics]
    return [
        ["true \\ predicted", *names],
        *(
            [name, *(str(sum(table[i][j] for table in tables)) for j in range(len(names)))]
            for i, name in enumerate(names)
        ),
    ]


def classes(source: RunView) -> Table:
    """Return precision, recall, F1 and support of each class, means over seeds."""
    tables = [metrics.per_class for metrics in source.test_metrics]
    return [
        ["class", *CLASS_METRICS, "support"],
        *(
            [
                name,
                *(
                    format_metric(m, statistics.fmean(table[name][m] for table in tables))
                    for m in CLASS_METRICS
                ),
                str(tables[0][name]["support"]),
            ]
            for name in source.class_names
        ),
    ]


TABLES = {"curves": curves, "confusion": confusion, "classes": classes}
