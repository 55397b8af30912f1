"""Galleries of images: samples, mistakes, and first-layer weights."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Literal

import numpy as np
import torch

from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.report.style import format_label, is_narrow, new_figure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from torch import Tensor

    from nnlab.data.types import Examples
    from nnlab.report.run_view import RunView

Order = Literal["confidence", "loss", "margin", "random"]
NUM_SAMPLES = 25
NUM_COLOURS = 3
NUM_WEIGHTS = 64
LINE_INCHES = 0.16
GAP_INCHES = 0.08
BAR_INCHES = 0.6


def samples(source: RunView, seed: int | None = None) -> Figure:
    """Draw training images with their labels.

    Args:
        source: The run.
        seed: Draws random images; default: the first ones.
    """
    train = source.job.dataset.train
    chosen = torch.arange(len(train)) if seed is None else _shuffled(len(train), seed)
    chosen = chosen[:NUM_SAMPLES]
    labels = [source.shown_names[target] for target in train.targets[chosen].tolist()]
    return _gallery(_shown(train.inputs[chosen]), labels, columns=5)


def mistakes(
    source: RunView,
    by: Order | None = None,
    class_name: str | None = None,
    seed: int | None = None,
) -> Figure:
    """Draw the test images that the mean of the seeds misclassifies.

    Args:
        source: The run.
        by: Which come first: those with the most ``confidence``, the largest ``loss``, the smallest
            ``margin`` between the predicted and the true class, or ``random`` ones.
        class_name: Only images whose true class this is.
        seed: Of the random order.

    Raises:
        ConfigError: If there is no such class.
    """
    test = source.job.dataset.test
    assert test is not None, "a run without a test split has no mistakes to draw"
    confidence, preds = source.test_probabilities.mean(0).max(-1)  # (N,)
    targets = source.test_outputs[1]
    is_shown = preds != targets
    if class_name is not None:
        is_shown &= targets == _class_index(source, class_name)
    wrong = torch.nonzero(is_shown)[:, 0]
    chosen = wrong[_order(source, by or "confidence", seed)[wrong].argsort()][:NUM_SAMPLES]
    if not len(chosen):
        figure = new_figure(9, 1)
        of_class = "" if class_name is None else f" of class {format_label(class_name)}"
        figure.text(0.5, 0.5, f"no test image{of_class} is misclassified", ha="center")
        return figure
    names = source.shown_names
    labels = [
        f"{names[preds[i]]} ({100 * confidence[i]:.0f} %)\ntrue: {names[targets[i]]}"
        for i in chosen.tolist()
    ]
    return _gallery(_shown(test.inputs[chosen]), labels, columns=5)


def _order(source: RunView, by: Order, seed: int | None) -> Tensor:
    """Return a number for each test example, ``(N,)``, that is smallest for what comes first."""
    probs = source.test_probabilities.mean(0)  # (N, C)
    largest = probs.max(-1).values
    of_truth = probs.gather(-1, source.test_outputs[1][:, None])[:, 0]
    match by:
        case "confidence":
            return -largest
        case "loss":
            return of_truth
        case "margin":
            return largest - of_truth
        case "random":
            return _shuffled(len(probs), seed or 0)


def _shuffled(number: int, seed: int) -> Tensor:
    return torch.randperm(number, generator=torch.Generator().manual_seed(seed))


def _class_index(source: RunView, name: str) -> int:
    known = source.class_names
    if name not in known:
        msg = f"no class '{name}'{did_you_mean(name, known)}; classes: {', '.join(known)}"
        raise ConfigError(msg)
    return known.index(name)


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


def _shown(pictures: Tensor) -> Tensor:
    """Return pictures ``(N, C, H, W)`` to draw: grey ``(N, H, W)``, or in colour ``(N, H, W, 3)``.

    Colours that are no bytes are stretched, picture by picture, to the range from 0 to 1.
    """
    if pictures.shape[1] != NUM_COLOURS:
        return pictures[:, 0]
    if pictures.is_floating_point():
        low, high = pictures.amin((1, 2, 3), True), pictures.amax((1, 2, 3), True)
        pictures = (pictures - low) / (high - low).clamp(min=1e-12)
    return pictures.movedim(1, 3)


def _gallery(
    pictures: Tensor,
    labels: Sequence[str],
    *,
    columns: int,
    color_map: str = "gray_r",
    limit: float | None = None,
) -> Figure:
    """Return images ``(N, H, W)`` or ``(N, H, W, 3)`` in rows, with a label above each, if given.

    The colours span -limit to limit, and a bar explains them, if a limit is given.
    """
    columns = min(columns, 3) if labels and is_narrow() else columns
    rows = math.ceil(len(pictures) / columns)
    figure = new_figure(9, 1)
    tile = figure.get_figwidth() / columns  # [inch]
    ratio = pictures.shape[1] / pictures.shape[2]
    height, width = min(1, ratio), min(1, 1 / ratio)  # [tile]
    lines = labels[0].count("\n") + 1 if labels else 0
    text = lines * LINE_INCHES + GAP_INCHES
    figure.set_figheight(
        rows * (height * tile + text) + 0.1 + (BAR_INCHES if limit is not None else 0)
    )
    axes = figure.subplots()
    axes.set_axis_off()
    # All in one panel: a panel of its own for each image takes several times as long.
    step_x, step_y = 1 + GAP_INCHES / tile, height + text / tile
    image = None
    lowest = None if limit is None else -limit
    for index, picture in enumerate(pictures):
        left, top = (index % columns) * step_x + (1 - width) / 2, (index // columns) * step_y
        extent = (left, left + width, top + height, top)
        image = axes.imshow(picture.numpy(), cmap=color_map, extent=extent, vmin=lowest, vmax=limit)
        if labels:
            axes.text(
                left + width / 2, top, labels[index], ha="center", va="bottom", fontsize="small",
                linespacing=1.1,
            )  # fmt: skip
    axes.set(xlim=(0, columns * step_x), ylim=(rows * step_y - text / tile, -text / tile))
    if limit is not None and image is not None:
        bar = figure.colorbar(
            image, ax=axes, location="bottom", shrink=0.4, aspect=30, label="weight"
        )
        bar.outline.set_visible(False)
    return figure


def random_samples(examples: Examples, seed: int) -> Figure:
    """Draw images of a data set, chosen by a seed, with their classes."""
    generator = np.random.default_rng(seed)
    count = min(NUM_SAMPLES, len(examples.targets))
    chosen = np.sort(generator.choice(len(examples.targets), count, replace=False))
    labels = [format_label(examples.class_names[target]) for target in examples.targets[chosen]]
    return _gallery(_shown(torch.from_numpy(examples.inputs[chosen])), labels, columns=5)
