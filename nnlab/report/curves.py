"""Loss and metric over the epochs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nnlab.report.style import HELD_OUT, TRAIN, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

PARTS = {"train": ("training", TRAIN), "val": ("validation", HELD_OUT), "test": ("test", HELD_OUT)}
METRICS = {"loss": "loss", "accuracy": "accuracy", "r2": "R\N{SUPERSCRIPT TWO}"}


def curves(source: RunView) -> Figure:
    """Draw each metric of the records over the epochs: a line per seed, their mean and range."""
    shown = [name for name in METRICS if _series(source, name)]
    figure = new_figure(9, 3.2)
    for axes, metric in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for part, series in _series(source, metric).items():
            label, color = PARTS[part]
            _draw_seeds(axes, series, label, color)
        axes.set(title=METRICS[metric], xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        if metric == "accuracy":
            axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
        axes.legend()
    return figure


def _series(source: RunView, metric: str) -> dict[str, list[np.ndarray]]:
    """Return, by part, the curve of each seed: ``(E, 2)``, epoch and value."""
    points: dict[str, dict[int, list[tuple[int, float]]]] = defaultdict(lambda: defaultdict(list))
    for record in source.records:
        for part in PARTS:
            value = record.get(part, {}).get(metric)
            if value is not None:
                points[part][record["seed"]].append((record["epoch"], value))
    return {
        part: [np.array(curve) for curve in by_seed.values()] for part, by_seed in points.items()
    }


def _draw_seeds(axes: Axes, series: list[np.ndarray], label: str, color: str) -> None:
    longest = max(series, key=len)[:, 0]
    # Seeds that stopped early leave the mean to the others.
    table = np.full((len(series), len(longest)), np.nan)
    for row, curve in zip(table, series, strict=True):
        row[: len(curve)] = curve[:, 1]
    marker = "o" if len(longest) == 1 else None
    axes.plot(longest, np.nanmean(table, 0), color=color, linewidth=2, label=label, marker=marker)
    if len(series) > 1:
        low, high = np.nanmin(table, 0), np.nanmax(table, 0)
        axes.fill_between(longest, low, high, color=color, alpha=0.15, linewidth=0)
        for row in table:
            axes.plot(longest, row, color=color, linewidth=0.5, alpha=0.5)
