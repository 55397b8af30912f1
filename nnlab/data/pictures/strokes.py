"""Finding strokes of a pen or chalk on paper that is unevenly lit, ruled, or in a dark frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Collection

    from nnlab.config.pictures import PictureStep

WHITE = 255.0
# Longer side of the thumbnail that shows whether ink is darker than its surroundings, and the
# share of it that counts as surroundings.
THUMBNAIL, SURROUNDINGS = 64, 0.5
# Share of the contrast by which neighbours in a smooth region differ at most; share of a side that
# a region takes up to be beside the sheet; and width of the edge of such a region.
SMOOTH, WHOLE_SIDE, EDGE = 0.15, 0.9, 2
# Share of the largest difference that is clear, and of all that is enough to judge by.
CLEAR, ENOUGH = 0.2, 0.1
# Radius of the blur that evens out noise, relative to the longer side.
BLUR = 1 / 400
# A stroke is narrower than this share of the longer side; than the other if strokes fill the picture.
WIDEST_STROKE, WIDEST_CUT_STROKE = 0.25, 0.5
# Brightness of the darkest paper, relative to the brightest, that strokes are looked for on.
DARKEST_PAPER = 0.25
# Share of full contrast that belongs to a frame, and by which the grey level of ink and frame may
# differ if they are one stroke.
FRAME_CONTRAST, SAME_INK = 0.3, 0.15
# Share of a row or column that a printed line covers; how wide one may be, relative to the longer
# side; how many there are at least; and the shorter side of a picture that they are looked for in.
LINE_COVER, LINE_WIDTH, MIN_LINES, MIN_LINED_SIDE = 0.7, 1 / 50, 4, 64
# Share of a line that may be left, as if it was noise.
LINE_REST = 0.05
# Deviations of the noise above which something is ink or a line.
NOISE = 4
# Share of the typical ink that is left out as noise.
FAINT = 0.15
TYPICAL_INK = 90
# Share of full ink that a stroke reaches somewhere, and of the largest part that is no speck.
STRONG, SPECK = 0.4, 0.02
# Distance of the quartile of a normal distribution from its lowest twentieth.
QUARTILE_ABOVE_LOWEST = 0.97
# Something is drawn if it differs from the paper by so many deviations of the noise, and by 12 grey
# levels; 48 are always seen.
VISIBLE, CONTRAST = 6, (12, 48)


class Strokes(NamedTuple):
    """Strokes on black.

    Attributes:
        ink: How much every pixel differs from its paper, in grey levels, ``(H, W)``; paper is 0.
        is_dark: Whether the ink is darker than the paper.
        notes: What was left out.
        noise: Deviation of the paper.
    """

    ink: np.ndarray
    is_dark: bool
    notes: tuple[str, ...]
    noise: float

    @property
    def is_blank(self) -> bool:
        """Whether there are none."""
        return bool(self.ink.max() < np.clip(VISIBLE * self.noise, *CONTRAST))


def find_strokes(grey: np.ndarray, steps: Collection[PictureStep]) -> Strokes:
    """Return the strokes in a picture, ``(H, W)`` from 0 to 255."""
    from scipy.ndimage import gaussian_filter

    is_dark = _has_dark_ink(grey)
    page = grey if is_dark else WHITE - grey
    page = gaussian_filter(page, BLUR * max(grey.shape))
    notes = []
    paper, has_edges = _paper(page, can_have_frame="frame" in steps)
    if has_edges:
        notes.append("a frame or shadow left out")
    brightest = float(np.percentile(paper, TYPICAL_INK))
    is_paper = paper >= DARKEST_PAPER * brightest
    ink = np.where(is_paper, paper - page, 0)
    if is_dark and brightest:  # light multiplies what paper and ink reflect
        ink *= brightest / np.maximum(paper, DARKEST_PAPER * brightest)
    low, base = np.percentile(ink[is_paper], [5, 25])
    noise = float(base - low) / QUARTILE_ABOVE_LOWEST
    ink[is_paper] -= base
    if has_edges:
        ink[_edges(paper)] = 0
    if "lines" in steps and (strength := _take_lines(ink, noise)):
        notes.append("printed lines taken out")
        noise = max(noise, LINE_REST * strength)
    return Strokes(ink, is_dark, tuple(notes), noise)


def _has_dark_ink(grey: np.ndarray) -> bool:
    """Return whether what stands out from its surroundings is darker than they are."""
    from scipy.ndimage import median_filter

    # What is thin at the edge of the picture is as wide as the rest of the frame is thought to be.
    small = _thumbnail(np.pad(grey, EDGE * max(max(grey.shape) // THUMBNAIL, 1), mode="edge"))
    difference = _from_sheet(small)
    if difference is None:
        coarse = small[::2, ::2]
        size = round(SURROUNDINGS * max(coarse.shape)) | 1
        around = median_filter(coarse, size, mode="nearest").repeat(2, 0).repeat(2, 1)
        difference = _inside(small - around[: small.shape[0], : small.shape[1]])
    return bool((difference**3).sum() < 0)


def _inside(difference: np.ndarray) -> np.ndarray:
    """Return differences without parts that reach the edge, as shadows do, unless little is left."""
    from scipy.ndimage import label

    inside = np.zeros_like(difference)
    least = CLEAR * np.abs(difference).max()
    for sign in (1, -1):
        parts, count = label(sign * difference > least)
        reaching = np.concatenate([parts[0], parts[-1], parts[:, 0], parts[:, -1]])
        chosen = np.setdiff1d(np.arange(1, count + 1), reaching)
        inside += np.where(np.isin(parts, chosen), difference, 0)
    energy, whole = ((np.abs(d) ** 3).sum() for d in (inside, difference))
    return inside if energy >= ENOUGH * whole else difference


def _from_sheet(small: np.ndarray) -> np.ndarray | None:
    """Return how much what lies on a sheet differs from it; None: nothing else is in the picture.

    The sheet is the largest smooth region. Another one that takes up a whole side is a frame, a
    table or a part in another light; what lies on such regions is compared with them.
    """
    from scipy.ndimage import (
        binary_dilation,
        distance_transform_edt,
        label,
        maximum_filter,
        minimum_filter,
    )

    steps = maximum_filter(small, 3) - minimum_filter(small, 3)
    contrast = np.ptp(np.percentile(small, [2, 98]))
    regions, _ = label(steps <= SMOOTH * contrast)
    areas = np.bincount(regions.ravel())
    areas[0] = 0
    sheet = int(areas.argmax())
    sides = [regions[0], regions[-1], regions[:, 0], regions[:, -1]]
    whole = [int(np.median(side)) for side in sides]
    if not any(
        region not in {0, sheet} and np.mean(side == region) >= WHOLE_SIDE
        for side, region in zip(sides, whole, strict=True)
    ):
        return None
    beside = np.setdiff1d(np.concatenate(sides), [0, sheet])
    is_beside = binary_dilation(np.isin(regions, beside), iterations=EDGE)
    is_paper = np.isin(regions, [sheet, *beside])
    nearest = distance_transform_edt(~is_paper, return_distances=False, return_indices=True)
    return np.where(is_beside, 0, small - small[tuple(nearest)])


def _thumbnail(grey: np.ndarray) -> np.ndarray:
    from PIL import Image

    scale = min(THUMBNAIL / max(grey.shape), 1)
    height, width = (max(round(side * scale), 1) for side in grey.shape)
    image = Image.fromarray(grey.astype(np.float32)).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image, dtype=np.float64)


def _paper(page: np.ndarray, *, can_have_frame: bool) -> tuple[np.ndarray, bool]:
    """Return the paper without dark strokes, ``(H, W)``, and whether it has a frame or a shadow.

    A shadow, a frame and a table are wider than strokes, or are so beyond the edge of the picture;
    but strokes may reach the edge, too.
    """
    level = float(np.percentile(page, 95))
    cut = _closed(page, WIDEST_CUT_STROKE, level)
    continued = _closed(page, WIDEST_STROKE, None)
    contrast = level - float(page.min())
    frame = cut - continued > FRAME_CONTRAST * contrast
    if not frame.any():
        return continued, False
    ink = continued - page > FRAME_CONTRAST * contrast
    if not can_have_frame or _is_one_stroke(page, frame, ink, contrast):
        return cut, False
    return continued, True


def _edges(paper: np.ndarray) -> np.ndarray:
    """Return where a frame or shadow begins, ``(H, W)``."""
    from scipy.ndimage import maximum_filter, minimum_filter

    width = max(round(BLUR * max(paper.shape)), 1)
    step = maximum_filter(paper, 3) - minimum_filter(paper, 3)
    edges: np.ndarray = maximum_filter(step, 2 * width + 1) > SMOOTH * np.ptp(paper)
    return edges if np.ptp(paper) > CONTRAST[0] else np.zeros_like(edges)


def _is_one_stroke(page: np.ndarray, frame: np.ndarray, ink: np.ndarray, contrast: float) -> bool:
    """Return whether a frame is the part of a stroke that reaches the edge of the picture."""
    from scipy.ndimage import distance_transform_edt, label

    depth = distance_transform_edt(frame).max()
    if not ink.any() or depth > WIDEST_STROKE * max(page.shape):
        return False
    parts, _ = label(frame | ink, np.ones((3, 3)))
    areas = np.bincount(parts[ink], minlength=parts.max() + 1)
    areas[0] = 0
    main = parts == areas.argmax()
    difference = abs(np.median(page[frame]) - np.median(page[ink]))
    return bool((main & frame).any() and difference < SAME_INK * contrast)


def _closed(page: np.ndarray, share: float, outside: float | None) -> np.ndarray:
    """Return a picture without what is dark and narrow; None: its edge goes on outside."""
    from scipy.ndimage import maximum_filter, minimum_filter

    width = max(round(share * max(page.shape)), 3)
    if outside is None:
        wide = np.pad(page, width, mode="edge")
    else:
        wide = np.pad(page, width, constant_values=outside)
    closed = minimum_filter(maximum_filter(wide, width), width)
    result: np.ndarray = closed[width:-width, width:-width]
    return result


def _take_lines(ink: np.ndarray, noise: float) -> float:
    """Take printed lines along rows and columns out of ink; return how strong they are."""
    from scipy.ndimage import white_tophat

    if min(ink.shape) < MIN_LINED_SIDE:
        return 0
    width = max(round(LINE_WIDTH * max(ink.shape)), 3)
    lines, count = [], 0
    for axis in (1, 0):
        profile = np.percentile(ink, 100 * (1 - LINE_COVER), axis=axis)
        profile = white_tophat(profile, width)
        least = max(NOISE * float(np.median(profile)), noise, FAINT / 2 * float(ink.max()))
        profile[profile < least] = 0
        starts = np.diff((profile > 0).astype(int), prepend=0) > 0
        count += int(starts.sum())
        lines.append(profile)
    if count < MIN_LINES:
        return 0
    rows, columns = lines
    ink -= np.maximum(rows[:, None], columns[None, :])
    return float(max(rows.max(), columns.max()))


def level_strokes(strokes: Strokes) -> np.ndarray:
    """Return strokes from 0 to 255, without noise, specks and smudges."""
    peak = float(np.percentile(strokes.ink[strokes.ink > strokes.ink.max() / 2], TYPICAL_INK))
    least = np.clip(NOISE * strokes.noise, FAINT * peak, peak / 2)
    ink = np.where(strokes.ink > least, strokes.ink, 0)
    leveled: np.ndarray = np.clip(ink / peak, 0, 1) * WHITE
    return np.where(_is_stroke(leveled), leveled, 0)


def _is_stroke(ink: np.ndarray) -> np.ndarray:
    """Return which pixels belong to a part of the ink that is neither small nor faint."""
    from scipy.ndimage import label, maximum

    parts, count = label(ink > 0, np.ones((3, 3)))
    areas = np.bincount(parts.ravel(), minlength=count + 1)
    brightest = maximum(ink, parts, np.arange(count + 1))
    is_strong = brightest >= STRONG * WHITE
    is_strong[0] = False
    largest = areas[is_strong].max(initial=1)
    result: np.ndarray = (is_strong & (areas >= SPECK * largest))[parts]
    return result
