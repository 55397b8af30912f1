"""Which images are in a folder, and the class and part of each: by folders, or by a table."""

from __future__ import annotations

import itertools
import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.bundled import is_there
from nnlab.data.pictures.image_file import SUFFIXES
from nnlab.data.splits.own_split import NAMES, PARTS
from nnlab.errors import DataError
from nnlab.formatting import pluralize, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

logger = logging.getLogger(__name__)

# What systems add for themselves.
SYSTEM_FILES = {"__macosx", "thumbs.db", "desktop.ini"}
MAX_DEPTH, MAX_SHOWN = 8, 5
# A stranger's run may name any folder.
MAX_ENTRIES = 10_000


class ImageFile(NamedTuple):
    """An image.

    Attributes:
        name: Its path within the folder.
        label: Its class.
        part: ``train``, ``val`` or ``test``.
    """

    name: str
    label: str
    part: str


def find_images(folder: Path) -> list[ImageFile]:
    """Return the images of a folder with a folder for each class, in the order of parts and names.

    Raises:
        DataError: If there are none, a class has none, or there is a link.
    """
    if not is_there(folder.is_dir):
        msg = f"there is no folder {folder}"
        raise DataError(msg)
    found = [
        ImageFile(name, label, part)
        for part, place, labels in _parts_of(folder)
        for label in labels
        for name in _images_below(folder, place / label)
    ]
    if not any(file.part == "train" for file in found):
        msg = (
            f"{folder} has no images in folders that name their classes, such as cat/1.png and dog/1.png, "
            f"or train/cat/1.png; for a table of names and labels: dataset.labels=labels.csv"
        )
        raise DataError(msg)
    return sorted(found, key=lambda file: (NAMES.index(file.part), os.fsencode(file.name)))


def is_image_folder(path: Path) -> bool:
    """Return whether a path is a folder with images in folders."""
    return is_there(path.is_dir) and _first_image(path, ("*/*", "*/*/*")) is not None


def holds_images(path: Path) -> bool:
    """Return whether a path is a folder with images in it, not in folders of their own."""
    return is_there(path.is_dir) and _first_image(path, ("*",)) is not None


def files_at(path: str) -> list[Path]:
    """Return an image that is read if a folder of images is at a path: no link leads out of it.

    Raises:
        DataError: If there is no image.
    """
    found = _first_image(Path(path), ("*", "*/*", "*/*/*"))
    if found is None:
        msg = f"there are no images in {path}"
        raise DataError(msg)
    return [found]


def _first_image(folder: Path, places: Sequence[str]) -> Path | None:
    """Return an image at one of some places in a folder, of which only the first entries are looked at."""
    entries = itertools.chain.from_iterable(folder.glob(place) for place in places)
    try:
        return next((e for e in itertools.islice(entries, MAX_ENTRIES) if is_image(e)), None)
    except (OSError, ValueError):
        return None


def image_names(folder: Path) -> list[str]:
    """Return the images at any depth of a folder, in the order of the bytes of their names.

    Raises:
        DataError: If there is a link.
    """
    files = [path for path in _files_below(folder, MAX_DEPTH) if is_image(path)]
    return sorted((path.relative_to(folder).as_posix() for path in files), key=os.fsencode)


def is_image(path: Path) -> bool:
    """Return whether a path is that of an image by its name."""
    return path.suffix.lower() in SUFFIXES and not _is_hidden(path.name)


def _is_hidden(name: str) -> bool:
    return name.startswith(".") or name.lower() in SYSTEM_FILES


def _parts_of(folder: Path) -> Iterator[tuple[str, Path, list[str]]]:
    """Yield the name, the place and the classes of each part; only train if there are no others.

    Raises:
        DataError: If two folders are the same part, or a class has a name that is no text.
    """
    names = _folders_in(folder)
    named = {name: PARTS[name.casefold()] for name in names if name.casefold() in PARTS}
    inside = {name: _folders_in(folder / name) for name in named}
    others = [name for name in names if name not in named]
    if "train" not in named.values():
        # A test folder beside the classes has the same ones; any other is a class of this name.
        inside = {name: of for name, of in inside.items() if of and set(of) <= set(others)}
        yield "train", folder, [name for name in names if name not in inside]
    if len({named[name] for name in inside}) < len(inside):
        msg = f"{folder} has two folders for the same part: {', '.join(inside)}; keep one of them"
        raise DataError(msg)
    for name, labels in inside.items():
        yield named[name], folder / name, labels


def _folders_in(folder: Path) -> list[str]:
    """Return the names of the folders in one.

    Raises:
        DataError: If one is a link, or has a name that is no text.
    """
    with os.scandir(folder) as entries:
        names = sorted(e.name for e in entries if not _is_hidden(e.name) and _is_folder(e))
    for name in names:
        if not name.isprintable():
            msg = f"{folder} has a folder {name!r}, whose name has characters that cannot be shown; rename it"
            raise DataError(msg)
    return names


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """Return whether an entry is a folder.

    Raises:
        DataError: If it is a link.
    """
    if entry.is_symlink():
        msg = f"{entry.path} is a symbolic link; links are not followed: copy the files themselves"
        raise DataError(msg)
    return entry.is_dir()


def _images_below(root: Path, folder: Path) -> list[str]:
    """Return the images below a folder, named from the root; other files are left alone, with a note.

    Raises:
        DataError: If there is a link, or a folder without images that stands for a class.
    """
    files = list(_files_below(folder, MAX_DEPTH))
    found = [path for path in files if is_image(path)]
    others = [path for path in files if not is_image(path)]
    if others:
        shown = shorten([path.name for path in others], MAX_SHOWN)
        logger.warning(
            "%s: %s left alone, no images by their names: %s",
            folder, pluralize(len(others), "file"), shown,
        )  # fmt: skip
    if not found:
        msg = f"{folder} has no images ({', '.join(SUFFIXES)}); remove the folder, or add some"
        raise DataError(msg)
    return [path.relative_to(root).as_posix() for path in found]


def _files_below(folder: Path, levels_left: int) -> Iterator[Path]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if _is_hidden(entry.name):
                continue
            if not _is_folder(entry):
                yield Path(entry.path)
            elif levels_left:
                yield from _files_below(Path(entry.path), levels_left - 1)
