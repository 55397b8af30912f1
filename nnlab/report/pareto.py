"""A metric against what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.console import PERCENT
from nnlab.report.style import COLORS, FAINT, INK, new_figure

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.comparison.result import Comparison, Row


def pareto(comparison: Comparison) -> Figure:
    """Draw each contender's metric against its training time, with the Pareto front.

    Small points are seeds. On the front is who is not beaten in both by another.
    """
    figure = new_figure(6.5, 4)
    axes = figure.subplots()
    scale = 100 if comparison.metric in PERCENT else 1
    front = front_of(comparison)
    axes.step(
        [row.train_seconds_per_seed for row in front],
        [scale * row.mean for row in front],
        where="post",
        color=FAINT,
        linewidth=1.5,
        zorder=1,
    )
    for row, color in zip(comparison.rows, COLORS * len(comparison.rows), strict=False):
        x, y = row.train_seconds_per_seed, scale * row.mean
        ends = (row.interval.low, row.interval.high) if row.interval else (row.mean, row.mean)
        reach = [[y - scale * ends[0]], [scale * ends[1] - y]]
        axes.plot([x] * len(row.per_seed), [scale * v for v in row.per_seed], ".", color=color)
        axes.errorbar(x, y, yerr=reach, fmt="D" if row in front else "o", color=color, capsize=4)
        axes.annotate(row.name, (x, y), (8, 0), textcoords="offset points", va="center", color=INK)
    axes.set_xscale("log")
    axes.margins(x=0.25, y=0.1)
    axes.set_xlabel("training time of one seed [s]")
    axes.set_ylabel(f"test {comparison.metric}{' [%]' if scale == 100 else ''}")
    return figure


def front_of(comparison: Comparison) -> list[Row]:
    """Return who is better than everybody as cheap, cheapest first."""
    front: list[Row] = []
    sign = 1 if comparison.is_lower_better else -1
    for row in sorted(comparison.rows, key=lambda r: (r.train_seconds_per_seed, sign * r.mean)):
        if not front or sign * row.mean < sign * front[-1].mean:
            front.append(row)
    return front
