"""Files that a command writes: never over the user's."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from nnlab.config.bundled import is_there
from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def check_output(
    option: str,
    path: Path,
    inputs: Sequence[Path],
    *,
    suffix: str = "",
    overwrite: bool = False,
) -> None:
    """Check that a file can be written without losing another.

    Args:
        option: Name of the option, for messages.
        path: The file.
        inputs: Files and folders that the command reads: never overwritten, whatever their names.
        suffix: How the name must end.
        overwrite: Whether any other file may be replaced.

    Raises:
        ConfigError: If it cannot.
    """
    if suffix and path.suffix.lower() != suffix:
        msg = f"{option} {path}: the file name must end in {suffix}"
        raise ConfigError(msg)
    if is_there(path.is_dir):
        msg = f"{option} {path}: this is a folder; name a file in it"
        raise ConfigError(msg)
    if not is_there(path.exists) or _is_device(path):
        return
    files = [file for place in inputs for file in _files(place)]
    if any(is_there(file.exists) and path.samefile(file) for file in files):
        msg = f"{option} {path}: this is the file to predict, or the run's table; choose another"
        raise ConfigError(msg)
    if not overwrite:
        hint = ", or replace it with --overwrite" if option == "-o" else ""
        msg = f"{option} {path}: this file already exists; choose another name{hint}"
        raise ConfigError(msg)


def _files(place: Path) -> Sequence[Path]:
    return list(place.iterdir()) if is_there(place.is_dir) else [place]


def _is_device(path: Path) -> bool:
    return path.is_char_device() or path.is_fifo()


@contextlib.contextmanager
def open_output(path: Path) -> Iterator[TextIO]:
    """Open a text file that appears, complete, when the block ends; a device is written at once."""
    from nnlab.storage.atomic import open_atomic

    is_device = is_there(path.exists) and _is_device(path)
    with path.open("wb") if is_device else open_atomic(path.resolve()) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        yield text
        text.flush()
        text.detach()
