"""Many classes in one picture: a colour and a marker for each, and which are shown if not all are."""

from __future__ import annotations

import colorsys
from typing import TYPE_CHECKING, Literal

import matplotlib as mpl
import numpy as np
from scipy.sparse import coo_array

from nnlab.report.style import COLORS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.artist import Artist
    from matplotlib.figure import Figure
    from scipy.sparse import csr_array

    from nnlab.metrics import Metrics

Place = Literal["outside lower left", "outside upper center"]

# Steps of this fraction of the colour circle never come back to a hue.
HUE_STEP = (5**0.5 - 1) / 2
SHADES = ((0.85, 0.80), (0.45, 0.92), (0.75, 0.50))
MARKERS = "os^Dv<>pPX*h"
MAX_IN_LEGEND = 24
# Rows of a table or a picture, and rows and columns of a matrix, that can be read.
MAX_ROWS, MAX_MATRIX = 40, 25


def class_colors(number: int) -> list[str]:
    """Return a colour for each of a number of classes: the usual ones, then others."""
    rest = range(number - len(COLORS))
    more = (colorsys.hsv_to_rgb(i * HUE_STEP % 1, *SHADES[i % len(SHADES)]) for i in rest)
    return [*COLORS[:number], *map(mpl.colors.to_hex, more)]


def class_marker(index: int) -> str:
    """Return the marker of a class: another one after each ten."""
    return MARKERS[index // len(COLORS) % len(MARKERS)]


def add_legend(
    figure: Figure, handles: Sequence[Artist], labels: Sequence[str], *, loc: Place, columns: int
) -> None:
    """Add a legend of classes below or above a figure; of many, the first and how many follow."""
    handles, labels = list(handles[:MAX_IN_LEGEND]), list(labels)
    if len(labels) > MAX_IN_LEGEND:
        rest = len(labels) - MAX_IN_LEGEND
        labels = [*labels[:MAX_IN_LEGEND], f"and {rest:,} more"]
        handles.append(mpl.lines.Line2D([], [], linestyle="none"))
    figure.legend(handles, labels, loc=loc, ncols=columns, markerscale=1.5)


def weakest(f1: np.ndarray, most: int) -> np.ndarray:
    """Return the indices of the classes with the lowest F1 ``(C,)``, in the order of classes."""
    if len(f1) <= most:
        return np.arange(len(f1))
    return np.sort(np.argsort(f1, kind="stable")[:most])


def confusion_of(metrics: Sequence[Metrics]) -> csr_array:
    """Return the examples of all seeds by true and predicted class, ``(C, C)``, sparse."""
    entries = np.array([entry for one in metrics for entry in _entries(one)]).reshape(-1, 3)
    size = len(metrics[0].per_class)
    return coo_array((entries[:, 2], (entries[:, 0], entries[:, 1])), shape=(size, size)).tocsr()


def _entries(metrics: Metrics) -> list[list[int]]:
    if metrics.is_sparse:
        return metrics.confusion
    return [
        [true, predicted, count]
        for true, row in enumerate(metrics.confusion)
        for predicted, count in enumerate(row)
        if count
    ]


def most_confused(counts: csr_array, most: int) -> np.ndarray:
    """Return the indices of the classes with the most mistakes, given or missed, in their order.

    Args:
        counts: Examples by true and predicted class, ``(C, C)``.
        most: Number of classes to return at most.
    """
    mistakes = counts.sum(0) + counts.sum(1) - 2 * counts.diagonal()
    return weakest(-mistakes, most)
