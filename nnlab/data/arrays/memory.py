"""Values that a program holds in memory, as an array."""

from __future__ import annotations

from numbers import Real
from typing import Any

import numpy as np

from nnlab.data.arrays.npy import KINDS
from nnlab.errors import DataError


def array_of(values: Any, what: str) -> np.ndarray:
    """Return values of NumPy, torch, pandas, polars or lists as an array of numbers or texts.

    Args:
        values: The values; a tensor may be on a device.
        what: What they are, for messages.

    Raises:
        DataError: If they are of several types, of another one, or of rows of different lengths.
    """
    if hasattr(values, "detach"):
        values = values.detach().cpu()
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        msg = f"the {what} are no array: {error}"
        raise DataError(msg) from error
    if array.dtype == object and all(isinstance(value, str) for value in array.flat):
        array = array.astype(str)
    if array.dtype == object:
        found = sorted({type(value).__name__ for value in array.flat})
        if len(found) == 1 and isinstance(next(array.flat), Real):
            return array.astype(np.float64)
        if "NoneType" in found:
            msg = f"some {what} are None; fill them in, or leave their rows out"
            raise DataError(msg)
        msg = f"the {what} are of several types: {', '.join(found)}; a table of such columns is a csv data set"
        raise DataError(msg)
    if array.dtype.kind not in KINDS:
        msg = f"the {what} have the type {array.dtype}; convert them to numbers or texts"
        raise DataError(msg)
    return array
