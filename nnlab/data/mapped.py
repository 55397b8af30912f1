"""Arrays that take more than half of the free memory: mapped from a file that no one else sees."""

from __future__ import annotations

import math
import os
import shutil
import tempfile
from typing import TYPE_CHECKING

import numpy as np
from rich.filesize import decimal

from nnlab.errors import StorageError
from nnlab.storage.atomic import located_errors
from nnlab.storage.memory import available_host_memory

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Share of the free memory that one array may take, and what always fits into it [byte].
SHARE, SMALL_BYTES = 0.5, 100_000_000


def mapped_array(shape: tuple[int, ...], dtype: np.dtype, folder: Path) -> np.ndarray | None:
    """Return an array to fill, mapped from a temporary file; None if there is memory enough for it.

    The file has no name: it is gone when the array is, however the process ends.

    Args:
        shape: Its shape.
        dtype: Its type.
        folder: Where the file is.

    Raises:
        StorageError: If the file does not fit on the disk.
    """
    size = math.prod(shape) * dtype.itemsize
    available = None if size <= SMALL_BYTES else available_host_memory()
    if available is None or size <= SHARE * available:
        return None
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    if size > free:
        msg = (
            f"{folder}: the data need {decimal(size)}, more than half of the free memory, and "
            f"{decimal(free)} is free on this disk; choose another folder: --data-dir DIR"
        )
        raise StorageError(msg)
    with located_errors(folder, size), tempfile.TemporaryFile(dir=folder) as file:
        if hasattr(os, "posix_fallocate"):  # else a disk that fills up kills the process
            os.posix_fallocate(file.fileno(), 0, size)
        return np.memmap(file, dtype, mode="w+", shape=shape)


def joined(parts: Sequence[np.ndarray], folder: Path) -> np.ndarray:
    """Return the rows of arrays ``(N, ...)`` of one type, one after another.

    Args:
        parts: The arrays.
        folder: Where the file of a mapped array is.

    Raises:
        StorageError: If it does not fit on the disk.
    """
    if len(parts) == 1:
        return parts[0]
    shape = (sum(map(len, parts)), *parts[0].shape[1:])
    dtype = np.result_type(*parts)
    whole = mapped_array(shape, dtype, folder)
    return np.concatenate(parts, out=whole)
