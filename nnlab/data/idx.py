"""The IDX format of the MNIST family: a header of magic and sizes, then unsigned bytes.

Source: https://yann.lecun.com/exdb/mnist - two zero bytes, a type code (8: unsigned byte), the
number of dimensions, then each dimension as a big-endian 32-bit integer.
"""

from __future__ import annotations

import math
import struct
from typing import TYPE_CHECKING

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from mmap import mmap

UNSIGNED_BYTE = 8


def parse_idx(content: bytes | mmap, name: str) -> np.ndarray:
    """Return the array in an IDX file.

    Args:
        content: The bytes of the file.
        name: Name of the file, for messages.

    Returns:
        A read-only view of the bytes, uint8.

    Raises:
        DataError: If the header is invalid, or does not match the size.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        msg = f"{name}: not an IDX file of unsigned bytes (it starts with 0x{content[:4].hex()})"
        raise DataError(msg)
    num_dimensions = content[3]
    header_bytes = 4 + 4 * num_dimensions
    if len(content) < header_bytes:
        msg = f"{name}: the header is truncated after {len(content)} bytes"
        raise DataError(msg)
    shape = struct.unpack(f">{num_dimensions}I", content[4:header_bytes])
    expected = header_bytes + math.prod(shape)
    if len(content) != expected:
        msg = f"{name}: expected {expected:,} bytes for shape {shape}, got {len(content):,}"
        raise DataError(msg)
    try:
        return np.frombuffer(content, np.uint8, offset=header_bytes).reshape(shape)
    except ValueError as error:
        msg = f"{name}: the header has an invalid shape: {error}"
        raise DataError(msg) from error
