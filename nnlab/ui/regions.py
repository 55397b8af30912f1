"""What the networks of every seed answer over a plane or a line, for a canvas to draw."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import contourpy
import numpy as np

from nnlab.api.browsing import UnknownResultError
from nnlab.learners.numpy_mlp import ACTIVATIONS
from nnlab.runs.inputs import inputs_of
from nnlab.ui.buckets import numbers, spread_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from nnlab.ui.drawn_run import DrawnRun

UNIT_PIXELS = 32
LINE_POINTS = 200
DIGITS = 5


class Picture(NamedTuple):
    """Bytes of pixels, and what they are.

    Attributes:
        pixels: uint8.
        headers: Their shape and what else a page needs.
    """

    pixels: np.ndarray
    headers: dict[str, str]


def grid_of(drawn: DrawnRun, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the axes ``(G,)`` of a plane, y from the top, and its points ``(G * G, 2)``.

    Raises:
        UnknownResultError: If the run has no plane.
    """
    if drawn.kind != "regions":
        msg = f"run {drawn.run.id} does not tell classes by two features"
        raise UnknownResultError(msg)
    (x0, x1), (y0, y1) = drawn.extent()
    x, y = np.linspace(x0, x1, size), np.linspace(y1, y0, size)
    return x, y, np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)


def regions(drawn: DrawnRun, weights: Mapping[str, np.ndarray], size: int) -> Picture:
    """Return the class of each point for each seed, ``(S, G, G)``, the first row at the top."""
    probabilities = _of_plane(drawn, weights, size)
    classes = probabilities.argmax(-1).astype(np.uint8)
    (x0, x1), (y0, y1) = drawn.extent()
    extent = ",".join(f"{end:.9g}" for end in (x0, x1, y0, y1))
    shape = ",".join(map(str, classes.shape))
    return Picture(classes, {"X-Shape": shape, "X-Extent": extent})


def _of_plane(drawn: DrawnRun, weights: Mapping[str, np.ndarray], size: int) -> np.ndarray:
    """Return the probabilities ``(S, G, G, C)`` over a plane."""
    answers = drawn.answers(grid_of(drawn, size)[2], weights)
    return answers.reshape(len(answers), size, size, -1)


def contours(drawn: DrawnRun, weights: Mapping[str, np.ndarray], size: int) -> list[list[Any]]:
    """Return the lines ``[[x, y], ...]`` where the class of each seed changes."""
    x, y, _ = grid_of(drawn, size)
    return [_lines(x, y, one) for one in _of_plane(drawn, weights, size)]


def _lines(x: np.ndarray, y: np.ndarray, probabilities: np.ndarray) -> list[Any]:
    """Return where each class that is the largest somewhere stops being it; two classes have one line."""
    winners = np.unique(probabilities.argmax(-1))
    lines: list[Any] = []
    for index in winners[: -1 if len(winners) == 2 else None] if len(winners) > 1 else []:
        lead = probabilities[..., index] - np.delete(probabilities, index, -1).max(-1)
        lines += contourpy.contour_generator(x, y, lead).lines(0.0)
    return [np.round(np.asarray(line), DIGITS).tolist() for line in lines]


def bands(drawn: DrawnRun, weights: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return what each seed predicts over a line, with the mean and its interval.

    Raises:
        UnknownResultError: If the run predicts no number from one.
    """
    if drawn.kind != "bands":
        msg = f"run {drawn.run.id} does not predict a number from one feature"
        raise UnknownResultError(msg)
    ((low, high),) = drawn.extent()
    x = np.linspace(low, high, LINE_POINTS)
    values = drawn.answers(x[:, None], weights)
    spread = spread_of(values.T)
    return {
        "x": x.tolist(),
        "seeds": values.tolist(),
        "mean": numbers(spread.mean),
        "low": numbers(spread.low),
        "high": numbers(spread.high),
    }


def units(drawn: DrawnRun, weights: Mapping[str, np.ndarray], replica: int) -> Picture:
    """Return the activation of each hidden unit over the plane, ``(U, P, P)``, layer by layer.

    Each unit spans from 0, its least activation, to 255.

    Raises:
        UnknownResultError: If the networks are not dense.
    """
    points = grid_of(drawn, UNIT_PIXELS)[2]
    model = drawn.run.config.model
    if drawn.takes_torch:
        msg = f"run {drawn.run.id} has no dense layers, whose units are shown"
        raise UnknownResultError(msg)
    activate, _ = ACTIVATIONS[model.hidden_activation or "identity"]
    values = inputs_of(drawn.networks(weights), drawn.rows(points), replica)
    layers = []
    for name in model.layer_names[:-1]:
        weight, bias = (weights[f"{name}.{part}"][replica] for part in ("weight", "bias"))
        values = activate(values @ weight.T + bias)
        layers.append(values)
    widths = ",".join(str(layer.shape[1]) for layer in layers)
    maps = [_stretched(layer.T.reshape(-1, UNIT_PIXELS, UNIT_PIXELS)) for layer in layers]
    pixels = np.concatenate(maps) if maps else np.empty((0, UNIT_PIXELS, UNIT_PIXELS), np.uint8)
    return Picture(pixels, {"X-Layers": widths, "X-Shape": ",".join(map(str, pixels.shape))})


def _stretched(maps: np.ndarray) -> np.ndarray:
    """Return maps ``(U, ...)`` as uint8, each from its least to its largest value."""
    low, high = (f(maps, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    span = np.where(high > low, high - low, 1.0)
    stretched: np.ndarray = np.rint(255 * (maps - low) / span).astype(np.uint8)
    return stretched


def first_weights(drawn: DrawnRun, weights: Mapping[str, np.ndarray], replica: int) -> Picture:
    """Return the weights of the first layer as images ``(U, H, W)``, none if it sees no grey images; 128 is 0."""
    found = drawn.first_images(weights)
    images = np.empty((0, 0, 0)) if found is None else found[replica]
    largest = np.abs(images).max(axis=(1, 2), keepdims=True, initial=0.0)
    pixels = np.rint(128 + 127 * images / np.where(largest > 0, largest, 1.0)).astype(np.uint8)
    return Picture(pixels, {"X-Shape": ",".join(map(str, pixels.shape))})


def examples_of(drawn: DrawnRun) -> dict[str, Any]:
    """Return some of the data in their units, with the split of each."""
    chosen, splits = drawn.split_names()
    return {
        "inputs": drawn.raw[chosen].astype(float).tolist(),
        "targets": drawn.examples.targets[chosen].tolist(),
        "split": splits.tolist(),
        "classes": list(drawn.run.preprocessing.class_names),
        "columns": drawn.feature_names,
    }
