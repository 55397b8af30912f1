"""Reading one array: nothing is unpickled, and nothing is allocated because a header says so.

Source: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
"""

from __future__ import annotations

import hashlib
import math
import struct
import warnings
import zipfile
import zlib
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import numpy as np
from rich.filesize import decimal

from nnlab.data.arrays.archive import damages_of, opened
from nnlab.data.tables.source import MAX_RATIO, MAX_SMALL_BYTES
from nnlab.errors import DataError
from nnlab.storage.memory import available_host_memory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnlab.data.arrays.archive import ArrayFile

BLOCK_BYTES = 1 << 22
# What always fits into memory.
SMALL_BYTES = 100_000_000
# Truth values, whole numbers, numbers, texts.
KINDS = "buifSU"
MAX_AXES = 4
LOCAL_HEADER = struct.Struct("<4s22xHH")
LOCAL_MAGIC = b"PK\x03\x04"
# Of what strangers write, numpy's reader of headers raises these.
BAD_HEADER = (ValueError, EOFError, SyntaxError, TypeError, KeyError, RecursionError, MemoryError)


class Header(NamedTuple):
    """What the first bytes of an .npy file say.

    Attributes:
        dtype: Type of the values.
        shape: Their shape.
        is_fortran: Whether the first axis varies fastest.
        num_bytes: Size of the header.
    """

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    is_fortran: bool
    num_bytes: int

    @property
    def size_bytes(self) -> int:
        """Size of the values."""
        return self.dtype.itemsize * math.prod(self.shape)

    @property
    def order(self) -> Any:
        """NumPy's word for the order of the axes."""
        return "F" if self.is_fortran else "C"


class Content(NamedTuple):
    """An array.

    Attributes:
        file: Where it is from.
        values: Its values, mapped into memory if they are not compressed.
        sha256: Digest of its type, shape and values.
    """

    file: ArrayFile
    values: np.ndarray
    sha256: str


def read_array(file: ArrayFile) -> Content:
    """Read an array.

    Raises:
        DataError: If it is damaged, holds objects, or does not fit into memory.
    """
    with opened(file.place) as stream:
        if file.member is None:
            size = stream.seek(0, 2)
            return _mapped(file, stream, 0, size, None)
        with damages_of(file.place), zipfile.ZipFile(stream) as archive:
            info = archive.getinfo(file.member)
            if info.compress_type == zipfile.ZIP_STORED:
                start = _start_of(stream, info)
                return _mapped(file, stream, start, info.file_size, info.CRC)
            with archive.open(info) as packed:
                return _unpacked(file, packed, info)


def _start_of(stream: IO[bytes], info: zipfile.ZipInfo) -> int:
    """Return where the bytes of a stored member begin."""
    stream.seek(info.header_offset)
    start = stream.read(LOCAL_HEADER.size)
    if len(start) < LOCAL_HEADER.size or not start.startswith(LOCAL_MAGIC):
        msg = "a member is not where the directory says"
        raise zipfile.BadZipFile(msg)
    _, name_bytes, extra_bytes = LOCAL_HEADER.unpack(start)
    return int(info.header_offset + LOCAL_HEADER.size + name_bytes + extra_bytes)


def _mapped(file: ArrayFile, stream: IO[bytes], start: int, size: int, crc: int | None) -> Content:
    """Map the values of a file, or of a stored member, into memory, and verify them."""
    stream.seek(start)
    header = _header(file, stream)
    _check_size(file, header, size - header.num_bytes)
    stream.seek(start)
    found, sha256 = 0, _digest(header)
    for number, block in enumerate(_blocks(stream, size)):
        found = zlib.crc32(block, found)
        sha256.update(block[header.num_bytes :] if number == 0 else block)
    if crc is not None and found != crc:
        msg = f"{file} is damaged: its checksum is {found:#x}, expected {crc:#x}; copy it again"
        raise DataError(msg)
    values: np.ndarray = np.empty(header.shape, header.dtype)
    if values.size:
        # Copy-on-write: nothing can change the file.
        values = np.memmap(
            stream,
            header.dtype,
            mode="c",
            offset=start + header.num_bytes,
            shape=header.shape,
            order=header.order,
        )
    return Content(file, values, sha256.hexdigest())


