"""Relative paths in an experiment file: next to the file first, then in the current folder."""

from __future__ import annotations

import filecmp
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.bundled import is_there
from nnlab.config.messages import ConfigProblems, Problem

if TYPE_CHECKING:
    from nnlab.config.yaml12 import Document

KEYS = ("path", "val_path", "test_path")


def anchor_table(document: Document, folder: Path) -> None:
    """Make the paths of the user's data in an experiment file relative to the current folder.

    A path in an argument already is.

    Args:
        document: The experiment, which is changed.
        folder: Folder of the file.

    Raises:
        ConfigProblems: If the file's folder and the current one both have such a table, and their
            contents differ.
    """
    for key in KEYS:
        _anchor(document, key, folder)


def _anchor(document: Document, key: str, folder: Path) -> None:
    place = ("dataset", key)
    dataset, location = document.value.get("dataset"), document.values.get(place)
    path = dataset.get(key) if isinstance(dataset, dict) else None
    if not isinstance(path, str) or path[:1] in {"", "~"} or Path(path).is_absolute():
        return
    if location is None or location.source.is_argument:
        return
    near, here = folder / path, Path(path)
    if is_there(near.exists) and is_there(here.exists) and near.samefile(here):
        dataset[key] = str(near)
        return
    found = FINDERS.get(str(dataset.get("name")), _all_files_at)
    near_files, here_files = found(near), found(here)
    if not near_files:
        return
    if here_files and not _are_same(near_files, here_files):
        text = (
            f"'{path}' can be {near} or {here.absolute()}, and the two differ; "
            f"choose one: dataset.{key}=FILE"
        )
        raise ConfigProblems([Problem(place, text, location)])
    dataset[key] = str(near)


def _file_at(path: Path) -> list[Path]:
    return [path] if is_there(path.is_file) else []


def _all_files_at(path: Path) -> list[Path]:
    """Return the file at a path, or those in the folder."""
    if not is_there(path.is_dir):
        return _file_at(path)
    return sorted(file for file in path.rglob("*") if file.is_file())


def _files_at(path: Path) -> list[Path]:
    """Return the file at a path, or those in the folder, or those whose names begin as the path does."""
    if is_there(path.is_file):
        return [path]
    if is_there(path.parent.is_file):  # in an archive
        return [path.parent]
    is_folder = is_there(path.is_dir)
    folder, start = (path, "") if is_folder else (path.parent, path.name.casefold())
    files = sorted([*folder.glob("*"), *folder.glob("*/*")]) if is_there(folder.is_dir) else []
    names = [(file, file.name.casefold()) for file in files]
    return [
        file
        for file, name in names
        if name.startswith(start) and ("idx" in name or "ubyte" in name) and file.is_file()
    ]


FINDERS: dict[str, Callable[[Path], list[Path]]] = {"csv": _file_at, "idx": _files_at}


def _are_same(one: list[Path], other: list[Path]) -> bool:
    """Return whether files have the same names and contents."""
    return [file.name for file in one] == [file.name for file in other] and all(
        near.samefile(here) or filecmp.cmp(near, here, shallow=False)
        for near, here in zip(one, other, strict=True)
    )
