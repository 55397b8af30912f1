"""From raw features to the inputs of a model, as they were for training; NumPy alone."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.columns.encoders import encode, features_of
from nnlab.data.mapped import mapped_array
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.data.types import Preprocessing

# A table of gigabytes is not copied once more.
ROWS_AT_A_TIME = 8192
VALUES_AT_A_TIME = ROWS_AT_A_TIME * 4096
# Examples that a model is given at once.
EVAL_BATCH_SIZE = 1000


def preprocessed(
    raw: np.ndarray,
    preprocessing: Preprocessing,
    *,
    dtype: np.dtype,
    rows: np.ndarray | None = None,
    scratch: Path | None = None,
) -> np.ndarray:
    """Return raw features preprocessed as they were for training.

    Args:
        raw: ``(N, ...)`` uint8 pixels, or floats; of a table, its cells in the fitted columns.
        preprocessing: The columns, and mean and standard deviation of each feature.
        dtype: Type of features that are not pixels.
        rows: Numbers of the rows that are wanted; None: all.
        scratch: Folder of the file from which they are mapped if they would take too much memory;
            None: they are kept in memory.
    """
    num_rows = len(raw if rows is None else rows)
    is_kept = not preprocessing.columns and preprocessing.mean is None
    kind = raw.dtype if is_kept and raw.dtype == np.uint8 else dtype
    shape = (num_rows, *shape_of(raw, preprocessing))
    mapped = None if scratch is None else mapped_array(shape, kind, scratch)
    if mapped is None and is_kept:
        chosen = np.ascontiguousarray(raw if rows is None else raw[rows])
        with np.errstate(over="ignore", invalid="ignore"):
            return chosen.astype(kind, copy=False)
    mean, std = preprocessing.mean, preprocessing.std
    inputs, start = np.empty(shape, kind) if mapped is None else mapped, 0
    with np.errstate(over="ignore", invalid="ignore"):
        for block in _blocks(raw, rows) if is_kept else features(raw, preprocessing, rows):
            if mean is not None and std is not None:
                # Standardised in float64, and then rounded.
                block = (block - mean) / std  # noqa: PLW2901 - the same rows
            inputs[start : start + len(block)] = block
            start += len(block)
    return inputs


def features(
    raw: np.ndarray, fitted: Preprocessing, rows: np.ndarray | None
) -> Iterator[np.ndarray]:
    """Yield the features of some rows, or all, not standardised."""
    size = None if math.prod(shape_of(raw, fitted)) > 1 else len(raw if rows is None else rows)
    for part in _blocks(raw, rows, size):
        block = _scaled(part)
        yield encode(block, fitted.columns) if fitted.columns else block


def _blocks(
    raw: np.ndarray, rows: np.ndarray | None, size: int | None = None
) -> Iterator[np.ndarray]:
    """Yield some rows, or all, in parts of a size; by default, of a few hundred megabytes at most."""
    num_rows = len(raw if rows is None else rows)
    few = max(1, min(ROWS_AT_A_TIME, VALUES_AT_A_TIME // max(1, math.prod(raw.shape[1:]))))
    step = max(few if size is None else size, 1)
    for start in range(0, num_rows, step):
        chosen = slice(start, start + step)
        yield raw[chosen if rows is None else rows[chosen]]


def _scaled(raw: np.ndarray) -> np.ndarray:
    return raw / 255 if raw.dtype == np.uint8 else raw.astype(np.float64, copy=False)


def shape_of(raw: np.ndarray, fitted: Preprocessing) -> tuple[int, ...]:
    """Return the shape of the features of one example."""
    return (len(features_of(fitted.columns)),) if fitted.columns else raw.shape[1:]


def as_float_array(inputs: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return pixels scaled from 0..255 to 0..1, and other features unscaled."""
    converted = inputs.astype(dtype, copy=False)
    return converted / dtype.type(255) if inputs.dtype == np.uint8 else converted


def check_finite(inputs: np.ndarray, preprocessing: Preprocessing) -> None:
    """Check that inputs are finite after standardising and rounding to their dtype.

    Raises:
        DataError: With the name of the first feature that is not.
    """
    # Some rows at a time, so that what is computed here stays small.
    for start in range(0, len(inputs), ROWS_AT_A_TIME):
        bad = np.argwhere(~np.isfinite(inputs[start : start + ROWS_AT_A_TIME]))
        if len(bad):
            column = bad[0, 1:].tolist()
            names = preprocessing.feature_names
            name = names[column[0]] if names else column
            msg = f"feature {name!r} has values too large for {inputs.dtype}"
            raise DataError(msg)
