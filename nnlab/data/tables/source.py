"""The bytes of a table: opened, recognised, decompressed."""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any, NamedTuple, cast

from nnlab.data.tables.near_files import hint_about_file
from nnlab.errors import DataError
from nnlab.formatting import pluralize, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from typing_extensions import Buffer

BUFFER_BYTES = 1 << 18
# A table seldom shrinks to less than a hundredth.
MAX_RATIO = 200
MAX_SMALL_BYTES = 100_000_000
DAMAGES = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, RuntimeError)
PARQUET = b"PAR1"
ZIP = b"PK\x03\x04"
COMPRESSIONS: dict[bytes, Any] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}
SQL = "an SQL script; run it in a database, and export the table as CSV"
OTHER_FILES = {
    b"\xd0\xcf\x11\xe0": "an Excel workbook; save the sheet as CSV",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; decompress it first",
    b"7z\xbc\xaf\x27\x1c": "a 7z archive; unpack it first",
    b"Rar!": "a RAR archive; unpack it first",
    b"FEA1": "a Feather file of the first version; save it again, which writes the second",
    b"\x89HDF": "an HDF5 file; save the table as CSV",
    b"SQLite format 3": "a SQLite database; save the table as CSV",
    b"\x93NUMPY": "a NumPy array; save it as CSV",
    b"$FL2": "an SPSS file; save the table as CSV",
    b"<stata_dta>": "a Stata file; save the table as CSV",
    bytes(12) + b"\xc2\xea\x81\x60": "a SAS file; save the table as CSV",
    b"RDX": "an R workspace; save the table with write.csv",
    b"X\n\0\0\0": "an R object; save the table with write.csv",
    **dict.fromkeys((b"@relation", b"@RELATION"), "an ARFF file; save the table as CSV"),
    **dict.fromkeys((b"CREATE TABLE", b"-- MySQL dump", b"--\n-- PostgreSQL", b"INSERT INTO"), SQL),
    b"\x80\x04": "a pickle, which is never read; save it as CSV",
    b"\x80\x05": "a pickle, which is never read; save it as CSV",
    b"%PDF": "a PDF; save the table as CSV",
    b"\x89PNG": "a picture, not a table",
    b"\xff\xd8\xff": "a picture, not a table",
    b"GIF8": "a picture, not a table",
    b"\x7fELF": "a program, not a table",
    b"<!DOCTYPE": "a web page; download the file itself",
    b"<!doctype": "a web page; download the file itself",
    b"<html": "a web page; download the file itself",
    b"<?xml": "an XML file; save the table as CSV",
    **dict.fromkeys((b"[{", b"[\n", b"[\r", b'{"', b"{\n", b"{\r"), "JSON; save the table as CSV"),
}
TAR, TAR_AT, MAX_MAGIC = b"ustar", 257, 512
SURE_SUFFIXES = {".csv", ".tsv", ".tab", ".psv"}
TABLE_SUFFIXES = {*SURE_SUFFIXES, ".txt", ".data", ".dat"}
SYSTEM_FILES = {"__macosx", "thumbs.db", "desktop.ini"}
WORKBOOKS = {"xl/": "an Excel workbook", "content.xml": "an OpenDocument sheet"}


@contextlib.contextmanager
def opened(path: str | Path) -> Iterator[io.BufferedReader]:
    """Open a file, with errors that say what is wrong with the path.

    Raises:
        DataError: If it is missing or a folder.
    """
    try:
        file = Path(path).expanduser().open("rb", buffering=BUFFER_BYTES)
    except FileNotFoundError as error:
        where = "" if Path(path).is_absolute() else f" (relative to the folder {Path.cwd()})"
        msg = f"there is no file {path}{where}{hint_about_file(path)}"
        raise DataError(msg) from error
    except IsADirectoryError as error:
        msg = f"{path} is a folder, not a table"
        raise DataError(msg) from error
    except (ValueError, RuntimeError) as error:
        msg = f"invalid file name {str(path)!r}: {error}"
        raise DataError(msg) from error
    with file:
        yield cast("io.BufferedReader", file)


def digest_of(file: IO[bytes]) -> str:
    """Return the SHA-256 of a whole file and go back to its start; empty for a pipe."""
    if not file.seekable():
        return ""
    sha256 = hashlib.file_digest(file, "sha256").hexdigest()  # type: ignore[arg-type]
    file.seek(0)
    return sha256


class Content(NamedTuple):
    """The bytes of a table, and what to say about where they are from."""

    file: io.BufferedReader
    notes: tuple[str, ...] = ()


