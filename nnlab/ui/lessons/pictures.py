"""What the pictures of lessons show, as numbers computed by NumPy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Array = np.ndarray
Picture = dict[str, Any]

SHOWN = ("sigmoid", "tanh", "relu", "elu")
KERNELS = {
    "upright edges": [[-1, 0, 1], [-1, 0, 1], [-1, 0, 1]],
    "level edges": [[-1, -1, -1], [0, 0, 0], [1, 1, 1]],
    "blur": [[1 / 9] * 3] * 3,
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "nothing": [[0, 0, 0], [0, 1, 0], [0, 0, 0]],
}
NUM_DIGITS = 100
DEPTH, WIDTH, NUM_INPUTS = 10, 100, 200
# Standard deviations of the weights; a layer has as many inputs as outputs.
SCALES = {"0.01": 0.01, "Xavier": WIDTH**-0.5, "1": 1.0}


def activations(query: Mapping[str, str]) -> Picture:
    """Return activation functions and their derivatives over [-5, 5]."""
    from nnlab.learners.numpy_mlp import ACTIVATIONS

    z = np.linspace(-5, 5, 101)
    lines = [(name, *(f(z).tolist() for f in ACTIVATIONS[name])) for name in SHOWN]
    return {
        "x": z.round(2).tolist(),
        "lines": [{"name": name, "value": value, "slope": slope} for name, value, slope in lines],
    }


def initialisation(query: Mapping[str, str]) -> Picture:
    """Return how large the activations are, layer by layer, behind weights of several sizes."""
    seed = whole(query, "seed", 0, 9_999)
    generator = np.random.default_rng(seed)
    inputs = generator.standard_normal((NUM_INPUTS, WIDTH))
    weights = generator.standard_normal((DEPTH, WIDTH, WIDTH))
    lines = [
        {"name": name, "value": _sizes(inputs, scale * weights)} for name, scale in SCALES.items()
    ]
    return {"x": [*range(DEPTH + 1)], "lines": lines}


def _sizes(inputs: Array, weights: Array) -> list[float]:
    """Return the standard deviation of the inputs, and of tanh units after every layer."""
    sizes = [float(inputs.std())]
    for weight in weights:
        inputs = np.tanh(inputs @ weight)
        sizes.append(float(inputs.std()))
    return sizes


def convolution(query: Mapping[str, str]) -> Picture:
    """Return a handwritten digit, its convolution with a kernel, ReLU, and the largest of 2 x 2."""
    name = query.get("kernel", "upright edges")
    if name not in KERNELS:
        msg = f"kernel={name[:50]}: one of {', '.join(KERNELS)} is expected"
        raise ConfigError(msg)
    digits = _digits()
    index = whole(query, "digit", 0, NUM_DIGITS - 1)
    image, kernel = digits.images[index] / 16, np.array(KERNELS[name], float)
    maps = convolved(image, kernel)
    rectified = np.maximum(maps, 0)
    return {
        "kernels": [*KERNELS],
        "kernel": kernel.tolist(),
        "label": int(digits.target[index]),
        "image": image.tolist(),
        "convolved": maps.tolist(),
        "rectified": rectified.tolist(),
        "pooled": pooled(rectified).tolist(),
    }


def _digits() -> Any:
    from sklearn.datasets import load_digits

    return load_digits()


def convolved(image: Array, kernel: Array) -> Array:
    """Return the 3 x 3 convolution of an image ``(H, W)`` with a border of zeros, ``(H, W)``.

    As in torch, the kernel is not turned round: this is a correlation.
    """
    windows = np.lib.stride_tricks.sliding_window_view(np.pad(image, 1), kernel.shape)
    return np.asarray(np.einsum("hwij,ij->hw", windows, kernel))


def pooled(image: Array) -> Array:
    """Return the largest of every 2 x 2 numbers, ``(H / 2, W / 2)``."""
    height, width = image.shape
    return np.asarray(image.reshape(height // 2, 2, width // 2, 2).max(axis=(1, 3)))


def whole(query: Mapping[str, str], name: str, default: int, high: int) -> int:
    """Return a whole number of the query, from 0.

    Raises:
        ConfigError: If it is none, or too large.
    """
    text = query.get(name, str(default))
    if text.isascii() and text.isdecimal() and len(text) <= 9 and int(text) <= high:
        return int(text)
    msg = f"{name}={text[:50]}: a whole number from 0 to {high:,} is expected"
    raise ConfigError(msg)


PICTURES: dict[str, Callable[[Mapping[str, str]], Picture]] = {
    "activations": activations,
    "initialisation": initialisation,
    "convolution": convolution,
}
