"""Pictures of a classifier: confusion matrix, scores by class, calibration."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.metrics import CLASS_METRICS
from nnlab.report.classes import MAX_MATRIX, MAX_ROWS, confusion_of, most_confused, weakest
from nnlab.report.style import COLORS, INK, is_narrow, new_figure, new_panels, show_percent
from nnlab.tasks.classification import NUM_CONFIDENCE_BINS, expected_calibration_error

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from torch import Tensor

    from nnlab.report.run_view import RunView

MAX_COUNTED_CLASSES = 12
# A bin of fewer examples per seed says little about the accuracy in it.
MIN_SUPPORT = 10


def confusion(source: RunView) -> Figure:
    """Draw how often each true class is predicted as each class: per cent of its examples, counts."""
    every = confusion_of(source.test_metrics)
    shown = most_confused(every, MAX_MATRIX)
    counts = every[shown][:, shown].toarray()
    fractions = counts / np.maximum(every.sum(1)[shown, None], 1)
    names, size = [source.shown_names[i] for i in shown], len(shown)
    is_long = max(map(len, names)) > 3
    figure = new_figure(min(9, max(4.5, 2.5 + 0.7 * size)), min(8, 1.6 + 0.5 * size))
    axes = figure.subplots()
    # The square root makes rare mistakes visible beside the diagonal.
    axes.imshow(np.sqrt(fractions), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    has_room = size <= (3 if is_narrow() else MAX_COUNTED_CLASSES)
    for row, column in np.argwhere(counts):
        fraction = fractions[row, column]
        text = f"{100 * fraction:.0f}" if fraction >= 0.1 else f"{100 * fraction:.1f}"
        text = f"{text} %\n({counts[row, column]:,})" if has_room else text
        color = "white" if fraction > 0.35 else "#222222"
        axes.text(column, row, text, ha="center", va="center", fontsize="small", color=color)
    axes.set_xticks(range(size), names, rotation=45 if is_long else 0, ha="center")
    axes.set_yticks(range(size), names)
    if size < len(source.class_names):
        note = f"the {size} of {len(source.class_names):,} classes with the most mistakes"
        axes.set_title(note)
    seeds = len(source.test_metrics)
    notes = ["predicted", "per cent of the row" + (" (examples)" if has_room else "")]
    if seeds > 1:
        notes.append(f"{seeds} seeds together")
    axes.set(xlabel="\n".join(notes), ylabel="true")
    axes.grid(visible=False)
    return figure


def classes(source: RunView) -> Figure:
    """Draw precision, recall and F1 of each class: the mean over seeds, and its deviation.

    The axis begins where the classes differ, so that these are points, not bars.
    """
    tables = [list(metrics.per_class.values()) for metrics in source.test_metrics]
    f1 = np.mean([[row["f1"] for row in table] for table in tables], axis=0)
    shown = weakest(f1, MAX_ROWS)
    tables = [[table[i] for i in shown] for table in tables]
    names = [source.shown_names[i] for i in shown]
    figure = new_figure(9, 1.4 + 0.42 * len(names))
    axes = figure.subplots()
    y = np.arange(len(names))
    lowest = 1.0
    for offset, (metric, color) in enumerate(zip(CLASS_METRICS, COLORS, strict=False)):
        values = np.array([[row[metric] for row in table] for table in tables])  # (R, C)
        spread = values.std(0, ddof=1) if len(values) > 1 else np.zeros(len(names))
        lowest = min(lowest, (values.mean(0) - spread).min())
        axes.errorbar(
            values.mean(0), y + 0.22 * (offset - 1), xerr=spread if len(values) > 1 else None,
            fmt="Dos"[offset], color=color, markersize=6, elinewidth=1.5, label=metric,
        )  # fmt: skip
    axes.set_yticks(y, names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    begin = max(np.floor(10 * (lowest - 0.01)) / 10, 0)
    axes.set_xlim(begin, 1 + 0.02 * (1 - begin))
    axes.locator_params(axis="x", nbins=4 if is_narrow() else 9)
    show_percent(axes.xaxis)
    axes.set_xlabel("test split" + (" (the axis does not begin at 0)" if begin else ""))
    if len(names) < len(f1):
        axes.set_title(f"the {len(names)} of {len(f1):,} classes with the lowest F1")
    figure.legend(loc="outside lower left", ncols=3)
    return figure


def calibration(source: RunView) -> Figure:
    """Draw accuracy against confidence; a calibrated model is on the diagonal.

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), figure 1.
    """
    confidence, preds = source.test_probabilities.max(-1)  # (R, N)
    hits = (preds == source.test_outputs[1]).double()
    index = (confidence * NUM_CONFIDENCE_BINS).ceil().long().clamp(1, NUM_CONFIDENCE_BINS) - 1
    counted = torch.stack([torch.ones_like(hits), confidence, hits], -1)  # (R, N, 3)
    per_seed = [
        rows.new_zeros(NUM_CONFIDENCE_BINS, 3).index_add_(0, bin_index, rows)
        for rows, bin_index in zip(counted, index, strict=True)
    ]
    error = statistics.fmean(map(expected_calibration_error, per_seed))
    bins = torch.stack(per_seed).sum(0)
    filled = bins[:, 0] > 0
    count, confident, correct = bins[filled].unbind(-1)
    figure, (left, below) = new_panels(2, 9, 3.6)
    left.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="calibrated")
    _draw_bins(left, confident / count, correct / count, count / len(per_seed))
    left.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    left.set_title(f"expected calibration error {100 * error:.2f} %")
    columns = 1 if is_narrow() else 3
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower left", ncols=columns)
    edges = (np.flatnonzero(filled.numpy()) + 0.5) / NUM_CONFIDENCE_BINS
    below.bar(edges, (count / count.sum()).numpy(), 0.9 / NUM_CONFIDENCE_BINS, color=COLORS[0])
    below.set(xlabel="confidence", title="test examples", xlim=(0, 1))
    for axis in (left.xaxis, left.yaxis, below.xaxis, below.yaxis):
        show_percent(axis)
    return figure


def _draw_bins(axes: Axes, confidence: Tensor, accuracy: Tensor, count: Tensor) -> None:
    """Draw a point per bin, larger for more examples; join those with enough of them."""
    is_supported = count >= MIN_SUPPORT
    joined = torch.where(is_supported, accuracy, torch.nan)
    axes.plot(confidence, joined, color=COLORS[0])
    sizes = 10 + 90 * (count / count.max()).sqrt()
    for shown, fill, label in (
        (is_supported, COLORS[0], "model"),
        (~is_supported, "none", f"fewer than {MIN_SUPPORT} examples"),
    ):
        if shown.any():
            axes.scatter(
                confidence[shown], accuracy[shown], sizes[shown], facecolor=fill,
                edgecolor=COLORS[0], label=label, clip_on=False, zorder=3,
            )  # fmt: skip
