"""Pictures of a classifier: confusion matrix, scores by class, calibration."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

import numpy as np
import torch
from matplotlib.ticker import PercentFormatter

from nnlab.metrics import CLASS_METRICS
from nnlab.report.style import COLORS, INK, new_figure
from nnlab.tasks import NUM_CONFIDENCE_BINS, expected_calibration_error

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView


def confusion(source: RunView) -> Figure:
    """Draw how often each true class is predicted as each class, in per cent of its examples."""
    counts = np.sum([metrics.confusion for metrics in source.test_metrics], axis=0)
    fractions = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = len(fractions)
    figure = new_figure(min(9, 2.5 + 0.62 * size), min(8, 1.6 + 0.5 * size))
    axes = figure.subplots()
    # The square root makes rare mistakes visible beside the diagonal.
    axes.imshow(np.sqrt(fractions), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(size):
        for column in range(size):
            fraction = fractions[row, column]
            if counts[row, column]:
                color = "white" if fraction > 0.35 else "#222222"
                text = f"{fraction:.0%}" if fraction >= 0.1 else f"{fraction:.1%}"
                axes.text(column, row, text, ha="center", va="center", fontsize=8, color=color)
    names = source.shown_names
    axes.set_xticks(range(size), names, rotation=45 if max(map(len, names)) > 3 else 0, ha="center")
    axes.set_yticks(range(size), names)
    axes.set(xlabel="predicted", ylabel="true")
    axes.grid(visible=False)
    return figure


def classes(source: RunView) -> Figure:
    """Draw precision, recall and F1 of each class: the mean over seeds, and its deviation."""
    tables = [list(metrics.per_class.values()) for metrics in source.test_metrics]
    names = source.shown_names
    figure = new_figure(9, 1.2 + 0.42 * len(names))
    axes = figure.subplots()
    y = np.arange(len(names))
    for offset, (metric, color) in enumerate(zip(CLASS_METRICS, COLORS, strict=False)):
        values = np.array([[row[metric] for row in table] for table in tables])  # (R, C)
        spread = values.std(0, ddof=1) if len(values) > 1 else None
        axes.barh(
            y + 0.26 * (offset - 1), values.mean(0), 0.24, xerr=spread, color=color, label=metric,
            error_kw={"ecolor": INK, "elinewidth": 1},
        )  # fmt: skip
    axes.set_yticks(y, names)
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.xaxis.set_major_formatter(PercentFormatter(xmax=1))
    axes.grid(visible=False, axis="y")
    figure.legend(loc="outside upper center", ncols=3)
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
    figure = new_figure(9, 3.6)
    left, below = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="calibrated")
    left.plot(
        confident / count, correct / count, "o-", color=COLORS[0], label="model", clip_on=False
    )
    left.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    left.set_title(f"expected calibration error {error:.2%}")
    left.legend()
    edges = (np.flatnonzero(filled.numpy()) + 0.5) / NUM_CONFIDENCE_BINS
    below.bar(edges, (count / count.sum()).numpy(), 0.9 / NUM_CONFIDENCE_BINS, color=COLORS[0])
    below.set(xlabel="confidence", title="fraction of test examples", xlim=(0, 1))
    return figure
