"""Reading an image file as a person sees it: one grey level per pixel."""

from __future__ import annotations

import contextlib
import math
import os
import struct
import zlib
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from PIL.Image import Image as Picture

    from nnlab.config.pictures import PictureStep

SUFFIXES = (".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp")
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
# Pillow raises SyntaxError for a broken PNG, and others for other damage.
DECODING_ERRORS = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError),
    *(ArithmeticError, AttributeError, struct.error, zlib.error),
)
# Of more pixels, a picture is not unpacked.
MAX_PIXELS = 180_000_000
# A damaged file of a few bytes may claim any size; a photo has under 10 pixels per byte.
MAX_UNPROVED_PIXELS, MAX_PIXELS_PER_BYTE = 40_000_000, 20
# Larger pictures are reduced: the models' are far smaller.
MAX_SIDE = 512
ORIENTATION = 0x0112
WHITE = 255
# Deviation of the grey levels above which the visible part of a picture shows more than its outline.
OWN_CONTRAST = 30
# Share of its own box that a visible part covers if it is a tile, not a stroke.
TILE_COVER = 0.6
# Ratio of a colour's contrast to that of the grey levels above which the colour is what people see.
COLOUR_GAIN = 4


class UnreadableError(ValueError):
    """A picture cannot be used; the text says why."""


def read_grey(
    source: Path | BinaryIO, name: str, steps: Collection[PictureStep]
) -> tuple[np.ndarray, list[str]]:
    """Return the grey levels of a picture, ``(H, W)`` from 0 to 255, and notes on what was done.

    Args:
        source: The file.
        name: What it is called in messages.
        steps: What to do; those that matter here are orient and alpha.

    Raises:
        DataError: If there is no such file, or it is not an image.
    """
    with opened_image(source, name) as image:
        return _read(image, steps)


@contextlib.contextmanager
def opened_image(source: Path | BinaryIO, name: str) -> Iterator[Picture]:
    """Open an image whose size is no bomb; what goes wrong in the block is wrong with it.

    Raises:
        DataError: If there is no such file, or it is not an image.
    """
    from PIL import Image

    try:
        with _any_size(), Image.open(source, formats=FORMATS) as image:
            _check_size(image, source)
            yield image
    except FileNotFoundError as error:
        msg = f"there is no file {name}"
        raise DataError(msg) from error
    except DECODING_ERRORS as error:
        msg = f"{name} cannot be read as an image: {_reason(source, error)}"
        raise DataError(msg) from error


@contextlib.contextmanager
def _any_size() -> Iterator[None]:
    """Let Pillow open pictures of any size: theirs is checked here."""
    from PIL import Image

    limit, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
    try:
        yield
    finally:
        Image.MAX_IMAGE_PIXELS = limit


def _check_size(image: Picture, source: Path | BinaryIO) -> None:
    num_pixels = image.width * image.height
    num_bytes = _num_bytes(source) if num_pixels > MAX_UNPROVED_PIXELS else 0
    most = min(max(MAX_UNPROVED_PIXELS, MAX_PIXELS_PER_BYTE * num_bytes), MAX_PIXELS)
    if num_pixels > most:
        of_bytes = "" if most == MAX_PIXELS else f" of a file of {num_bytes:,} bytes"
        msg = (
            f"it has {image.width:,} x {image.height:,} pixels, and {most:,} are read at "
            f"most{of_bytes}; save it smaller, for example with {4 * MAX_SIDE:,} pixels a side"
        )
        raise UnreadableError(msg)


def _num_bytes(source: Path | BinaryIO) -> int:
    """Return the size of a file; 0 if it is a pipe."""
    if isinstance(source, Path):
        return source.stat().st_size
    if not source.seekable():
        return 0
    place, size = source.tell(), source.seek(0, os.SEEK_END)
    source.seek(place)
    return size


