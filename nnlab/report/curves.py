"""Loss and metric over the epochs."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from nnlab.metrics import CURVES, METRICS, is_fraction
from nnlab.report.labels import headings
from nnlab.report.style import (
    COLORS,
    INK,
    SPLIT_COLORS,
    format_label,
    is_narrow,
    new_panels,
    show_percent,
)
from nnlab.storage.schemas import SPLIT_TITLES, SPLITS, value_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView
    from nnlab.storage.schemas import SplitName

# Of several runs, each has a colour and each split a kind of line.
SPLIT_LINES: dict[SplitName, Literal[":", "-", "--"]] = {"train": ":", "val": "-", "test": "--"}


def curves(*sources: RunView, log: bool = False) -> Figure:
    """Draw each metric of the records over the epochs: a line per seed, their mean and range.

    Args:
        sources: One run, or several in the same axes.
        log: Whether the axes of losses are logarithmic.
    """
    drawn = [drawn_metrics(source) for source in sources]
    shown = [name for name in CURVES if any(name in names for names in drawn)]
    figure, panels = new_panels(len(shown), 9, 3.2)
    for axes, metric in zip(panels, shown, strict=True):
        for index, source in enumerate(sources):
            for split, series in _series(source, metric).items():
                if len(sources) == 1:
                    _draw_seeds(axes, series, SPLIT_COLORS[split], "-", SPLIT_TITLES[split])
                else:
                    color = COLORS[index % len(COLORS)]
                    _draw_seeds(axes, series, color, SPLIT_LINES[split])
        _finish(axes, metric, log=log)
    if len(sources) == 1:
        panels[0].legend()
        panels[-1].legend()
    else:
        _add_legend(figure, sources)
    return figure


def _finish(axes: Axes, metric: str, *, log: bool) -> None:
    axes.set(title=metric.replace("r2", "R\N{SUPERSCRIPT TWO}"), xlabel="epoch")
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    if is_fraction(metric):
        show_percent(axes.yaxis)
    if log and METRICS[metric].lower_is_better:
        axes.set_yscale("log")


def _add_legend(figure: Figure, sources: Sequence[RunView]) -> None:
    """Explain the colours of the runs, and the lines of the splits."""
    names = headings([source.run for source in sources])
    handles = [
        Line2D([], [], color=COLORS[index % len(COLORS)], linewidth=2, label=format_label(name))
        for index, name in enumerate(names)
    ]
    drawn = [s for s in SPLITS if any(s in _series(v, m) for v in sources for m in CURVES)]
    handles += [
        Line2D([], [], color=INK, linestyle=SPLIT_LINES[split], label=SPLIT_TITLES[split])
        for split in drawn
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=1 if is_narrow() else 3)


def drawn_metrics(source: RunView) -> list[str]:
    """Return the metrics that a run has curves of."""
    return [name for name in CURVES if _series(source, name)]


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


def _draw_seeds(
    axes: Axes, series: list[np.ndarray], color: str, line: str, label: str | None = None
) -> None:
    longest = max(series, key=len)[:, 0]
    # After a seed has stopped early, the mean is that of the others.
    table = np.full((len(series), len(longest)), np.nan)
    for row, curve in zip(table, series, strict=True):
        row[: len(curve)] = curve[:, 1]
    marker = "o" if len(longest) == 1 else None
    axes.plot(longest, np.nanmean(table, 0), line, color=color, lw=2, label=label, marker=marker)
    if len(series) > 1:
        low, high = np.nanmin(table, 0), np.nanmax(table, 0)
        axes.fill_between(longest, low, high, color=color, alpha=0.15, linewidth=0)
        for row in table:
            axes.plot(longest, row, line, color=color, linewidth=0.5, alpha=0.5)
