"""Relative paths in an experiment file: next to the file first, then in the current folder."""

from __future__ import annotations

import filecmp
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.bundled import is_there
from nnlab.config.messages import ConfigProblems, Problem

if TYPE_CHECKING:
    from nnlab.config.yaml12 import Document

KEYS = ("path", "val_path", "test_path")


def anchor_table(document: Document, folder: Path) -> None:
    """Make the paths of tables in an experiment file relative to the current folder.

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
    is_near, is_here = is_there(near.is_file), is_there(here.is_file)
    if not is_near:
        return
    if is_here and not filecmp.cmp(near, here, shallow=False):
        text = (
            f"'{path}' can be {near} or {here.absolute()}, and the two differ; "
            f"choose one: dataset.{key}=FILE"
        )
        raise ConfigProblems([Problem(place, text, location)])
    dataset[key] = str(near)
