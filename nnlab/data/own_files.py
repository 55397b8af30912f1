"""The files that the user's own data are read from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.bundled import is_there
from nnlab.config.resolve import find_files
from nnlab.errors import DataError

if TYPE_CHECKING:
    from nnlab.config.dataset_base import DatasetConfig


def files_at(config: DatasetConfig, path: str) -> list[Path]:
    """Return the files that are read if the user's own data are at a path; none if none are there."""
    try:
        return find_files(config, path)
    except DataError:
        return []


def are_there(config: DatasetConfig, path: str) -> bool:
    """Return whether the user's own data are at a path."""
    files = files_at(config, path)
    return bool(files) and all(is_there(file.is_file) for file in files)


def are_below(config: DatasetConfig, path: str, folder: Path) -> bool:
    """Return whether the user's own data are at a path, and every file is below a folder."""
    return _is_below(Path(path), folder) and (
        are_there(config, path) and all(_is_below(file, folder) for file in files_at(config, path))
    )


def _is_below(path: Path, folder: Path) -> bool:
    try:
        return path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # not a valid file name, or a loop of links
        return False