def content_of(name: str, file: io.BufferedReader) -> Content:
    """Return a table's bytes, decompressed.

    Raises:
        DataError: If the file is of another kind.
    """
    start = file.peek(MAX_MAGIC)
    if start.startswith(ZIP):
        member, notes = _member(name, file)
        content = Content(_limited(name, file, member), notes)
    else:
        _check_kind(name, start)
        for magic, decompress in COMPRESSIONS.items():
            if start.startswith(magic):
                content = Content(_limited(name, file, decompress(file)))
                break
        else:
            return Content(io.BufferedReader(_Content(name, file), BUFFER_BYTES))
    inside = content.file.peek(MAX_MAGIC)
    what = {
        PARQUET: "a compressed Parquet file",
        b"ARROW1": "a compressed Arrow file",
        ZIP: "a zip archive in another",
    }
    _check_kind(name, inside, {magic: f"{kind}; unpack it first" for magic, kind in what.items()})
    return content


def _check_kind(name: str, start: bytes, others: Mapping[bytes, str] = {}) -> None:
    """Check that a file does not begin as one of another kind does.

    Raises:
        DataError: With its kind.
    """
    kinds = [what for magic, what in {**OTHER_FILES, **others}.items() if start.startswith(magic)]
    if start[TAR_AT:].startswith(TAR):
        kinds.append("a tar archive; unpack it first")
    if kinds:
        msg = f"{name} is {kinds[0]}"
        raise DataError(msg)


def _member(name: str, file: io.BufferedReader) -> tuple[IO[bytes], tuple[str, ...]]:
    """Open the only table of a zip archive, and return what to say about other files."""
    if not file.seekable():
        msg = f"{name}: a zip archive cannot be read from a pipe; unpack it first"
        raise DataError(msg)
    try:
        archive = zipfile.ZipFile(file)
        members = [info.filename for info in archive.infolist() if _is_content(info)]
        for mark, what in WORKBOOKS.items():
            if any(inside.startswith(mark) for inside in members):
                msg = f"{name} is {what}; save the sheet as CSV"
                raise DataError(msg)
        tables = [inside for inside in members if Path(inside).suffix.lower() in TABLE_SUFFIXES]
        named = [inside for inside in tables if Path(inside).suffix.lower() in SURE_SUFFIXES]
        chosen = members if len(members) == 1 else named if len(named) == 1 else tables
        if len(chosen) != 1:
            what = (
                f"{len(tables)} tables" if tables else f"{len(members)} files, none of them a table"
            )
            shown = shorten(tables or members, 5)
            msg = f"{name}: the archive has {what} ({shown}), not one; unpack the one to read"
            raise DataError(msg)
        others = len(members) - 1
        notes = (f"of the archive, {chosen[0]} is read, not {pluralize(others, 'other file')}",)
        return archive.open(chosen[0]), notes if others else ()
    except (*DAMAGES, NotImplementedError, ValueError) as error:
        raise _damaged(name, error) from error


def _is_content(info: zipfile.ZipInfo) -> bool:
    """Return whether a member is a file, and not one that a system adds for itself."""
    parts = PurePosixPath(info.filename).parts
    is_hidden = any(part.startswith(".") or part.lower() in SYSTEM_FILES for part in parts)
    return not info.is_dir() and not is_hidden


def _limited(name: str, file: io.BufferedReader, content: IO[bytes]) -> io.BufferedReader:
    return io.BufferedReader(_Content(name, content, compressed=file), BUFFER_BYTES)


def _damaged(name: str, error: Exception) -> DataError:
    return DataError(f"{name} is a damaged archive: {str(error) or 'it ends too early'}")


class _Content(io.RawIOBase):
    """Bytes that are read in full blocks, and not far more than their compressed file promises."""

    def __init__(
        self, name: str, content: IO[bytes], compressed: io.BufferedReader | None = None
    ) -> None:
        super().__init__()
        self._name, self._content, self._compressed = name, content, compressed
        self._num_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int:
        """Fill the buffer as far as the content goes."""
        view, filled = memoryview(buffer), 0
        while filled < len(view) and (block := self._read(len(view) - filled)):
            view[filled : filled + len(block)] = block
            filled += len(block)
        self._num_bytes += filled
        self._check_ratio()
        return filled

    def _read(self, size: int) -> bytes:
        if self._compressed is None:
            return self._content.read(size)
        try:
            return self._content.read(size)
        except DAMAGES as error:
            raise _damaged(self._name, error) from error

    def _check_ratio(self) -> None:
        if self._compressed is None or self._num_bytes <= MAX_SMALL_BYTES:
            return
        if self._num_bytes > MAX_RATIO * max(self._compressed.tell(), 1):
            msg = (
                f"{self._name}: {self._num_bytes:,} bytes came out of "
                f"{self._compressed.tell():,} compressed ones, more than {MAX_RATIO} times as "
                f"many; if this is no mistake, decompress the file first"
            )
            raise DataError(msg)
