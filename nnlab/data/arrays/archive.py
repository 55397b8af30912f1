"""Where arrays are: the members of an .npz archive, or the .npy files of a folder."""

from __future__ import annotations

import os
import stat
import sys
import zipfile
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from nnlab.config.plain_files import NO_LINKS
from nnlab.data.tables.near_files import hint_about_file
from nnlab.data.tables.source import DAMAGES
from nnlab.errors import DataError, RunError
from nnlab.formatting import shorten
from nnlab.storage.untrusted import check_plain

if TYPE_CHECKING:
    from collections.abc import Iterator

SUFFIX = ".npy"
ENCRYPTED = 0x1
PICKLE = b"\x80"
# No one has as many arrays; a hostile archive may.
MAX_ARRAYS = 10_000


class ArrayFile(NamedTuple):
    """An .npy file, or one in an archive.

    Attributes:
        name: Name of the array.
        place: The file, or the archive.
        member: Name in the archive; None for a file.
    """

    name: str
    place: Path
    member: str | None = None

    def __str__(self) -> str:
        return str(self.place) if self.member is None else f"{self.place}: array '{self.name}'"


def find_arrays(path: str) -> dict[str, ArrayFile]:
    """Return the arrays at a path by name, without reading them.

    Args:
        path: An archive, a folder with .npy files, or one of these.

    Raises:
        DataError: If there are none, or they must not be read.
    """
    place = Path(path)
    try:
        if place.is_dir():
            return _in_folder(place)
        if place.suffix.lower() == SUFFIX:
            check(place)
            return _in_folder(place.parent)
        with opened(place) as file:
            return _in_archive(place, file)
    except (OSError, ValueError) as error:
        msg = f"{path!r} cannot be read: {getattr(error, 'strerror', None) or error}"
        raise DataError(msg) from error


def files_at(path: str) -> list[Path]:
    """Return the files that are read if arrays are at a path.

    Raises:
        DataError: If there are none.
    """
    return list(dict.fromkeys(file.place for file in find_arrays(path).values()))


def check(path: Path) -> None:
    """Check that a path is a plain file.

    Raises:
        DataError: If it is missing, a link or no file.
    """
    try:
        check_plain(path, sys.maxsize)
    except FileNotFoundError as error:
        msg = f"there is no file {path}{hint_about_file(path)}"
        raise DataError(msg) from error
    except RunError as error:
        raise DataError(str(error)) from error


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a plain file; a link is not followed.

    Raises:
        DataError: If it is missing, a link or no file.
    """
    check(path)
    with os.fdopen(os.open(path, os.O_RDONLY | NO_LINKS), "rb") as file:
        yield file


@contextmanager
def damages_of(name: object) -> Iterator[None]:
    """Turn the errors of a damaged archive into ours.

    Raises:
        DataError: If it is damaged.
    """
    try:
        yield
    except (*DAMAGES, NotImplementedError, KeyError, ValueError) as error:
        msg = f"{name} is damaged: {str(error) or 'it ends too early'}; copy or save it again"
        raise DataError(msg) from error


def _in_folder(folder: Path) -> dict[str, ArrayFile]:
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() == SUFFIX)
    if not files:
        msg = f"{folder} has no {SUFFIX} files; np.save writes them, np.savez an archive of several"
        raise DataError(msg)
    return {path.stem: ArrayFile(path.stem, path) for path in files}


def _in_archive(place: Path, file: IO[bytes]) -> dict[str, ArrayFile]:
    if not zipfile.is_zipfile(file):
        file.seek(0)
        is_pickle = file.read(1) == PICKLE
        what = "a pickle, which is never read" if is_pickle else "no .npz archive"
        msg = f"{place} is {what}; save arrays by np.savez('data.npz', inputs=X, targets=y)"
        raise DataError(msg)
    with damages_of(place), zipfile.ZipFile(file) as archive:
        members = [info for info in archive.infolist() if not info.is_dir()]
    if len(members) > MAX_ARRAYS:
        msg = f"{place} has {len(members):,} members; at most {MAX_ARRAYS:,} are read"
        raise DataError(msg)
    arrays = [info for info in members if info.filename.lower().endswith(SUFFIX)]
    found = {info.filename[: -len(SUFFIX)]: _checked(place, info) for info in arrays}
    if not found or len(found) < len(arrays):
        what = "two arrays of the same name" if found else "no arrays"
        msg = f"{place} has {what} ({shorten([info.filename for info in members], 5)})"
        raise DataError(msg)
    return found


def _checked(place: Path, info: zipfile.ZipInfo) -> ArrayFile:
    """Return a member that may be read.

    Raises:
        DataError: If it is a link, or encrypted.
    """
    if stat.S_ISLNK(info.external_attr >> 16):
        msg = f"{place}: '{info.filename}' is a symbolic link; it is not read"
        raise DataError(msg)
    if info.flag_bits & ENCRYPTED:
        msg = f"{place}: '{info.filename}' is encrypted; save the arrays without a password"
        raise DataError(msg)
    return ArrayFile(info.filename[: -len(SUFFIX)], place, info.filename)
