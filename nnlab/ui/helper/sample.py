"""Some of the data of an experiment, to look at before anything is trained."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.assembly.footprint import check_data_size
from nnlab.config.resolve import load_examples
from nnlab.data.splits.division import divide

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.splits.split import Indices
    from nnlab.data.types import Examples

MAX_POINTS = 2_000
# Around the data, as a part of their range.
MARGIN = 0.1
PER_CLASS, MAX_CLASSES, MAX_SIDE = 6, 12, 64


def sample_of(config: ExperimentConfig, data_dir: Path) -> dict[str, Any]:
    """Return some of the data of an experiment, split as for its first seed.

    Returns:
        ``kind`` is ``plane`` (two numbers and a class), ``line`` (a number and a number), ``pictures``
        or ``none``. Points have ``inputs``, ``targets`` and ``split``, pictures their ``pixels``.
        ``number`` is that of all examples.

    Raises:
        DataError: If the data cannot be read.
        DeviceError: If they would not fit into memory.
    """
    dataset = config.of_first_seed().dataset
    check_data_size(dataset)
    examples = load_examples(dataset, data_dir)
    indices = divide(dataset.split, examples)
    about = {"number": len(examples.targets), "classes": list(examples.class_names)}
    if examples.inputs.ndim == 4:
        return {**about, "kind": "pictures", **_pictures(examples, indices.train)}
    raw = _drawn(dataset, examples, data_dir)
    kind = "none" if raw is None else "plane" if raw.shape[1] == 2 else "line"
    return {**about, "kind": kind, **({} if raw is None else _points(raw, examples, indices))}


def _drawn(dataset: DatasetConfig, examples: Examples, data_dir: Path) -> np.ndarray | None:
    """Return the features to draw, ``(N, 2)`` of classes or ``(N, 1)`` of numbers; None if they are others."""
    raw = examples.inputs if dataset.raw is None else load_examples(dataset.raw, data_dir).inputs
    are_numbers = all(column.is_continuous for column in examples.columns)
    num_features = 2 if dataset.task == "classification" else 1
    return raw if are_numbers and raw.shape[1:] == (num_features,) else None


def _points(raw: np.ndarray, examples: Examples, indices: Indices) -> dict[str, Any]:
    chosen, splits = chosen_points(raw, indices)
    return {
        "inputs": raw[chosen].astype(float).tolist(),
        "targets": examples.targets[chosen].tolist(),
        "split": splits.tolist(),
        "columns": feature_names(examples, raw),
        "extent": extent_of(raw),
    }


def extent_of(raw: np.ndarray) -> list[tuple[float, float]]:
    """Return the least and the largest value to show of each feature ``(N, D)``."""
    low, high = np.nanmin(raw, 0), np.nanmax(raw, 0)
    pad = MARGIN * np.where(high > low, high - low, 1.0)
    return list(zip((low - pad).tolist(), (high + pad).tolist(), strict=True))


def chosen_points(raw: np.ndarray, indices: Indices) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of at most ``MAX_POINTS`` examples ``(N, D)``, evenly spaced, and the split of each."""
    names = np.full(len(raw), "", dtype=object)
    for name in ("train", "val", "test"):
        names[getattr(indices, name)] = name
    every = -(-len(raw) // MAX_POINTS)
    chosen = np.flatnonzero((names != "") & np.isfinite(raw).all(1))[::every]
    return chosen, names[chosen]


def feature_names(examples: Examples, raw: np.ndarray) -> list[str]:
    """Return the names of the features that are drawn, ``(N, D)``."""
    names = examples.feature_names
    is_drawn = len(names) == raw.shape[1]
    return list(names) if is_drawn else [f"x{i + 1}" for i in range(raw.shape[1])]


def _pictures(examples: Examples, train: np.ndarray) -> dict[str, Any]:
    """Return the first training pictures of each of the first classes, as bytes ``(N, C, H, W)``."""
    targets = examples.targets[train]
    classes = range(min(len(examples.class_names), MAX_CLASSES))
    rows = [train[np.flatnonzero(targets == index)[:PER_CLASS]] for index in classes]
    every = -(-max(examples.inputs.shape[2:]) // MAX_SIDE)
    shown = as_bytes(np.asarray(examples.inputs[np.concatenate(rows)]))[:, :, ::every, ::every]
    _, channels, height, width = shown.shape
    return {
        "counts": [len(row) for row in rows],
        "channels": channels,
        "height": height,
        "width": width,
        "pixels": base64.b64encode(shown.tobytes()).decode(),
    }


def as_bytes(pictures: np.ndarray) -> np.ndarray:
    """Return pictures as uint8; numbers from the least to the largest."""
    if pictures.dtype == np.uint8:
        return pictures
    low, high = float(pictures.min(initial=0)), float(pictures.max(initial=1))
    stretched: np.ndarray = np.rint(255 * (pictures - low) / (high - low)).astype(np.uint8)
    return stretched
