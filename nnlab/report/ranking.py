"""How well probabilities rank the examples of a class: ROC and precision-recall curves."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np

from nnlab.report.classes import MAX_IN_LEGEND, class_colors
from nnlab.report.style import INK, is_narrow, new_panels, show_percent

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView

GRID = np.linspace(0, 1, 201)


def roc(source: RunView) -> Figure:
    """Draw the ROC and the precision-recall curve of each class against the rest.

    Curves are means over the seeds at each rate; so are the areas.
    """
    figure, (left, right) = new_panels(2, 9, 3.8)
    left.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":")
    drawn, labels = drawn_classes(source), []
    colors = class_colors(min(len(drawn), MAX_IN_LEGEND))
    for color, (index, is_class) in zip(colors, drawn, strict=False):
        scores = source.test_probabilities[..., index].numpy()  # (R, N)
        rates, area = _roc(is_class, scores)
        precision, average = _precision_recall(is_class, scores)
        (line,) = left.plot(GRID, rates, color=color, linewidth=1.5)
        right.plot(GRID, precision, color=color, linewidth=1.5)
        labels.append((line, f"{source.shown_names[index]}: AUC {area:.3f}, AP {average:.3f}"))
    left.set(xlabel="false positive rate", ylabel="true positive rate", title="ROC")
    if len(drawn) > len(colors):
        left.set_title(f"ROC (first {len(colors)} of {len(drawn):,} classes)")
    right.set(xlabel="recall", ylabel="precision", title="precision and recall")
    for axes in (left, right):
        axes.set(xlim=(-0.01, 1.01), ylim=(-0.01, 1.02))
        for axis in (axes.xaxis, axes.yaxis):
            show_percent(axis)
    columns = 1 if is_narrow() else 2 if max(len(text) for _, text in labels) > 34 else 3
    figure.legend(*zip(*labels, strict=True), loc="outside lower left", ncols=columns)
    return figure


def drawn_classes(source: RunView) -> list[tuple[int, np.ndarray]]:
    """Return the index of each class that can be drawn, and which test examples are of it.

    Of two classes only the second: the curves of the first are the same seen from the other side.
    """
    targets = source.test_outputs[1].numpy()
    num_classes = len(source.class_names)
    first = 1 if num_classes == 2 else 0
    found = [(index, targets == index) for index in range(first, num_classes)]
    return [(index, is_class) for index, is_class in found if 0 < is_class.sum() < len(targets)]


def _roc(is_class: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the true positive rate over the grid of false positive rates, and the area."""
    from sklearn.metrics import roc_auc_score, roc_curve

    curves = []
    for row in scores:
        false_rate, true_rate, _ = roc_curve(is_class, row)
        curves.append(np.interp(GRID, false_rate, true_rate))
    area = statistics.fmean(roc_auc_score(is_class, row) for row in scores)
    return np.mean(curves, axis=0), area


def _precision_recall(is_class: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the precision over the grid of recalls, and the average precision."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    curves = []
    for row in scores:
        precision, recall, _ = precision_recall_curve(is_class, row)
        curves.append(np.interp(GRID, recall[::-1], precision[::-1]))
    average = statistics.fmean(average_precision_score(is_class, row) for row in scores)
    return np.mean(curves, axis=0), average
