"""A metric against its cost: the Pareto front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter

from nnlab.comparison.timing import why_incomparable
from nnlab.metrics import is_fraction
from nnlab.report.style import COLORS, FAINT, format_label, is_narrow, new_figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.comparison.result import Comparison, Row


# Times are recorded to the millisecond; a logarithmic axis cannot show zero.
SHORTEST_SECONDS = 1e-4
SHORT_RATIO = 8


def pareto(comparison: Comparison) -> Figure:
    """Draw each contender's metric against its training time, with the Pareto front.

    Small points are seeds. A contender is on the front if no other is better and faster; there is
    no front if the times cannot be compared.
    """
    figure = new_figure(7.5, 4)
    axes = figure.subplots()
    scale = 100 if is_fraction(comparison.metric) else 1
    front = front_of(comparison)
    axes.step(
        [_seconds(row) for row in front],
        [scale * row.mean for row in front],
        where="post",
        color=FAINT,
        linewidth=1.5,
        zorder=1,
    )
    for row, color in zip(comparison.rows, COLORS * len(comparison.rows), strict=False):
        x, y = _seconds(row), scale * row.mean
        ends = (row.interval.low, row.interval.high) if row.interval else (row.mean, row.mean)
        reach = [[y - scale * ends[0]], [scale * ends[1] - y]]
        axes.plot([x] * len(row.per_seed), [scale * v for v in row.per_seed], ".", color=color)
        shape = "D" if row in front else "o"
        axes.errorbar(
            x, y, yerr=reach, fmt=shape, color=color, capsize=4, label=format_label(row.name)
        )
    axes.set_xscale("log")
    axes.margins(x=0.1, y=0.1)
    _label_seconds(axes)
    figure.legend(loc="outside lower left", ncols=1 if is_narrow() else 3)
    axes.set_xlabel("training time of one seed [s]")
    axes.set_ylabel(f"{comparison.split} {comparison.metric}{' [%]' if scale == 100 else ''}")
    return figure


def _label_seconds(axes: Axes) -> None:
    """Label the times: powers of ten and their 2 and 5, or even steps within one power."""
    low, high = axes.get_xlim()
    is_short = high / low < SHORT_RATIO
    axes.xaxis.set_major_locator(MaxNLocator(5) if is_short else LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:.3g}")
    axes.xaxis.set_minor_formatter(NullFormatter())


def front_of(comparison: Comparison) -> list[Row]:
    """Return the contenders that are better than every cheaper one, cheapest first.

    None are if the training times cannot be compared.
    """
    if why_incomparable(comparison.rows):
        return []
    front: list[Row] = []
    sign = 1 if comparison.is_lower_better else -1
    for row in sorted(comparison.rows, key=lambda r: (r.train_seconds_per_seed, sign * r.mean)):
        if not front or sign * row.mean < sign * front[-1].mean:
            front.append(row)
    return front


def _seconds(row: Row) -> float:
    return max(row.train_seconds_per_seed, SHORTEST_SECONDS)
