"""Finding files of a known size, packed or not, without unpacking others."""

from __future__ import annotations

import gzip
import zipfile
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

GZIP = b"\x1f\x8b"
DAMAGED = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)


def contents_of_size(path: Path, sizes: Collection[int]) -> Iterator[bytes]:
    """Yield what is in a file if it has one of the sizes; damaged files have nothing in them.

    At most one byte more than the largest size is unpacked, so that no archive can exhaust memory.

    Args:
        path: The file: as it is, or a .gz or .zip file, whatever its name.
        sizes: Sizes after unpacking [bytes].
    """
    try:
        if path.stat().st_size in sizes:
            yield path.read_bytes()
        elif _packed_size(path) in sizes:
            with gzip.open(path) as file:
                yield file.read(max(sizes) + 1)
        elif zipfile.is_zipfile(path):
            yield from _members(path, sizes)
    except DAMAGED:
        return


def _packed_size(path: Path) -> int | None:
    """Return the size that a gzip file states at its end; None for any other file."""
    with path.open("rb") as file:
        if file.read(2) != GZIP:
            return None
        file.seek(-4, 2)
        return int.from_bytes(file.read(4), "little")


def _members(path: Path, sizes: Collection[int]) -> Iterator[bytes]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            if member.file_size in sizes:
                with archive.open(member) as file:
                    yield file.read(max(sizes) + 1)
