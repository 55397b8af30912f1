"""Arrays to predict: an .npy file, or the inputs in an .npz archive."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.arrays.archive import SUFFIX, find_arrays
from nnlab.data.arrays.names import parse
from nnlab.data.arrays.npy import read_array
from nnlab.data.arrays.shapes import as_rows, inputs_of
from nnlab.data.inputs import ROWS_AT_A_TIME
from nnlab.errors import ConfigError, DataError
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from nnlab.data.arrays.archive import ArrayFile
    from nnlab.data.arrays.npy import Content
    from nnlab.runs.load import StoredRun

SUFFIXES = (SUFFIX, ".npz")


def new_array_parts(
    run: StoredRun, path: Path, given: Mapping[str, object]
) -> Iterator[tuple[int, np.ndarray]]:
    """Yield the examples of an array in parts, each with the number of its first one, from 1.

    Args:
        run: The run.
        path: The file.
        given: Options of the prediction by name; an array takes none.

    Raises:
        ConfigError: If an option is given.
        DataError: If the array cannot be told or read, or is not what the run takes.
    """
    if options := [name for name, value in given.items() if value]:
        msg = f"{path} is an array; leave out {', '.join(options)}"
        raise ConfigError(msg)
    rows = _read(run, path)
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        yield start + 1, rows[start : start + ROWS_AT_A_TIME]


def _read(run: StoredRun, path: Path) -> np.ndarray:
    """Return the examples of an array as the run takes them: pixels, or rows of numbers."""
    content = read_array(_file_of(path))
    inputs = inputs_of(content, getattr(run.config.dataset, "channel_axis", "auto"))
    columns = run.preprocessing.table_columns
    expected = (len(columns),) if columns else run.spec.input_shape
    if inputs.shape[1:] != expected:
        wanted = " x ".join(map(str, ("N", *expected)))
        shape = " x ".join(map(str, content.values.shape))
        msg = f"{content.file} has shape {shape}, and run {run.id} takes inputs {wanted}"
        raise DataError(msg)
    return as_rows(inputs) if columns else _as_pixels(inputs, content)


def _file_of(path: Path) -> ArrayFile:
    files = find_arrays(str(path))
    if path.suffix.lower() == SUFFIX:
        return files[path.stem]
    parsed = {name: parse(name) for name in files}
    inputs = [name for name, found in parsed.items() if found and found.role == "inputs"]
    chosen = inputs if len(files) > 1 else [*files]
    if len(chosen) != 1:
        msg = (
            f"{path}: of its arrays ({shorten(list(files))}), {len(chosen)} are called as inputs are; "
            f"save the one to predict alone: np.save('new.npy', X)"
        )
        raise DataError(msg)
    return files[chosen[0]]


def _as_pixels(inputs: np.ndarray, content: Content) -> np.ndarray:
    """Return images of bytes, or of numbers from 0 to 1."""
    if inputs.dtype in {np.dtype(np.uint8), np.dtype(np.bool_)}:
        return inputs if inputs.dtype == np.uint8 else inputs.astype(np.uint8) * np.uint8(255)
    low, high = float(inputs.min()), float(inputs.max())
    if inputs.dtype.kind != "f" or low < 0 or high > 1:
        msg = (
            f"{content.file} has {inputs.dtype} values from {low:g} to {high:g}; images are uint8, or "
            f"numbers from 0 to 1"
        )
        raise DataError(msg)
    return inputs
