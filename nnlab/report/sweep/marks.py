"""How trials, the winner and the base look, the same in every picture of a sweep."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import FixedLocator, LogLocator, NullFormatter, NullLocator

from nnlab.metrics import is_fraction
from nnlab.report.style import COLORS, show_percent

if TYPE_CHECKING:
    from collections.abc import Iterable

    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from nnlab.report.sweep.view import SweepView

TRIAL, WINNER, BASE = COLORS[0], COLORS[1], COLORS[2]
PALE = 0.4
MAX_VECTOR_MARKS = 500
# Losses that differ by more are drawn on a logarithmic axis.
MAX_LINEAR_RATIO = 10
# Fractions above the one that differ by more than the other are drawn on a stretched axis.
NEARLY_ALL, WIDE = 0.9, 0.3
SMALLEST_MISSING = 0.002
MARGIN = 0.06
STRETCHED_TICKS = (0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 1)


def name_axis(view: SweepView, axis: Axis) -> None:
    """Give an axis of the metric its unit, and uneven steps where even ones would hide the best.

    Losses that differ a lot are drawn on a logarithmic axis; fractions from poor to nearly 1 on one
    that is logarithmic in what is missing to 1, as error rates are.
    """
    low, high = _ends(view)
    if is_fraction(view.metric):
        if is_stretched(view):
            _stretch(axis, max(1 - high, SMALLEST_MISSING))
        show_percent(axis)
    elif low > 0 and high > MAX_LINEAR_RATIO * low:
        show_logarithmic(axis)


def is_stretched(view: SweepView) -> bool:
    """Return whether axes of the metric are stretched towards 1."""
    low, high = _ends(view)
    is_good_high = is_fraction(view.metric) and not view.is_lower_better
    return is_good_high and high > NEARLY_ALL and high - low > WIDE


def _ends(view: SweepView) -> tuple[float, float]:
    """Return the smallest and the largest score."""
    scores = [entry["score"] for entry in view.shown.values() if entry["score"] is not None]
    return min(scores, default=0.0), max(scores, default=0.0)


def show_logarithmic(axis: Axis) -> None:
    """Make an axis logarithmic, with plain numbers."""
    set_scale = axis.axes.set_xscale if axis is axis.axes.xaxis else axis.axes.set_yscale
    set_scale("log")
    low, high = axis.get_view_interval()
    subs = (1.0,) if high > 100 * low else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs, numticks=8))
    axis.set_major_formatter(lambda value, _: f"{value:.4g}")
    axis.set_minor_formatter(NullFormatter())


def _stretch(axis: Axis, missing: float) -> None:
    """Stretch the vertical axes of a figure of fractions towards 1.

    Args:
        axis: One of them.
        missing: What the best is missing to 1.
    """
    top = 1 + missing

    def forward(value: ArrayLike) -> NDArray[np.float64]:
        missed = np.maximum(top - np.asarray(value), missing / 2)
        return np.asarray(-np.log(missed))

    def inverse(value: ArrayLike) -> NDArray[np.float64]:
        return np.asarray(top - np.exp(-np.asarray(value)))

    figure = axis.get_figure()
    assert figure is not None
    ends = np.array([axes.dataLim.intervaly for axes in figure.axes])
    low, high = forward([ends.min(), ends.max()])
    axis.axes.set_yscale("function", functions=(forward, inverse))
    axis.set_major_locator(FixedLocator(STRETCHED_TICKS))
    axis.set_minor_locator(NullLocator())
    pad = MARGIN * (high - low)
    axis.axes.set_ylim(float(inverse(low - pad)), min(float(inverse(high + pad)), 1.0))


def reach(values: Iterable[float | None]) -> NDArray[np.float64]:
    """Return the mean, the smallest and the largest of the seeds that have not diverged."""
    known = [value for value in values if value is not None]
    if not known:
        return np.full(3, np.nan)
    return np.array([np.mean(known), min(known), max(known)])


def mark(
    axes: Axes, x: float, values: Iterable[float | None], shape: str, color: str, *, is_fresh: bool
) -> None:
    """Draw one mark with its seeds: hollow for fresh seeds, filled for those of the search."""
    mean, low, high = reach(values)
    axes.errorbar(
        x, mean, yerr=[[mean - low], [high - mean]], fmt=shape, color=color, markersize=8,
        markerfacecolor="none" if is_fresh else color, markeredgewidth=1.5, elinewidth=1.2, zorder=4,
    )  # fmt: skip


def crosses(axes: Axes, x: NDArray[np.float64], *, is_at_top: bool) -> None:
    """Mark values without a metric, because a seed has diverged, at the edge of the worst."""
    if not len(x):  # an empty line would still take part in the layout
        return
    axes.plot(
        x, np.full(len(x), 0.985 if is_at_top else 0.015), "x", color=TRIAL, alpha=0.7,
        markersize=5, transform=axes.get_xaxis_transform(), clip_on=False,
    )  # fmt: skip


def legend(
    figure: Figure, entries: Iterable[tuple[str, str, bool, float, str]], columns: int
) -> None:
    """Explain marks below a picture.

    Args:
        figure: The picture.
        entries: The shape, colour, whether it is hollow, opacity and meaning of each mark.
        columns: Number of columns.
    """
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [], [], linestyle="none", marker=shape, color=color, alpha=alpha, label=text,
            markerfacecolor="none" if is_hollow else color, markeredgewidth=1.5,
            markersize=5 if shape in "o." else 8,
        )
        for shape, color, is_hollow, alpha, text in entries
    ]  # fmt: skip
    figure.legend(handles=handles, loc="outside lower left", ncols=columns)
