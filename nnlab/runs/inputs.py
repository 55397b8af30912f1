"""New rows as the networks of a stored run take them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.own import OwnDatasetConfig
from nnlab.data.inputs import as_float_array, check_finite, preprocessed
from nnlab.errors import DataError, RunError

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from nnlab.runs.networks import Networks


def inputs_of(run: Networks, raw: ArrayLike, replica: int = 0) -> np.ndarray:
    """Return raw rows as the network of a replica takes them, in the precision of the run.

    Args:
        run: The run.
        raw: Features as in the run's data, before standardisation: ``(N, ...)`` uint8 pixels or
            float64 columns in the order of the stored feature names.
        replica: Its number; it matters if the split is varied.

    Raises:
        DataError: If rows do not have the shape of the run's inputs, or are not finite.
    """
    preprocessing = run.preprocessing.of(replica)
    raw = as_pictures(_as_features(np.asarray(raw), run), run)
    columns = preprocessing.columns
    expected = (len(columns),) if columns else run.spec.input_shape
    if raw.shape[1:] != expected:
        msg = f"run {run.id} takes inputs of shape {expected}, not {raw.shape[1:]}"
        raise DataError(msg)
    dtype = dtype_of(run)
    inputs = as_float_array(preprocessed(raw, preprocessing, dtype=dtype), dtype)
    check_finite(inputs, preprocessing)
    return inputs


def as_pictures(raw: np.ndarray, run: Networks) -> np.ndarray:
    """Return images as the run's data have them, with an axis of channels; other inputs as they are.

    Raises:
        DataError: If their numbers are not those that were trained on.
    """
    shape = run.spec.input_shape
    if run.preprocessing.feature_names or len(shape) != 3:
        return raw
    if (1, *raw.shape[1:]) == shape:
        raw = raw[:, None]
    elif raw.shape[1:] != shape and raw.shape[1:] == (*shape[1:], shape[0]):
        raw = raw.transpose(0, 3, 1, 2)
    is_own = isinstance(run.config.dataset, OwnDatasetConfig)
    if not is_own and raw.dtype != np.uint8 and raw.size and (raw.min() < 0 or raw.max() > 1):
        msg = (
            f"run {run.id} takes images as uint8 pixels, or as numbers from 0 to 1, not numbers from "
            f"{raw.min():g} to {raw.max():g}; scale them as its training images were: "
            f"X.astype('uint8') for pixels to 255, else (X - low) / (high - low)"
        )
        raise DataError(msg)
    return raw


def dtype_of(run: Networks) -> np.dtype:
    """Return the type of the weights and inputs of a run; bf16 keeps both in float32."""
    return np.dtype("float64" if run.config.train.precision == "float64" else "float32")


def _as_features(raw: np.ndarray, run: Networks) -> np.ndarray:
    """Return raw features as numbers; only images have uint8 pixels."""
    if raw.dtype == np.uint8 and not run.preprocessing.feature_names:
        return raw
    if raw.dtype.kind not in "biuf":
        msg = f"run {run.id} takes numbers, not an array of {raw.dtype}"
        raise DataError(msg)
    return raw.astype(np.float64)


def replica_of(run: Networks, seed: int | None) -> int:
    """Return the number of the replica with a seed; the first one by default.

    Raises:
        RunError: If the run has no such seed.
    """
    seeds = run.config.train.replica_seeds
    if seed is None:
        return 0
    if seed not in seeds:
        msg = f"run {run.id} has no seed {seed}; it has {', '.join(map(str, seeds))}"
        raise RunError(msg)
    return seeds.index(seed)
