"""The table that names the images of a folder and their labels."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from nnlab.data.folders.files import ImageFile, image_names
from nnlab.data.tables.reader import read_table
from nnlab.errors import DataError
from nnlab.formatting import did_you_mean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.image_folder import ImageFolderConfig
    from nnlab.data.tables.table import Table

FILE_WORDS = ("file_name", "filename", "file", "image", "image_id", "img", "path", "name", "id")
LABEL_WORDS = ("label", "labels", "class", "class_name", "target", "category", "y")
MAX_SHOWN = 5


def images_of_table(config: ImageFolderConfig) -> list[ImageFile]:
    """Return the images that a table names, in the order of its rows.

    Raises:
        DataError: If a column or an image is missing, or an image is named twice.
    """
    folder = Path(config.path)
    table = read_table(folder / str(config.labels))
    names = table.texts(_column(table, config.file_column, FILE_WORDS, "file_column"))
    labels = table.texts(_column(table, config.label_column, LABEL_WORDS, "label_column"))
    files = _files_of(table.path, names, image_names(folder))
    return [ImageFile(name, label, "train") for name, label in zip(files, labels, strict=True)]


def _column(table: Table, given: str, words: Sequence[str], key: str) -> str:
    if given != "auto":
        return table.column(given)
    known = {column.casefold(): column for column in table.columns}
    found = next((known[word] for word in words if word in known), None)
    if found is None:
        msg = (
            f"{table.path}: no column is called {', '.join(words[:4])} or the like; its columns: "
            f"{shorten(table.columns)}\nsay which one it is: dataset.{key}=NAME"
        )
        raise DataError(msg)
    return found


def _files_of(where: str, names: Sequence[str], known: Sequence[str]) -> list[str]:
    """Return the file of each name, which may lack its suffix."""
    files = {**{str(PurePosixPath(name).with_suffix("")): name for name in known}}
    files |= {name: name for name in known}
    plain = [str(PurePosixPath(name)) for name in names]
    if missing := [name for name in plain if name not in files]:
        hint = did_you_mean(missing[0], known) if len(known) <= 1000 else ""
        msg = (
            f"{where}: {len(missing):,} of {len(names):,} names are no images of the folder, such as "
            f"{shorten(missing, MAX_SHOWN)}{hint}"
        )
        raise DataError(msg)
    found = [files[name] for name in plain]
    if len(set(found)) < len(found):
        seen: set[str] = set()
        twice = [name for name in found if name in seen or seen.add(name)]  # type: ignore[func-returns-value]
        msg = f"{where}: {len(twice):,} images are named twice, such as {shorten(twice, MAX_SHOWN)}"
        raise DataError(msg)
    return found
