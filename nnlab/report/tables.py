"""The numbers behind the pictures, for those who do not see them: a heading, then rows."""

from __future__ import annotations

import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.report.run_view import RunView

Table = list[list[str]]
MAX_ROWS = 12


def curves(source: RunView) -> Table:
    """Return the mean over seeds of each metric at some epochs."""
    epochs = sorted({record["epoch"] for record in source.records})
    step = max(1, math.ceil(len(epochs) / MAX_ROWS))
    columns = [
        (part, metric)
        for metric in ("loss", "accuracy", "r2")
        for part in ("train", "val", "test")
        if source.records and metric in source.records[-1].get(part, {})
    ]
    rows = [["epoch", *(f"{part} {metric}" for part, metric in columns)]]
    for epoch in sorted({*epochs[::-step]}):
        at = [record for record in source.records if record["epoch"] == epoch]
        means = [statistics.fmean(r[part][metric] or 0.0 for r in at) for part, metric in columns]
        rows.append([str(epoch), *(f"{mean:.4g}" for mean in means)])
    return rows


def confusion(source: RunView) -> Table:
    """Return counts over all seeds, true class by predicted class."""
    names = list(source.class_names)
    tables = [seed["test"]["confusion"] for seed in source.summary["per_seed"]]
    return [
        ["true \\ predicted", *names],
        *(
            [name, *(str(round(sum(table[i][j] for table in tables))) for j in range(len(names)))]
            for i, name in enumerate(names)
        ),
    ]


def classes(source: RunView) -> Table:
    """Return precision, recall, F1 and support of each class, means over seeds."""
    tables = [seed["test"]["per_class"] for seed in source.summary["per_seed"]]
    metrics = ("precision", "recall", "f1")
    return [
        ["class", *metrics, "support"],
        *(
            [
                name,
                *(f"{statistics.fmean(table[name][m] for table in tables):.2%}" for m in metrics),
                str(tables[0][name]["support"]),
            ]
            for name in source.class_names
        ),
    ]


TABLES = {"curves": curves, "confusion": confusion, "classes": classes}
