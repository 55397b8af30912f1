"""Reading files that strangers may have written: plain files of limited size, strict JSON."""

from __future__ import annotations

import json
import math
import os
import stat
from typing import TYPE_CHECKING, Any

from nnlab.config.plain_files import NO_LINKS
from nnlab.errors import RunError

if TYPE_CHECKING:
    from pathlib import Path

SAFE_DIGITS = 300  # within float64
MAX_DEPTH = 20


def read_plain(path: Path, max_bytes: int) -> bytes:
    """Return the content of a plain file, without following links or waiting for a pipe.

    Raises:
        FileNotFoundError: If it does not exist.
        RunError: If it is not a plain file, or is too large.
    """
    check_plain(path, max_bytes)
    with os.fdopen(os.open(path, os.O_RDONLY | NO_LINKS), "rb", buffering=0) as file:
        # read(max_bytes) would set aside as much memory, whatever the size of the file.
        return file.read(min(max_bytes, os.fstat(file.fileno()).st_size))


def check_plain(path: Path, max_bytes: int) -> None:
    """Check that a path is a plain file of at most ``max_bytes``, without opening it.

    Raises:
        FileNotFoundError: If it does not exist.
        RunError: If it is not a plain file, or is too large.
    """
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode):
        msg = f"{path} is {_kind(found.st_mode)}, not a plain file; it is not read"
        raise RunError(msg)
    if found.st_size > max_bytes:
        msg = f"{path} has {found.st_size:,} bytes; at most {max_bytes:,} are read"
        raise RunError(msg)


def check_plain_folder(folder: Path) -> None:
    """Check that a folder contains only plain files and folders.

    Raises:
        RunError: If it contains a link, a device, a pipe or a socket.
    """
    for path in folder.rglob("*"):
        mode = path.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            msg = f"{path} is {_kind(mode)}; a run contains plain files only, and this one is not changed"
            raise RunError(msg)


def _kind(mode: int) -> str:
    kinds = {
        stat.S_IFLNK: "a symbolic link",
        stat.S_IFDIR: "a folder",
        stat.S_IFIFO: "a pipe",
        stat.S_IFSOCK: "a socket",
    }
    return kinds.get(stat.S_IFMT(mode), "a device")


def load_json(content: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ValueError: If it is not JSON, or has what no file of nnlab has: NaN, infinity, numbers beyond
            float64, lone surrogates, or more than 20 levels.
        RecursionError: If it has too many levels.
    """
    value = json.loads(content, parse_constant=_refuse, parse_float=_finite, parse_int=_whole)
    _check(value, MAX_DEPTH)
    return value


def _whole(text: str) -> int:
    if len(text) > SAFE_DIGITS:
        _finite(text)
    return int(text)


def _refuse(constant: str) -> None:
    msg = f"{constant} is not JSON"
    raise ValueError(msg)


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        _refuse(text)
    return value


def _check(value: Any, levels_left: int) -> None:
    if isinstance(value, str):
        value.encode()  # raises for lone surrogates
    elif isinstance(value, dict | list):
        if not levels_left:
            msg = f"nested deeper than {MAX_DEPTH} levels"
            raise ValueError(msg)
        for item in value:
            _check(item, levels_left - 1)
        if isinstance(value, dict):
            _check(list(value.values()), levels_left)
