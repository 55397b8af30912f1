"""Each key of a sweep against the metric."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.report.style import format_label, is_narrow, new_figure
from nnlab.report.sweep.marks import (
    BASE,
    MAX_VECTOR_MARKS,
    PALE,
    TRIAL,
    WINNER,
    crosses,
    legend,
    mark,
    name_axis,
    reach,
    show_logarithmic,
)

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nnlab.report.sweep.dimensions import Dimension
    from nnlab.report.sweep.view import SweepView

MAX_PANELS = 12
MAX_TICKS = 8
SPREAD = 0.15


def parameters(view: SweepView) -> Figure:
    """Draw a panel for each key, with a point for each trial."""
    shown = view.dimensions[:MAX_PANELS]
    columns = 1 if is_narrow() else min(len(shown), 3)
    rows = -(-len(shown) // columns)
    figure = new_figure(min(9, 1.5 + 3.8 * columns), 0.7 + 2.7 * rows)
    panels = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for number, axes in enumerate(panels.flat):
        if number >= len(shown):
            axes.remove()
            continue
        _panel(view, shown[number], axes)
    for axes in panels[:, 0]:
        name_axis(view, axes.yaxis)
        axes.set_ylabel(view.label)
    _explain(view, figure)
    return figure


def _panel(view: SweepView, dimension: Dimension, axes: Axes) -> None:
    x = _spread(dimension)
    scores = np.array([reach(e["seeds"]) for e in view.shown.values()])  # (T, 3)
    has_diverged = np.array([entry["score"] is None for entry in view.shown.values()])
    is_finished = np.array([trial in view.to_the_end for trial in view.shown])
    for is_drawn, alpha in ((~is_finished, PALE), (is_finished, 1.0)):
        chosen = is_drawn & ~has_diverged
        _points(axes, x[chosen], scores[chosen], alpha)
    crosses(axes, x[has_diverged], is_at_top=view.is_lower_better)
    _marks(view, axes, x[view.winner], dimension)
    axes.set_xlabel(format_label(dimension.key))
    if dimension.is_log:
        show_logarithmic(axes.xaxis)
    if dimension.options:
        _name_options(axes, dimension)


def _points(axes: Axes, x: NDArray[np.float64], scores: NDArray[np.float64], alpha: float) -> None:
    if not len(x):
        return
    mean, low, high = scores.T
    is_large = len(x) > MAX_VECTOR_MARKS
    axes.vlines(x, low, high, color=TRIAL, alpha=0.6 * alpha, linewidth=1.2, rasterized=is_large)
    axes.plot(
        x,
        mean,
        "o",
        color=TRIAL,
        alpha=alpha,
        markersize=4.5,
        markeredgewidth=0,
        rasterized=is_large,
    )


def _marks(view: SweepView, axes: Axes, x: float, dimension: Dimension) -> None:
    """Draw the winner in the search and on fresh seeds, and the base on fresh seeds."""
    if math.isfinite(dimension.base) and view.base_val:
        mark(axes, dimension.base, view.base_val, "s", BASE, is_fresh=True)
    mark(axes, x, view.result["fresh"]["per_seed"], "D", WINNER, is_fresh=True)
    axes.plot(
        x,
        (view.result["winner"]["score"] or math.nan),
        "*",
        color=WINNER,
        markersize=12,
        markeredgewidth=0,
        zorder=5,
    )


def _spread(dimension: Dimension) -> NDArray[np.float64]:
    """Return where the trials of a key stand; those of an option lie side by side."""
    x = dimension.values.copy()
    for option in range(len(dimension.options)):
        own = dimension.values == option
        x[own] += np.linspace(-SPREAD, SPREAD, own.sum()) if own.sum() > 1 else 0
    return x


def _name_options(axes: Axes, dimension: Dimension) -> None:
    count = len(dimension.options)
    shown = range(0, count, -(-count // MAX_TICKS))
    names = [format_label(dimension.options[i]) for i in shown]
    is_long = sum(map(len, names)) > 24
    axes.set_xticks(
        [*shown], names, rotation=30 if is_long else 0, ha="right" if is_long else "center"
    )
    axes.set_xlim(-0.5, count - 0.5)
    axes.grid(visible=False, axis="x")


def _explain(view: SweepView, figure: Figure) -> None:
    has_base = any(math.isfinite(dimension.base) for dimension in view.dimensions)
    has_diverged = any(entry["score"] is None for entry in view.shown.values())
    entries = [("o", TRIAL, False, 1.0, "trial, trained to the end" if view.is_pruned else "trial")]
    entries += [("o", TRIAL, False, PALE, "pruned: its last score")] if view.is_pruned else []
    entries += [("x", TRIAL, False, 0.7, "diverged")] if has_diverged else []
    entries += [("*", WINNER, False, 1.0, "winner in the search")]
    entries += [("D", WINNER, True, 1.0, "winner on fresh seeds")]
    entries += [("s", BASE, True, 1.0, "base on fresh seeds")] if has_base and view.base_val else []
    legend(figure, entries, 1 if is_narrow() else 3)
