"""Reading the preprocessing of a stored run, checked against its experiment."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.columns.encoders import Column, features_of
from nnlab.data.columns.seen import Seen
from nnlab.data.tables.numbers import PLAIN_STYLE, NumberStyle
from nnlab.data.types import DataSpec, Preprocessing
from nnlab.errors import RunError
from nnlab.storage import versions
from nnlab.target_scale import TargetScale

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.preprocessing_schema import Preprocessing as StoredPreprocessing
    from nnlab.storage.run_dir import RunDir

MAX_FEATURES = 10**7


def preprocessing_to_json(preprocessing: Preprocessing, spec: DataSpec) -> dict[str, object]:
    """Return what preprocessing.json says."""
    scale = preprocessing.target
    return {
        "schema_version": versions.RUN,
        "task": spec.task,
        "input_shape": spec.input_shape,
        "feature_names": preprocessing.feature_names,
        "class_names": preprocessing.class_names,
        "mean": None if preprocessing.mean is None else preprocessing.mean.tolist(),
        "std": None if preprocessing.std is None else preprocessing.std.tolist(),
        "target_mean": scale and scale.mean.squeeze(-1).tolist(),
        "target_std": scale and scale.std.squeeze(-1).tolist(),
        "number_style": [mark for mark in preprocessing.number_style if mark],
        "seen": preprocessing.seen.to_json(),
        **preprocessing.columns_to_json(),
    }


def read_preprocessing(folder: RunDir, config: ExperimentConfig) -> tuple[Preprocessing, DataSpec]:
    """Return how the raw features of a stored run became inputs, and what its model expects.

    Raises:
        RunError: If preprocessing.json is missing or damaged, or contradicts the experiment.
    """
    return preprocessing_from_json(folder.preprocessing, config, str(folder.preprocessing_path))


def preprocessing_from_json(
    stored: StoredPreprocessing, config: ExperimentConfig, where: str
) -> tuple[Preprocessing, DataSpec]:
    """Return what ``preprocessing_to_json`` described.

    Args:
        stored: Its values.
        config: The experiment.
        where: What messages call the place of the values.

    Raises:
        RunError: If they contradict each other, or the experiment.
    """
    task, is_varied = config.dataset.task, config.dataset.split.vary
    shape, classes = tuple(stored["input_shape"]), tuple(stored["class_names"])
    features = tuple(stored["feature_names"])
    try:
        whole = (config.train.seeds, *shape) if is_varied else shape
        mean, std = (_stored_array(stored[key], whole) for key in ("mean", "std"))
        columns, varied = _stored_columns(stored, config)
        scale = _stored_scale(stored, (config.train.seeds, 1) if is_varied else (1,))
        style = _stored_style(stored)
        seen = Seen.from_json(stored.get("seen", {}))
    except (TypeError, ValueError) as error:
        msg = f"{where} is damaged: {error}"
        raise RunError(msg) from error
    is_right = (
        stored["task"] == task
        and (mean is None) == (std is None)
        and (scale is not None) == config.dataset.standardizes_target
        and len(set(classes)) == len(classes)
        and (len(classes) >= 2 if task == "classification" else not classes)
        and (not features or shape == (len(features),))
        and (not columns or features == tuple(feature.name for feature in features_of(columns)))
        and math.prod(shape) <= MAX_FEATURES
    )
    if not is_right:
        msg = f"{where} is damaged: its entries contradict each other"
        raise RunError(msg)
    spec = DataSpec(stored["task"], shape, len(classes) or 1)
    scaled = (mean, std, is_varied, scale)
    return Preprocessing(features, classes, *scaled, seen, columns, varied, style), spec


def _stored_columns(
    stored: StoredPreprocessing, config: ExperimentConfig
) -> tuple[tuple[Column, ...], tuple[tuple[Column, ...], ...]]:
    """Return the columns of a table, and those of each replica if the split is varied."""
    varied = tuple(
        tuple(map(Column.from_json, columns)) for columns in stored.get("varied_columns", ())
    )
    if not varied:
        return tuple(map(Column.from_json, stored.get("columns", ()))), ()
    are_alike = all(features_of(columns) == features_of(varied[0]) for columns in varied)
    if len(varied) != config.train.seeds or not are_alike or not config.dataset.split.vary:
        msg = "the columns of the replicas contradict each other"
        raise ValueError(msg)
    return varied[0], varied


def _stored_style(stored: StoredPreprocessing) -> NumberStyle:
    style = NumberStyle(*stored.get("number_style", PLAIN_STYLE))
    if style.decimal not in {".", ","} or len(style.thousands) > 1:
        msg = "number_style is not one of a table"
        raise ValueError(msg)
    return style


def _stored_array(value: list[Any] | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if value is None:
        return None
    array = np.array(value, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        msg = f"an array of shape {shape} is expected"
        raise ValueError(msg)
    return array


def _stored_scale(stored: StoredPreprocessing, shape: tuple[int, ...]) -> TargetScale | None:
    values = [
        None if value is None else np.array(value, dtype=np.float64)
        for value in (stored.get("target_mean"), stored.get("target_std"))
    ]
    mean, std = values
    if mean is None or std is None:
        return None
    if mean.size != shape[0] or mean.shape != std.shape or not (std > 0).all():
        msg = "one target_mean and one positive target_std per split are expected"
        raise ValueError(msg)
    return TargetScale(mean.reshape(shape), std.reshape(shape))
