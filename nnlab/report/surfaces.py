"""Predictions over the whole input space: a curve of one feature, regions of two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import matplotlib as mpl
import numpy as np
import torch

from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.report.classes import add_legend, class_colors, class_marker
from nnlab.report.style import INK, SPLIT_COLORS, is_narrow, new_figure, new_panels
from nnlab.storage.schemas import SPLIT_TITLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from nnlab.data.types import Split
    from nnlab.report.plane import Plane
    from nnlab.report.run_view import RunView
    from nnlab.storage.schemas import SplitName

GRID = 180
MARGIN = 0.08
# More points than this are drawn as pixels, which take less space in an SVG.
MAX_VECTOR_POINTS = 300
MAX_LINED_CLASSES = 30


def fit(source: RunView) -> Figure:
    """Draw a regression of one feature: the data, and the curve of each seed with their mean."""
    figure = new_figure(9, 4)
    axes = figure.subplots()
    shown: list[tuple[SplitName, Split]] = [("train", source.job.dataset.train)]
    if source.held_out is not None:
        shown.append(source.held_out)
    for name, split in shown:
        x = source.to_raw(split.inputs)[:, 0]
        axes.plot(
            x, split.targets, ".", color=SPLIT_COLORS[name], markersize=3, alpha=0.5,
            label=f"{SPLIT_TITLES[name]} data", rasterized=len(x) > MAX_VECTOR_POINTS,
        )  # fmt: skip
    everything = np.concatenate([source.to_raw(split.inputs)[:, 0] for _, split in shown])
    grid = np.linspace(everything.min(), everything.max(), 500)
    values = source.predict(source.from_raw(grid[:, None]))[..., 0].numpy()  # (R, 500)
    for row in values if len(values) > 1 else []:
        axes.plot(grid, row, color=INK, linewidth=0.5, alpha=0.5)
    label = f"mean of {len(values)} seeds" if len(values) > 1 else "model"
    axes.plot(grid, values.mean(0), color=INK, linewidth=2, label=label)
    names = source.shown_features
    low, high = (float(t) for t in torch.cat([split.targets for _, split in shown]).aminmax())
    pad = 0.5 * (high - low)
    axes.set(xlabel=names[0] if names else "x", ylabel=source.shown_target)
    axes.set_ylim(low - pad, high + pad)
    axes.legend(loc="best")
    return figure


def boundary(source: RunView) -> Figure:
    """Draw the probability of the classes over two features, below the points of each split."""
    plane = source.plane
    assert plane is not None, "a run without two raw features has no regions to draw"
    x, y, probs = probability_grid(source, plane)
    shown = plane.shown
    figure, panels = new_panels(len(shown), 4.5 * len(shown), 4.3, sharex=True, sharey=True)
    for axes, (label, (points, targets)) in zip(panels, shown.items(), strict=True):
        draw_regions(axes, x, y, probs)
        draw_points(axes, source.shown_names, points, targets)
        axes.set(title=f"{label} points", xlabel=plane.names[0], ylabel=plane.names[1])
    handles, labels = panels[0].get_legend_handles_labels()
    columns = 3 if is_narrow() else 8
    add_legend(figure, handles, labels, loc="outside lower left", columns=columns)
    return figure


def probability_grid(source: RunView, plane: Plane) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes ``(G,)`` of a grid around all points, and mean probabilities ``(G, G, C)``."""
    x, y, raw = plane.grid(GRID, MARGIN)
    probs = [
        source.probabilities(source.predict(inputs)).mean(0).numpy()
        for inputs in torch.split(plane.to_inputs(raw), EVAL_BATCH_SIZE)
    ]
    return x, y, np.concatenate(probs).reshape(GRID, GRID, -1)


def mixed_colors(probs: np.ndarray) -> np.ndarray:
    """Return the classes' colours mixed by probability ``(..., C)``: ``(..., 3)`` in [0, 1].

    The colours are lighter than the points, so that the points stand out.
    """
    colors = np.array([mpl.colors.to_rgb(color) for color in class_colors(probs.shape[-1])])
    mixed: np.ndarray = 1 - 0.55 * (1 - probs @ colors)
    return mixed.clip(0, 1)


def draw_regions(axes: Axes, x: np.ndarray, y: np.ndarray, probs: np.ndarray) -> None:
    """Fill the plane with the classes' colours, and draw where the predicted class changes.

    Lines between very many classes would hide their colours.
    """
    num_classes = probs.shape[-1]
    extent = (x[0], x[-1], y[0], y[-1])
    # Not resampled: a resampled image takes four times the space.
    axes.imshow(
        mixed_colors(probs), extent=extent, origin="lower", aspect="auto", interpolation="none"
    )
    winners = np.unique(probs.argmax(-1)) if num_classes > 2 else [0]
    for index in winners if len(winners) <= MAX_LINED_CLASSES else []:
        rest = np.delete(probs, index, -1).max(-1)
        axes.contour(x, y, probs[..., index] - rest, levels=[0], colors="white", linewidths=1)
    axes.grid(visible=False)


def draw_points(axes: Axes, names: Sequence[str], points: np.ndarray, targets: np.ndarray) -> None:
    """Draw points ``(N, 2)`` in the colours of their classes ``(N,)``."""
    for index, (name, color) in enumerate(zip(names, class_colors(len(names)), strict=True)):
        axes.plot(
            *points[targets == index].T, class_marker(index), color=color, markersize=4,
            markeredgecolor="white", markeredgewidth=0.5, label=name,
            rasterized=len(points) > MAX_VECTOR_POINTS,
        )  # fmt: skip
    axes.locator_params(nbins=5)
