"""Small problems generated from a seed."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.types import Examples

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.datasets import (
        BlobsConfig,
        RandomConfig,
        RegressionConfig,
        SpiralConfig,
        XORConfig,
    )


def build_spiral(config: SpiralConfig, _root: Path) -> Examples:
    """Return three spiral arms, ``(N, 2)``, arm by arm from the centre outwards.

    The radius r runs evenly from 0 to 1; the angle is 4 k + 4 r plus noise, with k = 0, 2, 1.
    """
    generator = np.random.default_rng(config.seed)
    arms = np.array_split(np.arange(config.num_samples), 3)
    inputs = []
    for turn, arm in zip((0, 2, 1), arms, strict=True):
        radius = np.linspace(0, 1, len(arm))
        angle = 4 * turn + 4 * radius + generator.normal(0, config.noise, len(arm))
        inputs.append(np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]))
    targets = np.repeat(np.arange(3), [len(arm) for arm in arms])
    return _examples(np.concatenate(inputs), targets, ("c1", "c2", "c3"), ("X1", "X2"))


def build_clusters(config: XORConfig | BlobsConfig, _root: Path) -> Examples:
    """Return four unit Gaussians around (+-3, +-3), ``(N, 2)``, or their quadrants, ``(N, 4)``."""
    generator = np.random.RandomState(config.seed)
    centres = ((-3, -3), (-3, 3), (3, -3), (3, 3))
    clusters = np.array_split(np.arange(config.num_samples), 4)
    points = np.concatenate(
        [generator.normal(size=(len(p), 2)) + c for p, c in zip(clusters, centres, strict=True)]
    )
    right, upper = points[:, 0] > 0, points[:, 1] > 0
    targets = (right ^ upper if config.name == "xor" else right).astype(np.int64)
    if config.features == "coordinates":
        return _examples(points, targets, ("0", "1"), ("x1", "x2"))
    return _examples(quadrants(points), targets, ("0", "1"), ("q1", "q2", "q3", "q4"))


def quadrants(points: np.ndarray) -> np.ndarray:
    """Return the quadrant of each point ``(N, 2)``, one-hot encoded, ``(N, 4)``."""
    quadrant = 2 * (points[:, 0] > 0) + (points[:, 1] > 0)
    one_hot: np.ndarray = np.eye(4)[quadrant]
    return one_hot


def build_random(config: RandomConfig, _root: Path) -> Examples:
    """Return uniform points in the unit cube, ``(N, D)``, with random classes."""
    generator = np.random.default_rng(config.seed)
    inputs = generator.uniform(size=(config.num_samples, config.num_features))
    targets = generator.integers(config.num_classes, size=config.num_samples)
    class_names = tuple(f"c{i + 1}" for i in range(config.num_classes))
    feature_names = tuple(f"X{i + 1}" for i in range(config.num_features))
    return _examples(inputs, targets, class_names, feature_names)


def build_regression(config: RegressionConfig, _root: Path) -> Examples:
    """Return x evenly spaced on [-3, 3], ``(N, 1)``, and sin(cos(x^2)) plus noise, ``(N,)``."""
    generator = np.random.default_rng(config.seed)
    inputs = np.linspace(-3, 3, config.num_samples)
    noise = generator.normal(0, config.noise, config.num_samples)
    return _examples(inputs[:, None], np.sin(np.cos(inputs**2)) + noise, (), ("x",))


def _examples(
    inputs: np.ndarray,
    targets: np.ndarray,
    class_names: tuple[str, ...],
    feature_names: tuple[str, ...],
) -> Examples:
    return Examples(
        inputs,
        targets,
        class_names=class_names,
        feature_names=feature_names,
        sha256=hashlib.sha256(inputs.tobytes() + targets.tobytes()).hexdigest(),
    )
