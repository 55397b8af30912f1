"""The user's own data: what a function returns, as examples."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.config.own_code import OwnCodeError
from nnlab.data.types import Examples
from nnlab.own.loading import call

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.own import OwnDatasetConfig


def build(config: OwnDatasetConfig, _root: Path) -> Examples:
    """Return the examples of the user's function.

    It returns ``(inputs, targets)`` or ``(inputs, targets, names of the classes)``; inputs are
    ``(N, D)`` numbers or ``(N, C, H, W)`` pixels (uint8), targets ``(N,)`` classes or numbers.

    Raises:
        OwnCodeError: If it returns something else.
    """
    returned = call(config)
    if isinstance(returned, Examples):
        return returned
    if not isinstance(returned, tuple) or len(returned) not in {2, 3}:
        msg = f"{config.name} must return (inputs, targets), not {type(returned).__name__}"
        raise OwnCodeError(msg)
    return examples_of(*returned, task=config.task, name=str(config.name))


def examples_of(
    inputs: Any, targets: Any, class_names: Any = None, *, task: str, name: str
) -> Examples:
    """Return arrays as examples; anything that NumPy reads as an array will do.

    Raises:
        OwnCodeError: If shapes or types are not those of examples.
    """
    features, labels = np.asarray(inputs), np.asarray(targets)
    if features.ndim not in {2, 3, 4} or features.dtype.kind not in "biuf":
        msg = (
            f"{name}: inputs must be numbers (N, D), or pixels (N, H, W) or (N, C, H, W), "
            f"not {features.dtype} {features.shape}"
        )
        raise OwnCodeError(msg)
    if labels.shape != features.shape[:1]:
        msg = f"{name}: {len(features):,} inputs need targets ({len(features):,},), not {labels.shape}"
        raise OwnCodeError(msg)
    features = features[:, None] if features.ndim == 3 else features
    if features.dtype != np.uint8:
        features = features.astype(np.float64)
    names: tuple[str, ...] = ()
    if task == "classification":
        labels, names = _classes(labels, class_names, name)
    else:
        labels = labels.astype(np.float64)
    is_table = features.ndim == 2
    return Examples(
        inputs=features,
        targets=labels,
        class_names=names,
        feature_names=tuple(f"x{i + 1}" for i in range(features.shape[1])) if is_table else (),
        sha256=_digest(features, labels, names),
    )


def _classes(labels: np.ndarray, class_names: Any, name: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return targets as indices of classes, and the names of the classes."""
    if class_names is None:
        values, indices = np.unique(labels, return_inverse=True)
        return indices.astype(np.int64), tuple(map(str, values.tolist()))
    names = tuple(map(str, class_names))
    is_index = (
        labels.dtype.kind in "iu" and labels.size and 0 <= labels.min() <= labels.max() < len(names)
    )
    if not is_index:
        msg = f"{name}: with {len(names)} names of classes, targets must be 0 to {len(names) - 1}"
        raise OwnCodeError(msg)
    return labels.astype(np.int64), names


def _digest(features: np.ndarray, labels: np.ndarray, names: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr((features.shape, str(features.dtype), names)).encode())
    digest.update(np.ascontiguousarray(features).data)
    digest.update(np.ascontiguousarray(labels).data)
    return digest.hexdigest()
