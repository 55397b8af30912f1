"""Loss and metric over the epochs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator, PercentFormatter

from nnlab.metrics import CURVES, is_fraction
from nnlab.report.style import HELD_OUT, TRAIN, new_figure
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView
    from nnlab.storage.schemas import SplitName

LABELS = {"train": ("training", TRAIN), "val": ("validation", HELD_OUT), "test": ("test", HELD_OUT)}


def curves(source: RunView) -> Figure:
    """Draw each metric of the records over the epochs: a line per seed, their mean and range."""
    shown = [name for name in CURVES if _series(source, name)]
    figure = new_figure(9, 3.2)
    for axes, metric in zip(figure.subplots(1, len(shown), squeeze=False)[0], shown, strict=True):
        for split, series in _series(source, metric).items():
            label, color = LABELS[split]
            _draw_seeds(axes, series, label, color)
        axes.set(title=metric.replace("r2", "R\N{SUPERSCRIPT TWO}"), xlabel="epoch")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        if is_fraction(metric):
            axes.yaxis.set_major_formatter(PercentFormatter(xmax=1))
        axes.legend()
    return figure


def _series(source: RunView, metric: str) -> dict[SplitName, list[np.ndarray]]:
    """Return, by split, the curve of each seed: ``(E, 2)``, epoch and value."""
    curves_of: dict[SplitName, list[np.ndarray]] = {}
    for split in SPLITS:
        by_seed: dict[int, list[tuple[int, float]]] = defaultdict(list)
        for record in source.records:
            value = value_in(record, split, metric)
            if value is not None:
                by_seed[record["seed"]].append((record["epoch"], value))
        if by_seed:
            curves_of[split] = [np.array(curve) for curve in by_seed.values()]
    return curves_of


def _draw_seeds(axes: Axes, series: list[np.ndarray], label: str, color: str) -> None:
    longest = max(series, key=len)[:, 0]
    # After a seed has stopped early, the mean is that of the others.
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
