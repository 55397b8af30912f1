"""How good a classifier is, class by class and probability by probability."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from matplotlib.ticker import PercentFormatter

from nnlab.report.style import COLORS, INK, new_figure
from nnlab.tasks import NUM_CONFIDENCE_BINS

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from nnlab.report.run_view import RunView


def confusion(source: RunView) -> Figure:
    """Draw how often each true class is taken for each class: per cent of its test examples."""
    counts = np.sum([seed["test"]["confusion"] for seed in source.summary["per_seed"]], axis=0)
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    size = len(shares)
    figure = new_figure(min(9, 2.5 + 0.62 * size), min(8, 1.6 + 0.5 * size))
    axes = figure.subplots()
    # The root makes rare mistakes visible beside the diagonal.
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    for row in range(size):
        for column in range(size):
            share = shares[row, column]
            if counts[row, column]:
                color = "white" if share > 0.35 else "#222222"
                text = f"{share:.0%}" if share >= 0.1 else f"{share:.1%}"
                axes.text(column, row, text, ha="center", va="center", fontsize=8, color=color)
    names = source.shown_names
    axes.set_xticks(range(size), names, rotation=45 if max(map(len, names)) > 3 else 0, ha="center")
    axes.set_yticks(range(size), names)
    axes.set(xlabel="predicted", ylabel="true")
    axes.grid(visible=False)
    return figure


def classes(source: RunView) -> Figure:
    """Draw precision, recall and F1 of each class: the mean over seeds, and its deviation."""
    tables: list[list[dict[str, Any]]] = [
        list(seed["test"]["per_class"].values()) for seed in source.summary["per_seed"]
    ]
    names = source.shown_names
    figure = new_figure(9, 1.2 + 0.42 * len(names))
    axes = figure.subplots()
    y = np.arange(len(names))
    for offset, (metric, color) in enumerate(
        zip(("precision", "recall", "f1"), COLORS, strict=False)
    ):
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
    """Draw how often the model is right, by how sure it is; equal heights are calibrated.

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), figure 1.
    """
    shares, targets = source.test_probabilities, source.test_outputs[1]
    confidence, preds = shares.max(-1)  # (R, N)
    hits = (preds == targets).double()
    index = (confidence * NUM_CONFIDENCE_BINS).ceil().long().clamp(1, NUM_CONFIDENCE_BINS) - 1
    facts = torch.stack([torch.ones_like(hits), confidence, hits], -1).flatten(0, 1)
    bins = facts.new_zeros(NUM_CONFIDENCE_BINS, 3).index_add_(0, index.flatten(), facts)
    error = np.mean([seed["test"]["ece"] for seed in source.summary["per_seed"]])
    filled = bins[:, 0] > 0
    count, sure, right = bins[filled].unbind(-1)
    figure = new_figure(9, 3.6)
    left, below = figure.subplots(1, 2)
    left.plot([0, 1], [0, 1], color=INK, linewidth=1, linestyle=":", label="calibrated")
    left.plot(sure / count, right / count, "o-", color=COLORS[0], label="model", clip_on=False)
    left.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1), ylim=(0, 1))
    left.set_title(f"expected calibration error {error:.2%}")
    left.legend()
    edges = (np.flatnonzero(filled.numpy()) + 0.5) / NUM_CONFIDENCE_BINS
    below.bar(edges, (count / count.sum()).numpy(), 0.9 / NUM_CONFIDENCE_BINS, color=COLORS[0])
    below.set(xlabel="confidence", title="share of test examples", xlim=(0, 1))
    return figure