def _unpacked(file: ArrayFile, packed: IO[bytes], info: zipfile.ZipInfo) -> Content:
    """Unpack the values of a compressed member, as many as its header promises and memory holds."""
    header = _header(file, packed)
    _check_size(file, header, info.file_size - header.num_bytes)
    _check_memory(file, header, info)
    values, sha256 = np.empty(header.size_bytes, np.uint8), _digest(header)
    filled = 0
    for block in _blocks(packed, header.size_bytes):
        values[filled : filled + len(block)] = np.frombuffer(block, np.uint8)
        sha256.update(block)
        filled += len(block)
    _check_size(file, header, filled + len(packed.read(1)))
    array = values.view(header.dtype).reshape(header.shape, order=header.order)
    return Content(file, array, sha256.hexdigest())


def _blocks(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield that many bytes in blocks, fewer if the stream ends."""
    while size > 0 and (block := stream.read(min(size, BLOCK_BYTES))):
        size -= len(block)
        yield block


def _digest(header: Header) -> Any:
    return hashlib.sha256(f"{header.dtype.str} {header.shape} {header.order} ".encode())


def _header(file: ArrayFile, stream: IO[bytes]) -> Header:
    """Return what the first bytes of an array say.

    Raises:
        DataError: If they are no header, or say that the array holds objects.
    """
    start = stream.tell()
    readers: dict[tuple[int, int], Callable[..., tuple[tuple[int, ...], bool, Any]]] = {
        (1, 0): np.lib.format.read_array_header_1_0,
        (2, 0): np.lib.format.read_array_header_2_0,
    }
    try:
        version = np.lib.format.read_magic(stream)
        with warnings.catch_warnings(action="ignore"):  # numbers as Python 2 wrote them
            shape, is_fortran, dtype = readers[version](stream)
    except BAD_HEADER as error:
        reason = str(error).splitlines()[0][:200] if str(error) else "it is cut off"
        msg = f"{file} is no NumPy array: {reason}; save it again by np.save or np.savez"
        raise DataError(msg) from error
    header = Header(dtype, shape, is_fortran, stream.tell() - start)
    _check_type(file, header)
    return header


def _check_type(file: ArrayFile, header: Header) -> None:
    dtype, shape = header.dtype, header.shape
    if dtype.hasobject:
        msg = (
            f"{file} holds Python objects, which only a pickle can store, and pickles are never read; "
            f"convert it to numbers or texts: np.array(values, dtype=float), or dtype=str"
        )
    elif dtype.kind not in KINDS or dtype.itemsize == 0:
        msg = f"{file} has the type {dtype}; arrays of whole numbers, numbers or texts can be used"
    elif len(shape) > MAX_AXES or any(length < 0 for length in shape):
        msg = f"{file} has shape {shape}; an array has at most {MAX_AXES} axes, (N, C, H, W)"
    else:
        return
    raise DataError(msg)


def _check_size(file: ArrayFile, header: Header, size: int) -> None:
    if size == header.size_bytes:
        return
    state = "it is cut off" if size < header.size_bytes else "more follows than it should"
    msg = (
        f"{file}: expected {header.size_bytes:,} bytes for {header.dtype} of shape {header.shape}, "
        f"got {size:,}: {state}; copy or save it again"
    )
    raise DataError(msg)


def _check_memory(file: ArrayFile, header: Header, info: zipfile.ZipInfo) -> None:
    """Check that a compressed array is no bomb, and fits into memory.

    Raises:
        DataError: With the sizes.
    """
    needed, packed = header.size_bytes, max(info.compress_size, 1)
    if needed > MAX_SMALL_BYTES and needed > MAX_RATIO * packed:
        msg = (
            f"{file}: {needed:,} bytes of {packed:,} compressed ones, more than {MAX_RATIO} times as "
            f"many; if this is no mistake, save it by np.savez, which does not compress"
        )
        raise DataError(msg)
    available = available_host_memory() if needed > SMALL_BYTES else None
    if available is not None and needed > available:
        msg = (
            f"{file}: shape {header.shape} of {header.dtype} needs {decimal(needed)} of memory, and "
            f"{decimal(available)} is available; np.savez saves arrays that need not fit into memory"
        )
        raise DataError(msg)
