"""Data of two raw features: their points, and the inputs that are computed from such points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.resolve import load_examples, load_feature_map
from nnlab.data.prepare import prepare, to_inputs
from nnlab.report.style import format_label
from nnlab.storage.schemas import SPLIT_TITLES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from nnlab.config.dataset_base import DatasetConfig
    from nnlab.data.types import Dataset
    from nnlab.storage.schemas import SplitName
    from nnlab.training.job import Job


@dataclass(frozen=True)
class Plane:
    """Points in the plane that the inputs of a run are computed from.

    Attributes:
        names: Names of the two features, formatted for a picture.
        splits: Points ``(N, 2)`` and classes ``(N,)`` of each split, in the units of the data.
        to_inputs: Computes inputs from points.
    """

    names: list[str]
    splits: dict[SplitName, tuple[np.ndarray, np.ndarray]]
    to_inputs: Callable[[np.ndarray], Tensor]

    def grid(self, size: int, margin: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the axes ``(G,)`` of a grid around all points, and its points ``(G * G, 2)``."""
        points = np.concatenate([points for points, _ in self.splits.values()])
        low, high = points.min(0), points.max(0)
        pad = margin * (high - low)
        x, y = (np.linspace(low[i] - pad[i], high[i] + pad[i], size) for i in (0, 1))
        return x, y, np.stack(np.meshgrid(x, y), -1).reshape(-1, 2)

    @property
    def shown(self) -> dict[str, tuple[np.ndarray, np.ndarray]]:
        """The training split, and the test split, else the validation split, by their names."""
        held_out = next(iter(self.splits))
        names = dict.fromkeys(["train", held_out])
        return {SPLIT_TITLES[name]: self.splits[name] for name in names}


def plane_of(job: Job, config: DatasetConfig, data_dir: Path) -> Plane | None:
    """Return the plane below the inputs, or None if they do not come from two features."""
    raw, dataset = config.raw, job.dataset
    if raw is not None:
        dataset = prepare(load_examples(raw, data_dir), raw, device=job.device, dtype=job.dtype)
    if dataset.spec.input_shape != (2,) or not dataset.preprocessing.are_columns:
        return None
    names = [format_label(name) for name in dataset.preprocessing.feature_names]
    points = {
        name: (in_units(split.inputs, dataset), split.targets.numpy())
        for name, split in dataset.splits.items()
    }
    compute = load_feature_map(config) if raw is not None else _unchanged

    def to_model(points: np.ndarray) -> Tensor:
        return to_inputs(compute(points), job.dataset.preprocessing, dtype=job.dtype)

    return Plane(names, points, to_model)


def in_units(inputs: Tensor, dataset: Dataset) -> np.ndarray:
    """Return preprocessed features in the units of the data, ``(N, D)``."""
    preprocessing = dataset.preprocessing
    raw: np.ndarray = inputs.double().numpy()
    if preprocessing.mean is None or preprocessing.std is None:
        return raw
    scaled: np.ndarray = raw * preprocessing.std + preprocessing.mean
    return scaled


def _unchanged(points: np.ndarray) -> np.ndarray:
    return points
