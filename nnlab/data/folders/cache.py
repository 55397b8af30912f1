"""Decoded images, kept as one array in the user's cache folder, so that a warm start only maps it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import logging
import shutil
import time
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from rich.filesize import decimal

from nnlab.data.arrays.archive import ArrayFile
from nnlab.data.arrays.npy import read_array
from nnlab.data.pictures.colours import read_pixels
from nnlab.errors import DataError, RunError, StorageError
from nnlab.formatting import shorten
from nnlab.storage.atomic import located_errors, open_atomic, write_atomic
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path
    from typing import BinaryIO

    from nnlab.config.pictures import Fit

logger = logging.getLogger(__name__)

FOLDER = "images"
MAX_FILE_BYTES = 500_000_000
MAX_SHOWN = 5
SECONDS_BETWEEN_NOTES = 5.0
# Changed when images are decoded in another way.
VERSION = 1


class Images(NamedTuple):
    """Images that are not decoded.

    Attributes:
        where: The folder.
        names: What each is called in messages.
        digests: The SHA-256 of each file.
        contents: Yields the bytes of each file, in their order, each time it is called.
    """

    where: str
    names: Sequence[str]
    digests: Sequence[str]
    contents: Callable[[], Iterator[bytes]]


class Resizing(Protocol):
    """How images are resized."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        ...

    @property
    def channels(self) -> int:
        """1 for grey, 3 for colours."""
        ...

    @property
    def fit(self) -> Fit:
        """How another aspect ratio is treated."""
        ...


def images_in(folder: Path, names: Sequence[str]) -> Images:
    """Return images in files.

    Raises:
        DataError: If one is a link, no file, or too large.
    """

    def contents() -> Iterator[bytes]:
        return (_content(folder / name) for name in names)

    return Images(str(folder), names, [*map(_sha256, contents())], contents)


def pixels_of(images: Images, config: Resizing, root: Path) -> np.ndarray:
    """Return the images ``(N, C, H, W)`` uint8, mapped into memory.

    Args:
        images: The images.
        config: How they are resized.
        root: Folder of installed data, where the array is kept.

    Raises:
        DataError: If an image cannot be read; it names the first ones.
        StorageError: If the array does not fit on the disk.
    """
    key = _key(images, config)
    path, digest_path = root / FOLDER / f"{key}.npy", root / FOLDER / f"{key}.sha256"
    kept = _kept(path, digest_path)
    if kept is not None:
        return kept
    shape = (len(images.names), config.channels, *config.shape)
    _check_disk(path, int(np.prod(shape)))
    with located_errors(path, int(np.prod(shape))), open_atomic(path) as file:
        np.lib.format.write_array_header_1_0(
            file, {"descr": "|u1", "fortran_order": False, "shape": shape}
        )
        _decode(images, config, file)
    content = read_array(ArrayFile(key, path))
    write_atomic(digest_path, content.sha256.encode())
    return content.values


def _key(images: Images, config: Resizing) -> str:
    import PIL

    options = (VERSION, PIL.__version__, config.channels, config.shape, config.fit)
    pairs = list(zip(images.names, images.digests, strict=True))
    return _sha256(repr((options, pairs)).encode("utf-8", "surrogateescape"))


def _kept(path: Path, digest_path: Path) -> np.ndarray | None:
    """Return the array that is kept; None if there is none, or it is damaged."""
    with contextlib.suppress(OSError, RunError, DataError):
        expected = read_plain(digest_path, 64).decode("ascii", "replace")
        content = read_array(ArrayFile(path.stem, path))
        if content.sha256 == expected:
            return content.values
        logger.warning("%s is damaged; the images are read again", path)
    return None


def _decode(images: Images, config: Resizing, file: BinaryIO) -> None:
    """Write the pixels of all images, one after another, and say from time to time how far it is."""
    total, noted, problems = len(images.names), time.monotonic(), []
    described = zip(images.names, images.digests, images.contents(), strict=True)
    for number, (name, digest, content) in enumerate(described):
        if _sha256(content) != digest:
            problems.append(f"{name} changed while it was read")
            continue
        try:
            pixels = read_pixels(
                io.BytesIO(content), name, config.shape, config.channels, config.fit
            )
        except DataError as error:
            problems.append(str(error))
            continue
        file.write(pixels.tobytes())
        if time.monotonic() - noted > SECONDS_BETWEEN_NOTES:
            noted = time.monotonic()
            logger.warning(
                "%s: %s of %s images read", images.where, f"{number + 1:,}", f"{total:,}"
            )
    if problems:
        shown = shorten(problems, MAX_SHOWN, "\n  ")
        msg = f"{images.where}: {len(problems):,} of {total:,} images cannot be used:\n  {shown}"
        raise DataError(msg)


def _content(path: Path) -> bytes:
    try:
        return read_plain(path, MAX_FILE_BYTES)
    except RunError as error:
        raise DataError(str(error)) from error
    except OSError as error:
        msg = f"{path} cannot be read: {error.strerror}"
        raise DataError(msg) from error


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _check_disk(path: Path, needed: int) -> None:
    """Check that an array fits on the disk of a folder, which is made.

    Raises:
        StorageError: With the sizes, or if the folder cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"{path.parent} cannot be created: {error.strerror}\n"
            f"choose another folder for data: --data-dir DIR, or NNLAB_DATA"
        )
        raise StorageError(msg) from error
    free = shutil.disk_usage(path.parent).free
    if needed > free:
        msg = (
            f"{path.parent}: the resized images need {decimal(needed)}, and {decimal(free)} is free; choose "
            f"a smaller dataset.size, or another folder: --data-dir DIR"
        )
        raise StorageError(msg)
