"""Small sets of IDX files, as people have them."""

from __future__ import annotations

import bz2
import gzip
import lzma
import struct
from pathlib import Path

import numpy as np

CODES = {"u1": 8, "i1": 9, "i2": 11, "i4": 12, "f4": 13, "f8": 14}
COMPRESSIONS = {".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress}


def idx_bytes(values: np.ndarray) -> bytes:
    kind = values.dtype.kind + str(values.dtype.itemsize)
    header = struct.pack(f">HBB{values.ndim}I", 0, CODES[kind], values.ndim, *values.shape)
    return header + values.astype(values.dtype.newbyteorder(">")).tobytes()


def write_idx(path: Path, values: np.ndarray) -> Path:
    content = idx_bytes(values)
    compress = COMPRESSIONS.get(path.suffix, bytes)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(compress(content))
    return path


def bars(
    count: int, shape: tuple[int, int] = (8, 8), *, seed: int = 0, classes: int = 2
) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures of a bright bar, whose row is the class, and their labels from 0."""
    draw = np.random.default_rng(seed)
    labels = np.arange(count) % classes
    pictures = draw.integers(0, 40, (count, *shape))
    pictures[np.arange(count), 1 + 2 * labels] = 250
    return pictures.astype(np.uint8), labels.astype(np.uint8)


def write_set(
    folder: Path,
    train: tuple[np.ndarray, np.ndarray],
    test: tuple[np.ndarray, np.ndarray] | None = None,
    *,
    prefix: str = "",
    suffix: str = "",
) -> Path:
    """Write the files of a set under the names of MNIST, and return the folder."""
    parts = {"train": train, "t10k": test}
    for part, arrays in parts.items():
        for role, values in zip(("images-idx3", "labels-idx1"), arrays or (), strict=False):
            write_idx(folder / f"{prefix}{part}-{role}-ubyte{suffix}", values)
    return folder
