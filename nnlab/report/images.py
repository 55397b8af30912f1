"""Galleries of images: samples, mistakes, and first-layer weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.report.style import format_label, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from torch import Tensor

    from nnlab.data.types import Examples
    from nnlab.report.run_view import RunView

NUM_SAMPLES = 25
NUM_WEIGHTS = 64


def samples(source: RunView) -> Figure:
    """Draw the first training images with their labels."""
    train = source.job.dataset.train
    labels = [source.shown_names[target] for target in train.targets[:NUM_SAMPLES].tolist()]
    return _gallery(train.inputs[:NUM_SAMPLES, 0], labels, columns=5)


def mistakes(source: RunView) -> Figure:
    """Draw the test images that the mean of the seeds misclassifies, most confident first."""
    test = source.job.dataset.test
    assert test is not None, "a run without a test split has no mistakes to draw"
    confidence, preds = source.test_probabilities.mean(0).max(-1)  # (N,)
    wrong = torch.nonzero(preds != source.test_outputs[1])[:, 0]
    chosen = wrong[confidence[wrong].argsort(descending=True)][:NUM_SAMPLES]
    if not len(chosen):
        figure = new_figure(9, 1)
        figure.text(0.5, 0.5, "no test image is misclassified", ha="center")
        return figure
    names = source.shown_names
    labels = [
        f"{names[preds[i]]} ({confidence[i]:.0%})\ntrue: {names[source.test_outputs[1][i]]}"
        for i in chosen.tolist()
    ]
    return _gallery(test.inputs[chosen, 0], labels, columns=5)


def weights(source: RunView) -> Figure:
    """Draw the incoming weights of the units of the first layer, first seed."""
    stored = source.run.weights()
    first = stored[min(name for name, tensor in stored.items() if tensor.ndim > 2)][0]
    shape = source.job.dataset.spec.input_shape
    units = first[:, 0] if first.ndim == 4 else first.view(-1, *shape)[:, 0]
    units = units[:NUM_WEIGHTS].float()
    largest = units.abs().amax().item()
    labels = list(source.shown_names) if len(units) == len(source.shown_names) else []
    columns = 8 if len(units) > 10 else 5
    return _gallery(units, labels, columns=columns, color_map="RdBu", limit=largest)


def _gallery(
    pictures: Tensor,
    labels: Sequence[str],
    *,
    columns: int,
    color_map: str = "gray_r",
    limit: float | None = None,
) -> Figure:
    """Return images ``(N, H, W)`` in rows; colours span -limit to limit, if given."""
    rows = math.ceil(len(pictures) / columns)
    height = (9 / columns) * (1.1 if labels else 0.92)
    figure = new_figure(9, min(rows * height, 14))
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for index, axes in enumerate(panels):
        axes.set_axis_off()
        if index < len(pictures):
            bounds = {} if limit is None else {"vmin": -limit, "vmax": limit}
            axes.imshow(pictures[index].numpy(), cmap=color_map, **bounds)
            if labels:
                axes.set_title(labels[index], fontsize=9, loc="center")
    return figure


def random_samples(examples: Examples, seed: int) -> Figure:
    """Draw images of a data set, chosen by a seed, with their classes."""
    generator = np.random.default_rng(seed)
    count = min(NUM_SAMPLES, len(examples.targets))
    chosen = np.sort(generator.choice(len(examples.targets), count, replace=False))
    labels = [format_label(examples.class_names[target]) for target in examples.targets[chosen]]
    return _gallery(torch.from_numpy(examples.inputs[chosen, 0]), labels, columns=5)