def _reason(source: Path | BinaryIO, error: Exception) -> str:
    """Return why a file could not be read, and what to do."""
    from PIL import UnidentifiedImageError

    if isinstance(error, UnreadableError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return os.strerror(error.errno)
    if isinstance(source, Path) and source.stat().st_size == 0:
        return "the file is empty (0 bytes)"
    if isinstance(error, UnidentifiedImageError):
        formats = ", ".join(FORMATS)
        return f"it is damaged, or none of the formats {formats}; save it as one of these"
    return "it is damaged or incomplete; copy or save it again"


def _read(image: Picture, steps: Collection[PictureStep]) -> tuple[np.ndarray, list[str]]:
    from PIL import ImageOps

    notes = []
    num_frames = getattr(image, "n_frames", 1)
    if num_frames > 1:
        notes.append(f"first of {num_frames} frames")
    image.load()
    if "orient" in steps and image.getexif().get(ORIENTATION, 1) in range(2, 9):
        image = ImageOps.exif_transpose(image)
        notes.append("turned by its EXIF orientation")
    if image.mode.startswith(("I", "F")):
        return scaled(np.asarray(image, dtype=np.float64), image.mode), notes
    has_alpha = "transparency" in image.info or image.mode in {"LA", "PA", "La", "RGBA", "RGBa"}
    if "alpha" in steps and has_alpha:
        image = _on_page(_reduced(image.convert("RGBA")), notes)
    # A large picture is in memory once.
    image = _reduced(image if image.mode in {"L", "RGB"} else image.convert("RGB"))
    return _grey(image.convert("RGB")), notes


def _reduced(image: Picture) -> Picture:
    factor = math.ceil(max(image.size) / MAX_SIDE)
    return image.reduce(factor) if factor > 1 else image


def scaled(values: np.ndarray, mode: str) -> np.ndarray:
    """Return values of more than 8 bits on the scale of 0 to 255, by the range that holds them.

    A scanner of 12 bits stores numbers up to 4095 in 16 bits; floats run to 1, or 255, or further.

    Args:
        values: The pixels.
        mode: Pillow's name of their type.
    """
    if not np.isfinite(values).all():
        msg = "a pixel is not a finite number"
        raise UnreadableError(msg)
    low, high = float(values.min()), float(values.max())
    if low < 0:
        return (values - low) / (high - low or 1) * WHITE
    top = 1 if mode == "F" and high <= 1 else 2 ** max(8, math.ceil(math.log2(high + 1))) - 1
    return values / top * WHITE


def _on_page(image: Picture, notes: list[str]) -> Picture:
    """Return an RGBA image on a page of the tone that shows what it shows."""
    import PIL.Image

    alpha = np.asarray(image.getchannel("A"))
    if alpha.min() == WHITE:
        return image
    page = _page_level(np.asarray(image.convert("RGB").convert("L")), alpha / WHITE)
    notes.append(f"transparent parts shown {_tone(page)}")
    paper = PIL.Image.new("RGBA", image.size, (page, page, page, WHITE))
    return PIL.Image.alpha_composite(paper, image)


def _page_level(grey: np.ndarray, alpha: np.ndarray) -> int:
    """Return the grey level of the page: that of a tile, or the opposite of strokes."""
    if not alpha.any():
        return WHITE
    mean = np.average(grey, weights=alpha)
    deviation = math.sqrt(np.average((grey - mean) ** 2, weights=alpha))
    visible = alpha > 0.5 * alpha.max()
    rows, columns = np.flatnonzero(visible.any(1)), np.flatnonzero(visible.any(0))
    cover = visible.sum() / ((np.ptp(rows) + 1) * (np.ptp(columns) + 1))
    if deviation > OWN_CONTRAST and cover > TILE_COVER:
        return int(np.median(grey[visible]))
    return 0 if mean > WHITE / 2 else WHITE


def _tone(level: int) -> str:
    return {0: "black", WHITE: "white"}.get(level, "grey")


def _grey(image: Picture) -> np.ndarray:
    """Return the brightness of an RGB image, or its colour where that is all that differs."""
    grey, colours = np.asarray(image.convert("L")), np.asarray(image)
    contrasts = [int(np.ptp(colours[..., channel])) for channel in range(3)]
    strongest = int(np.argmax(contrasts))
    is_coloured = contrasts[strongest] > COLOUR_GAIN * int(np.ptp(grey))
    chosen = colours[..., strongest] if is_coloured else grey
    return chosen.astype(np.float64)
