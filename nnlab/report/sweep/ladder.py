"""Who survived each rung, and what a trial's values have to do with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.report.style import COLORS, INK, format_label, is_narrow, new_figure
from nnlab.report.sweep.marks import MAX_VECTOR_MARKS, PALE, TRIAL, WINNER, legend, name_axis

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.sweep.forest import Importance
    from nnlab.report.sweep.view import SweepView

MAX_BARS = 25


def ladder(view: SweepView) -> Figure:
    """Draw the score of each trial from rung to rung."""
    figure = new_figure(7.5, 4)
    axes = figure.subplots()
    epochs = [rung["epochs"] for rung in view.rungs]
    scores = [{e["trial"]: e["score"] for e in rung["trials"]} for rung in view.rungs]
    is_large = len(view.shown) > MAX_VECTOR_MARKS
    for trial in view.order[::-1]:
        is_finished, is_winner = trial in view.to_the_end, trial == view.winner
        path = np.array([of_rung.get(trial) for of_rung in scores], dtype=float)
        axes.plot(
            epochs, path, "-o", color=WINNER if is_winner else TRIAL,
            alpha=1.0 if is_finished else PALE, linewidth=2.2 if is_winner else 1.2,
            markersize=4.5, markeredgewidth=0, rasterized=is_large, zorder=4 if is_winner else 2,
        )  # fmt: skip
    axes.set_xscale("log")
    axes.set_xticks(epochs, [f"{value:,}" for value in epochs])
    axes.minorticks_off()
    axes.set_xlabel("epochs")
    axes.set_ylabel(view.label)
    name_axis(view, axes.yaxis)
    entries = [
        ("o", WINNER, False, 1.0, "winner"),
        ("o", TRIAL, False, 1.0, "trained to the end"),
        ("o", TRIAL, False, PALE, "pruned"),
    ]
    legend(figure, entries, 1 if is_narrow() else 3)
    return figure


def bars(found: Importance) -> Figure:
    """Draw the importance of each key, the largest first."""
    keys = found.keys[:MAX_BARS]
    means, spread = (f(found.places, axis=1)[: len(keys)] for f in (np.mean, np.std))
    figure = new_figure(8, 1.0 + 0.36 * len(keys))
    axes = figure.subplots()
    y = np.arange(len(keys))
    axes.barh(
        y, means, 0.62, xerr=spread, color=COLORS[0],
        error_kw={"ecolor": INK, "elinewidth": 1, "capsize": 2},
    )  # fmt: skip
    axes.axvline(0, color=INK, linewidth=1)
    axes.set_yticks(y, [format_label(key) for key in keys])
    axes.set_ylim(len(keys) - 0.4, -0.6)
    axes.set_xlabel(f"places further off, of {found.num_trials:,}")
    axes.grid(visible=False, axis="y")
    return figure
