"""Preparing a picture as the training pictures were: light ink on black, framed as theirs.

For digits this is the recipe of MNIST: the ink is fitted into a box of 20 x 20 pixels, its aspect
ratio kept, and its centre of mass put into the middle of 28 x 28.

Source: LeCun, Cortes, Burges, The MNIST database of handwritten digits.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.pictures.paper import WHITE, is_blank, level_ink, paper_of
from nnlab.data.pictures.strokes import find_strokes, level_strokes

if TYPE_CHECKING:
    from collections.abc import Collection

    from nnlab.config.pictures import Framing, PictureStep

# A background that is dark enough, and ink that is bright enough, to be left as they are.
BLACK, BRIGHT = 10, 200
# Longer side from which a picture may be a photo; in smaller ones, paper takes up too few pixels.
MIN_PHOTO_SIDE = 40
# Share of full brightness from which a pixel belongs to the ink.
INK_LEVEL = 0.1 * WHITE
# Parts of the ink that are smaller than this share of it are specks.
SPECK = 0.01
# Width of a stroke, relative to the longer side of the ink, that is still seen when it is reduced.
STROKE = 0.1
# Pixels by which a centre may be off, and share of the box that has to be filled, to be in place.
CENTRE_TOLERANCE = 0.6
FILLED = {"mass": 0.85, "box": 0.5}


@dataclass(frozen=True)
class Picture:
    """A picture as the model takes it.

    Attributes:
        pixels: ``(H, W)`` uint8, or ``(C, H, W)`` in colours.
        notes: What was done to it, and what is odd about it.
        is_empty: Whether it shows nothing.
    """

    pixels: np.ndarray
    notes: tuple[str, ...]
    is_empty: bool = False

    @property
    def note(self) -> str:
        """The notes in one line."""
        return "; ".join(self.notes)


def prepare_picture(
    grey: np.ndarray,
    size: tuple[int, int],
    steps: Collection[PictureStep],
    framing: Framing | None,
) -> Picture:
    """Return a picture of a size, prepared by the steps that are not about its file.

    A picture that is already as it should be comes back unchanged.

    Args:
        grey: Grey levels, ``(H, W)`` from 0 to 255.
        size: Height and width of the training pictures.
        steps: What to do.
        framing: Where the ink lies in the training pictures; None: anywhere.
    """
    if framing is None or not framing.has_strokes or max(grey.shape) < MIN_PHOTO_SIDE:
        return _object(grey, size, steps, framing)
    if not _is_ready(grey, size, steps, framing):
        return _strokes(grey, size, steps, framing)
    return _object(grey, size, steps, framing)


def _is_ready(
    grey: np.ndarray, size: tuple[int, int], steps: Collection[PictureStep], framing: Framing
) -> bool:
    """Return whether a picture is already like the training pictures."""
    is_placed = "center" not in steps or _is_framed(grey, size, framing)
    return is_placed and grey.shape == size and _is_full(paper_of(grey), grey)


def _strokes(
    grey: np.ndarray, size: tuple[int, int], steps: Collection[PictureStep], framing: Framing
) -> Picture:
    """Return a picture of strokes on paper."""
    strokes = find_strokes(grey, steps)
    if strokes.is_blank:
        return _blank(grey, size, steps)
    done = list(strokes.notes)
    light = WHITE - grey if strokes.is_dark else grey
    base = float(np.median(light))
    ink = strokes.ink if strokes.notes else light - base
    if "contrast" in steps:
        ink = level_strokes(strokes)
        base = 0.0
        done.append("contrast stretched: its background made black, its ink white")
    if strokes.is_dark and "invert" in steps:
        done.append("inverted: its ink is darker than the background")
    if "center" in steps:
        ink = _framed(ink, size, framing, steps, done)
    elif ink.shape != size:
        ink = _resized(ink, size)
    shown = WHITE - base - ink if strokes.is_dark and "invert" not in steps else base + ink
    return Picture(_as_pixels(shown), tuple(done))


def _blank(grey: np.ndarray, size: tuple[int, int], steps: Collection[PictureStep]) -> Picture:
    pixels = np.zeros(size) if "invert" in steps else np.full(size, np.median(grey))
    return Picture(_as_pixels(pixels), ("empty: no ink was found in the picture",), is_empty=True)


def _object(
    grey: np.ndarray,
    size: tuple[int, int],
    steps: Collection[PictureStep],
    framing: Framing | None,
) -> Picture:
    """Return a picture of anything on an even background."""
    paper = paper_of(grey)
    if is_blank(grey - paper):
        return _blank(grey, size, steps)
    done = []
    is_dark = ((grey - paper) ** 3).sum() < 0
    if is_dark:  # from here on, ink is light
        grey, paper = WHITE - grey, WHITE - paper
    if is_dark and "invert" in steps:
        done.append("inverted: its ink is darker than the background")
    base = float(np.median(paper))
    ink = grey - base
    if "contrast" in steps and not _is_full(paper, ink):
        ink, base = level_ink(grey - paper), 0.0
        done.append("contrast stretched: its background made black, its ink white")
    if "center" in steps and framing is not None:
        if not _is_framed(ink, size, framing):
            ink = _framed(ink, size, framing, steps, done)
    elif ink.shape != size:
        ink = _resized(ink, size)
    shown = WHITE - base - ink if is_dark and "invert" not in steps else base + ink
    return Picture(_as_pixels(shown), tuple(done))


def _is_full(paper: np.ndarray, ink: np.ndarray) -> bool:
    return bool(paper.max() <= BLACK and ink.max() >= BRIGHT)


def _as_pixels(grey: np.ndarray) -> np.ndarray:
    pixels: np.ndarray = np.clip(np.rint(grey), 0, WHITE).astype(np.uint8)
    return pixels


def _is_framed(grey: np.ndarray, size: tuple[int, int], framing: Framing) -> bool:
    """Return whether the ink already lies where it should."""
    if grey.shape != size:
        return False
    top, bottom, left, right = _ink_box(grey)
    side, longest = framing.box * min(size), max(bottom - top, right - left)
    if not FILLED[framing.centre] * side <= longest <= side:
        return False
    if framing.centre == "box":
        return True  # the edges of clothes and digits may be too faint to say more
    off = np.subtract(_centre_of_mass(grey), np.divide(size, 2))
    return bool(np.abs(off).max() <= CENTRE_TOLERANCE)


def _framed(
    grey: np.ndarray,
    size: tuple[int, int],
    framing: Framing,
    steps: Collection[PictureStep],
    done: list[str],
) -> np.ndarray:
    """Return the ink in its box and in the middle of a picture of a size."""
    top, bottom, left, right = _ink_box(grey)
    ink = grey[top:bottom, left:right]
    scale = round(framing.box * min(size)) / max(ink.shape)
    if scale < 1 and "thicken" in steps and framing.centre == "mass":
        ink = _thickened(ink, done)
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    if (height, width) != ink.shape:
        ink = _scaled(ink, (height, width))
        if "contrast" in steps:  # thin strokes fade when they are reduced
            ink = ink * (WHITE / max(ink.max(), 1))
    if framing.centre == "mass":
        corner = np.rint(np.divide(size, 2) - _centre_of_mass(ink)).astype(int)
    else:
        corner = np.subtract(size, ink.shape) // 2
    done.append("cropped to the ink and centred")
    return _placed(ink, size, int(corner[0]), int(corner[1]))


def _thickened(ink: np.ndarray, done: list[str]) -> np.ndarray:
    """Return ink whose strokes are wide enough to be seen when they are reduced."""
    from scipy.ndimage import binary_erosion, grey_dilation

    mask = ink > WHITE / 2
    outline = (mask & ~binary_erosion(mask)).sum()
    missing = round(STROKE * max(ink.shape) - 2 * mask.sum() / max(outline, 1))
    if missing <= 0:
        return ink
    done.append("thin strokes widened")
    wider: np.ndarray = grey_dilation(ink, (missing + 1, missing + 1))
    return wider


def _placed(ink: np.ndarray, size: tuple[int, int], top: int, left: int) -> np.ndarray:
    """Return a black picture with the ink at a place; what lies outside is cut off."""
    canvas = np.zeros(size)
    height, width = ink.shape
    rows = slice(max(top, 0), min(top + height, size[0]))
    columns = slice(max(left, 0), min(left + width, size[1]))
    canvas[rows, columns] = ink[
        rows.start - top : rows.stop - top, columns.start - left : columns.stop - left
    ]
    return canvas


def _ink_box(grey: np.ndarray) -> tuple[int, int, int, int]:
    """Return the top, bottom, left and right of the ink, specks left out."""
    from scipy.ndimage import label

    parts, _ = label(grey > INK_LEVEL, np.ones((3, 3)))
    areas = np.bincount(parts.ravel())
    areas[0] = 0
    is_ink = np.append(False, areas[1:] >= SPECK * areas.sum())[parts]
    rows, columns = np.flatnonzero(is_ink.any(1)), np.flatnonzero(is_ink.any(0))
    if not len(rows):
        return 0, grey.shape[0], 0, grey.shape[1]
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _centre_of_mass(grey: np.ndarray) -> tuple[float, float]:
    mass = max(grey.sum(), 1)
    rows, columns = (grey.sum(axis) @ np.arange(grey.shape[1 - axis]) for axis in (1, 0))
    return float(rows / mass), float(columns / mass)


def _resized(ink: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return the whole picture at a size, its aspect ratio kept by strips of its background."""
    scale = min(np.divide(size, ink.shape))
    height, width = (max(1, round(side * scale)) for side in ink.shape)
    top, left = (size[0] - height) // 2, (size[1] - width) // 2
    return _placed(_scaled(ink, (height, width)), size, top, left)


def _scaled(grey: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    from PIL import Image

    image = Image.fromarray(grey.astype(np.float32))
    resized = image.resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return np.clip(np.asarray(resized, dtype=np.float64), grey.min(), grey.max())
