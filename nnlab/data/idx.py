"""The IDX format of the MNIST family: a header of type and sizes, then the values.

Source: https://yann.lecun.com/exdb/mnist - two zero bytes, a type code, the number of dimensions,
then each dimension as a big-endian 32-bit integer; the values are big-endian, too.
"""

from __future__ import annotations

import hashlib
import math
import struct
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from mmap import mmap

START_BYTES = 4
TYPES: dict[int, np.dtype[Any]] = {
    0x08: np.dtype(">u1"),
    0x09: np.dtype(">i1"),
    0x0B: np.dtype(">i2"),
    0x0C: np.dtype(">i4"),
    0x0D: np.dtype(">f4"),
    0x0E: np.dtype(">f8"),
}


class Header(NamedTuple):
    """What the first bytes of an IDX file say.

    Attributes:
        dtype: Type of the values.
        shape: Their shape.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def header_bytes(self) -> int:
        """Size of the header."""
        return START_BYTES + 4 * len(self.shape)

    @property
    def file_bytes(self) -> int:
        """Size of the whole file."""
        return self.header_bytes + self.dtype.itemsize * math.prod(self.shape)

    def check_size(self, size_bytes: int, name: str) -> None:
        """Check the size of the file.

        Raises:
            DataError: If the header promises another one.
        """
        if size_bytes != self.file_bytes:
            msg = (
                f"{name}: expected {self.file_bytes:,} bytes for shape {self.shape}, "
                f"got {size_bytes:,}"
            )
            raise DataError(msg)


def digest_of_set(digests: Iterable[str]) -> str:
    """Return the digest of a set from the SHA-256 of its files, in their order."""
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def num_header_bytes(start: bytes, name: str) -> int:
    """Return the size of the header, from its first four bytes.

    Raises:
        DataError: If this is not an IDX file.
    """
    if len(start) < START_BYTES or start[:2] != b"\0\0" or start[2] not in TYPES:
        msg = f"{name}: not an IDX file (it starts with 0x{start[:START_BYTES].hex()})"
        raise DataError(msg)
    return START_BYTES + 4 * start[3]


def parse_header(start: bytes, name: str) -> Header:
    """Return what the header says.

    Args:
        start: The first bytes of the file, at least those of its header.
        name: Name of the file, for messages.

    Raises:
        DataError: If it is no header, or cut off.
    """
    end = num_header_bytes(start, name)
    if len(start) < end:
        msg = f"{name}: the header is truncated after {len(start)} bytes"
        raise DataError(msg)
    return Header(TYPES[start[2]], struct.unpack(f">{start[3]}I", start[START_BYTES:end]))


def parse_idx(content: bytes | bytearray | mmap, name: str) -> np.ndarray:
    """Return the array in an IDX file.

    Args:
        content: The bytes of the file.
        name: Name of the file, for messages.

    Returns:
        A read-only view of the bytes, big-endian.

    Raises:
        DataError: If the header is invalid, or does not match the size.
    """
    start = bytes(content[:START_BYTES])
    header = parse_header(bytes(content[: num_header_bytes(start, name)]), name)
    header.check_size(len(content), name)
    try:
        values = np.frombuffer(content, header.dtype, offset=header.header_bytes)
        array = values.reshape(header.shape)
    except ValueError as error:
        msg = f"{name}: the header has an invalid shape: {error}"
        raise DataError(msg) from error
    array.flags.writeable = False
    return array
