"""Pictures that are no digit, light on black in 28 x 28 pixels: what a note has to be beside."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from scipy.ndimage import gaussian_filter

Rng = np.random.Generator


def beside(first: np.ndarray, second: np.ndarray, rng: Rng) -> np.ndarray:
    """Return two digits in one picture."""
    canvas, gap = np.zeros((34, 60)), int(rng.integers(-8, 3))
    canvas[3:31, :28] = first
    top, left = 3 + int(rng.integers(-3, 4)), 28 + gap
    canvas[top : top + 28, left : left + 28] = np.maximum(
        canvas[top : top + 28, left : left + 28], second
    )
    return canvas


def blobs(rng: Rng) -> np.ndarray:
    smooth = gaussian_filter(rng.normal(0, 1, (40, 40)), 2)
    return 255.0 * (smooth > np.percentile(smooth, 75))


def lines(rng: Rng) -> np.ndarray:
    canvas, step = np.zeros((60, 60)), int(rng.integers(5, 12))
    canvas[::step] = canvas[:, ::step] = 255
    return canvas


OTHERS: dict[str, Callable[[np.ndarray, np.ndarray, Rng], np.ndarray]] = {
    "two digits": beside,
    "noise": lambda _a, _b, rng: rng.uniform(0, 255, (28, 28)),
    "coarse noise": lambda _a, _b, rng: np.kron(rng.uniform(0, 255, (14, 14)), np.ones((4, 4))),
    "blobs": lambda _a, _b, rng: blobs(rng),
    "squares": lambda _a, _b, rng: lines(rng),
    "three digits": lambda a, b, _rng: np.hstack([a, b, a]),
}
