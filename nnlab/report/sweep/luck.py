"""The scores of a search against those on fresh seeds, and what a smaller search would have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from matplotlib.ticker import MaxNLocator

from nnlab.comparison.intervals import t_interval
from nnlab.metrics import is_fraction
from nnlab.report.style import FAINT, INK, is_narrow, new_figure, show_percent
from nnlab.report.sweep.expected import expected_best
from nnlab.report.sweep.marks import BASE, TRIAL, WINNER, legend, name_axis, show_logarithmic
from nnlab.sweep.halving import score_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.report.sweep.view import SweepView

MANY_TRIALS = 60


class Tested(NamedTuple):
    """A trial that was trained again on fresh seeds.

    Attributes:
        trial: Its number.
        is_last: Whether the seeds are those of the test, which only the winner has seen.
        search: Its score in the search.
        fresh: Its score on the fresh seeds.
        low: Lower end of the 95 % interval for other seeds.
        high: Upper end.
    """

    trial: int
    is_last: bool
    search: float
    fresh: float
    low: float
    high: float


def tested(view: SweepView) -> list[Tested]:
    """Return the finalists and, last, the winner on further seeds; without those that diverged."""
    rows = [(e["trial"], False, e["score"], e["per_seed"]) for e in view.result["finalists"]]
    winner = view.result["winner"]
    rows.append((winner["trial"], True, winner["score"], view.result["fresh"]["per_seed"]))
    found = []
    for trial, is_last, score, values in rows:
        fresh = score_of(values)
        if score is not None and fresh is not None:
            low, high = _interval(values)
            found.append(Tested(trial, is_last, score, fresh, low, high))
    return found


def _interval(values: Sequence[float | None]) -> tuple[float, float]:
    """Return both ends of the interval of a mean; of a single seed, the seed."""
    known = np.array(values, dtype=float)
    interval = t_interval(known)
    return (known[0], known[0]) if interval is None else (interval.low, interval.high)


def luck(view: SweepView) -> Figure:
    """Draw the finalists: search score to the right, fresh score upwards, luck between."""
    figure = new_figure(6.4, 4.6)
    axes = figure.subplots()
    rows = tested(view)
    for row in rows:
        _tested(axes, row)
    ends = [end for row in rows for end in (row.search, row.fresh, row.low, row.high)]
    pad = 0.08 * (max(ends) - min(ends) or 1)
    limits = (min(ends) - pad, max(ends) + pad)
    axes.plot(limits, limits, color=INK, linewidth=1, linestyle=":", zorder=1)
    side = "below" if not view.is_lower_better else "above"
    axes.fill_between(
        limits,
        limits,
        limits[1] if view.is_lower_better else limits[0],
        color=FAINT,
        alpha=0.25,
        linewidth=0,
    )
    axes.set(xlim=limits, ylim=limits, aspect="equal")
    for axis in (axes.xaxis, axes.yaxis):
        if is_fraction(view.metric):
            show_percent(axis)
        axis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(f"{view.label} in the search")
    axes.set_ylabel(f"{view.label} on fresh seeds")
    entries = [("o", TRIAL, True, 1.0, "finalist")] if view.result["finalists"] else []
    entries += [("D", WINNER, True, 1.0, "winner, on further seeds")]
    entries += [("s", FAINT, False, 1.0, f"lost on fresh seeds: {side} the line")]
    legend(figure, entries, 1 if is_narrow() else 2)
    return figure


def _tested(axes: Axes, row: Tested) -> None:
    color, shape = (WINNER, "D") if row.is_last else (TRIAL, "o")
    x, y, low, high = row[2:]
    axes.plot([x, x], [x, y], color=color, linewidth=4, alpha=0.3, solid_capstyle="butt")
    axes.errorbar(
        x, y, yerr=[[y - low], [high - y]], fmt=shape, color=color, markersize=8, capsize=3,
        markerfacecolor="none", markeredgewidth=1.5, elinewidth=1.2, zorder=4,
    )  # fmt: skip


def smaller(view: SweepView) -> Figure:
    """Draw the expected best of n trials, with what fresh seeds left of the best."""
    scores = [entry["score"] for entry in view.shown.values()]
    found = expected_best(scores, lower_is_better=view.is_lower_better)
    figure = new_figure(7.5, 3.8)
    axes = figure.subplots()
    counts = np.arange(1, len(scores) + 1)
    axes.fill_between(counts, found.low, found.high, color=TRIAL, alpha=0.15, linewidth=0)
    axes.plot(counts, found.mean, color=TRIAL, linewidth=2)
    entries = [("_", TRIAL, False, 1.0, "expected best; band: 9 of 10 searches")]
    fresh, base = view.result["fresh"]["val"], score_of(view.base_val) if view.base_val else None
    for value, color, text in (
        (fresh, WINNER, "winner on fresh seeds"),
        (base, BASE, "base on fresh seeds"),
    ):
        if value is not None:
            axes.axhline(value, color=color, linewidth=1.5, linestyle="--")
            entries.append(("_", color, False, 1.0, text))
    if len(scores) > MANY_TRIALS:
        show_logarithmic(axes.xaxis)
    axes.set_xlabel("trials")
    axes.set_ylabel(view.label)
    name_axis(view, axes.yaxis)
    legend(figure, entries, 1 if is_narrow() else 2)
    return figure
