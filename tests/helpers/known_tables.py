"""Tables with a known truth: classes that overlap, wrong labels, rare classes, noisy functions."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

Columns = tuple[np.ndarray, np.ndarray]


def write_table(path: Path, features: np.ndarray, targets: np.ndarray) -> dict[str, Any]:
    """Write a table; return the section ``dataset`` that reads it."""
    names = [f"x{i}" for i in range(features.shape[1])]
    rows = [",".join([*names, "y"])]
    is_number = targets.dtype.kind == "f"
    for row, target in zip(features.tolist(), targets.tolist(), strict=True):
        rows.append(",".join([*map(repr, row), repr(target) if is_number else f"c{target}"]))
    path.write_text("\n".join(rows) + "\n")
    task = "regression" if is_number else "classification"
    return {"name": "csv", "path": str(path), "target": "y", "task": task}


def real(name: str) -> Callable[[], Columns]:
    """Return the function that reads a table of scikit-learn."""

    def read() -> Columns:
        from sklearn import datasets

        features, targets = getattr(datasets, f"load_{name}")(return_X_y=True)
        return np.asarray(features, dtype=float), targets

    return read


def overlapping(number: int, distance: float, seed: int, num_features: int = 2) -> Columns:
    """Two Gaussian classes whose means are ``distance`` standard deviations apart."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, 2, number)
    features = rng.normal(size=(number, num_features))
    features[:, 0] += distance * (targets - 0.5)
    return features, targets


def flipped(
    number: int, rate: float, seed: int, num_classes: int = 2, spread: float = 3
) -> Columns:
    """Well separated classes, a share of whose labels is replaced by another."""
    rng = np.random.default_rng(seed)
    targets = rng.integers(0, num_classes, number)
    angles = 2 * np.pi * targets / num_classes
    centres = spread * np.stack([np.cos(angles), np.sin(angles)], 1)
    features = np.concatenate([centres, np.zeros((number, 2))], 1) + rng.normal(size=(number, 4))
    shift = rng.integers(1, num_classes, number) if num_classes > 2 else 1
    wrong = rng.random(number) < rate
    return features, np.where(wrong, (targets + shift) % num_classes, targets)


def rare(number: int, share: float, seed: int, distance: float = 2.0) -> Columns:
    """Two classes that overlap, one of which is rare."""
    rng = np.random.default_rng(seed)
    targets = (rng.random(number) < share).astype(int)
    features = rng.normal(size=(number, 4))
    features[:, :2] += distance / np.sqrt(2) * targets[:, None]
    return features, targets


def wave(number: int, noise: float, seed: int, scale: float = 1, offset: float = 0) -> Columns:
    """A smooth function of three features with noise."""
    rng = np.random.default_rng(seed)
    features = rng.uniform(-2, 2, size=(number, 3))
    clean = np.sin(2 * features[:, 0]) + features[:, 1] ** 2 / 2 - features[:, 2]
    return features, scale * (clean + noise * rng.normal(size=number)) + offset


def outlying(number: int, seed: int) -> Columns:
    """A smooth function of three features, and five targets that are 400 times as large."""
    features, targets = wave(number, 0.1, seed)
    targets[np.random.default_rng(seed).choice(number, 5, replace=False)] *= 400
    return features, targets


def drifting(number: int, seed: int) -> Columns:
    """Two classes by a feature whose effect is reversed in the last third of the last column, time."""
    rng = np.random.default_rng(seed)
    features, times = rng.normal(size=(number, 4)), np.arange(number) / number
    effect = np.where(times < 0.7, 1, -1) * features[:, 0] + 0.3 * features[:, 1]
    targets = (effect + 0.2 * rng.normal(size=number) > 0).astype(int)
    return np.column_stack([features, times]), targets


def scaled(table: Callable[[], Columns], factor: float, offset: float = 0) -> Callable[[], Columns]:
    """Return a table whose features are multiplied and shifted."""

    def read() -> Columns:
        features, targets = table()
        return factor * features + offset, targets

    return read


def few(table: Callable[[], Columns], number: int, seed: int = 0) -> Callable[[], Columns]:
    """Return some rows of a table."""

    def read() -> Columns:
        features, targets = table()
        chosen = np.random.default_rng(seed).permutation(len(targets))[:number]
        return features[chosen], targets[chosen]

    return read
