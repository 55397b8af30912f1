"""All keys of a sweep at once: parallel coordinates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.formatting import format_metric
from nnlab.report.style import FONT_SIZE, INK, format_label, is_narrow, new_figure
from nnlab.report.sweep.marks import BASE, MAX_VECTOR_MARKS, TRIAL, WINNER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from nnlab.report.sweep.dimensions import Dimension
    from nnlab.report.sweep.view import SweepView

MAX_AXES = 7
MAX_OPTIONS = 6
WEAKEST = 0.07
DIVERGED = -0.08
MAX_IN_LINE = 12


def parallel(view: SweepView) -> Figure:
    """Draw a line for each trial through its values to its score; a good one is strong.

    On a narrow page the axes lie, and the lines run down.
    """
    shown = view.dimensions[:MAX_AXES]
    ticks = [_ticks_of(dimension) for dimension in shown] + [_score_ticks(view)]
    places = np.stack(
        [*(d.position(d.values) for d in shown), _score_places(view)], axis=1
    )  # (T, K)
    size = (3.8, 0.9 + 0.85 * len(ticks)) if is_narrow() else (9, 3.9)
    figure = new_figure(*size)
    axes = figure.subplots()
    _lines(view, axes, places)
    base = np.array([*(d.position(np.array([d.base]))[0] for d in shown), np.nan])
    if np.isfinite(base).any():
        _draw(axes, base, color=BASE, linewidth=0, marker="s", markerfacecolor="none", zorder=5)
    for number, (title, marks) in enumerate(ticks):
        _axis(axes, number, title, marks)
    axes.set_axis_off()
    _limit(axes, len(ticks))
    return figure


def _ticks_of(dimension: Dimension) -> tuple[str, list[tuple[float, str]]]:
    if dimension.options:
        numbers = range(len(dimension.options))
        kept = numbers if len(numbers) <= MAX_OPTIONS else [numbers[0], numbers[-1]]
        values = np.array([*kept], dtype=float)
    else:
        values = np.unique(dimension.ends)
    names = [format_label(dimension.text(value)) for value in values]
    return dimension.key, [*zip(dimension.position(values).tolist(), names, strict=True)]


def _score_places(view: SweepView) -> NDArray[np.float64]:
    """Return where the scores lie on their axis, good ones high."""
    scores = np.array([entry["score"] for entry in view.shown.values()], dtype=float)
    best, worst = _extremes(view)
    return np.nan_to_num((scores - worst) / ((best - worst) or 1), nan=DIVERGED)


def _extremes(view: SweepView) -> tuple[float, float]:
    """Return the best and the worst score of trials that have not diverged."""
    known = [entry["score"] for entry in view.shown.values() if entry["score"] is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    return (low, high) if view.is_lower_better else (high, low)


def _score_ticks(view: SweepView) -> tuple[str, list[tuple[float, str]]]:
    best, worst = (format_metric(view.metric, score) for score in _extremes(view))
    has_diverged = any(entry["score"] is None for entry in view.shown.values())
    return f"val {view.metric}", [
        (0.0, worst), (1.0, best), *([(DIVERGED, "diverged")] if has_diverged else [])
    ]  # fmt: skip


def _lines(view: SweepView, axes: Axes, places: NDArray[np.float64]) -> None:
    """Draw the worst trial first, the winner last."""
    is_large = len(places) > MAX_VECTOR_MARKS
    for place, trial in reversed([*enumerate(view.order)]):
        if trial != view.winner:
            strength = (1 - place / len(places)) ** 2
            _draw(
                axes, places[trial], color=TRIAL, alpha=WEAKEST + (0.9 - WEAKEST) * strength,
                linewidth=1.2, rasterized=is_large,
            )  # fmt: skip
    _draw(
        axes, places[view.winner], color=WINNER, linewidth=2.5, marker="*", markersize=10, zorder=4
    )


def _draw(axes: Axes, places: NDArray[np.float64], **style: Any) -> None:
    steps = np.arange(len(places))
    axes.plot(*((places, -steps) if is_narrow() else (steps, places)), clip_on=False, **style)


def _axis(axes: Axes, number: int, title: str, marks: Sequence[tuple[float, str]]) -> None:
    """Draw one axis with its name and the texts at its ends and options."""
    line: Any = {"color": INK, "linewidth": 1, "zorder": 3}
    name: Any = {"fontsize": 9 if is_narrow() else FONT_SIZE, "color": INK}
    if is_narrow():
        axes.plot([0, 1], [-number, -number], **line)
        axes.text(-0.06, -number, _broken(title), ha="right", va="center", **name)
    else:
        axes.plot([number, number], [0, 1], **line)
        axes.text(number, 1.2, _broken(title), ha="center", va="center", **name)
    for place, text in marks:
        _tick(axes, number, place, text)


def _broken(title: str) -> str:
    """Return a name in two lines if it is long: a key before its last part."""
    if len(title) <= MAX_IN_LINE:
        return title
    section, mark, name = title.rpartition("." if "." in title else " ")
    return f"{format_label(section)}{mark.strip()}\n{format_label(name)}".lstrip()


def _tick(axes: Axes, number: int, place: float, text: str) -> None:
    style: Any = {"fontsize": 8 if is_narrow() else 9, "color": INK}
    if is_narrow():
        side = "left" if place <= 0.02 else "right" if place >= 0.98 else "center"
        axes.text(place, -0.08 - number, text, ha=side, va="top", **style)
    elif place in {0.0, 1.0}:
        gap, va = (0.04, "bottom") if place else (-0.04, "top")
        axes.text(number, place + gap, text, ha="center", va=va, **style)
    else:
        axes.text(number + 0.03, place, text, va="center", **style)


def _limit(axes: Axes, count: int) -> None:
    if is_narrow():
        axes.set(xlim=(-0.45, 1.05), ylim=(0.6 - count, 0.25))
    else:
        axes.set(xlim=(-0.4, count - 0.6), ylim=(-0.18, 1.3))
