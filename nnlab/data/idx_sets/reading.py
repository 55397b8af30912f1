"""Reading the files of a set: nothing is allocated because a header says so."""

from __future__ import annotations

import contextlib
import hashlib
import io
import zipfile
from typing import TYPE_CHECKING, NamedTuple, cast

from rich.filesize import decimal

from nnlab.data.idx import START_BYTES, num_header_bytes, parse_header, parse_idx
from nnlab.data.tables.source import DAMAGES, content_of, opened
from nnlab.errors import DataError
from nnlab.storage.memory import available_host_memory

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np

    from nnlab.data.idx import Header
    from nnlab.data.idx_sets.files import Copies, IDXFile

BLOCK_BYTES = 1 << 20
MAX_MAPPING_BYTES = 1 << 20
# What always fits into memory.
SMALL_BYTES = 100_000_000
FLOAT64_BYTES = 8


class Content(NamedTuple):
    """The array of a file.

    Attributes:
        file: The file.
        values: Its values, as they are stored.
        sha256: Digest of the file, unpacked.
    """

    file: IDXFile
    values: np.ndarray
    sha256: str


def read_idx(copies: Copies) -> Content:
    """Read a file that may be there several times, packed and not.

    Raises:
        DataError: If it is no IDX file, damaged, too large for the memory, or its copies differ.
    """
    first, *others = (_read(file) for file in copies)
    for other in others:
        if other.sha256 != first.sha256:
            msg = f"{first.file} and {other.file} should be copies, but differ; delete one of them"
            raise DataError(msg)
    return first


def _read(file: IDXFile) -> Content:
    name = str(file)
    with open_file(file) as stream:
        start = stream.read(START_BYTES)
        start += stream.read(num_header_bytes(start, name) - START_BYTES)
        header = parse_header(start, name)
        _check_memory(header, name)
        content = bytearray(start)
        while len(content) < header.file_bytes:
            block = stream.read(min(BLOCK_BYTES, header.file_bytes - len(content)))
            if not block:
                break
            content += block
        num_more = len(stream.read(BLOCK_BYTES))
    try:
        header.check_size(len(content) + num_more, name)
    except DataError as error:
        state = "more follows than it should" if num_more else "the file is cut off"
        msg = f"{error}{' or more' if num_more == BLOCK_BYTES else ''}: {state}; copy it again"
        raise DataError(msg) from error
    return Content(file, parse_idx(content, name), hashlib.sha256(content).hexdigest())


def _check_memory(header: Header, name: str) -> None:
    """Check that the values fit into memory, as bytes or as numbers.

    Raises:
        DataError: With the sizes.
    """
    values = (header.file_bytes - header.header_bytes) // header.dtype.itemsize
    needed = values * (1 if header.dtype.itemsize == 1 else FLOAT64_BYTES)
    available = available_host_memory() if needed > SMALL_BYTES else None
    if available is not None and needed > available:
        msg = (
            f"{name}: its header promises shape {header.shape}, which needs {decimal(needed)} of "
            f"memory, but only {decimal(available)} is available"
        )
        raise DataError(msg)


def read_text(copies: Copies) -> tuple[str, str]:
    """Return the text of a small file, and its digest.

    Raises:
        DataError: If it is not a small text.
    """
    (file, *_) = copies
    with open_file(file) as stream:
        content = stream.read(MAX_MAPPING_BYTES + 1)
    if len(content) > MAX_MAPPING_BYTES:
        msg = f"{file} has more than {MAX_MAPPING_BYTES:,} bytes: it is no mapping of classes"
        raise DataError(msg)
    try:
        return content.decode("utf-8-sig"), hashlib.sha256(content).hexdigest()
    except UnicodeDecodeError as error:
        msg = f"{file} is not UTF-8 text"
        raise DataError(msg) from error


@contextlib.contextmanager
def open_file(file: IDXFile) -> Iterator[io.BufferedReader]:
    """Open a file, unpacked.

    Raises:
        DataError: If it cannot be read, or is damaged.
    """
    with opened(file.place) as outer:
        if file.member is None:
            yield content_of(str(file), outer).file
            return
        try:
            with zipfile.ZipFile(outer) as archive, archive.open(file.member) as inner:
                packed = cast("io.BufferedReader", io.BufferedReader(cast("io.RawIOBase", inner)))
                yield content_of(str(file), packed).file
        except (*DAMAGES, NotImplementedError, KeyError) as error:
            msg = f"{file.place} is a damaged archive: {str(error) or 'it ends too early'}"
            raise DataError(msg) from error
