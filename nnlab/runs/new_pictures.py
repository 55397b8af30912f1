"""Pictures to predict, prepared as the training pictures of a run were."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.pictures import PICTURE_STEPS
from nnlab.data.pictures.colours import read_pixels
from nnlab.data.pictures.image_file import SUFFIXES, read_grey
from nnlab.data.pictures.prepare import Picture, prepare_picture
from nnlab.errors import ConfigError, DataError
from nnlab.formatting import did_you_mean
from nnlab.storage.atomic import open_atomic
from nnlab.storage.outputs import MARK

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.pictures import PictureStep
    from nnlab.runs.load import StoredRun
    from nnlab.runs.new_rows import Source

# What is done to any picture; the other steps are for ink on an even background.
ALWAYS: tuple[PictureStep, ...] = ("orient", "alpha")
BRIGHT = 127
NUM_COLOURS = 3
# A sheet of prepared pictures.
MAX_SHOWN, PER_ROW, GAP = 100, 10, 2
SIDE, SMALL_SIDE = 280, 84


def read_picture(
    run: StoredRun,
    source: Path | io.BufferedReader,
    name: str,
    prepare: Sequence[str] | None = None,
) -> Picture:
    """Read a picture, prepare it for a run, and note what was done and what is odd.

    Args:
        run: The run.
        source: The file.
        name: What it is called in messages.
        prepare: Names of the steps; default: those that suit the run's data.

    Raises:
        ConfigError: If there is no such step, or the run takes no pictures.
        DataError: If the file is not an image.
    """
    if run.preprocessing.feature_names:
        msg = f"run {run.id} takes tables; only pictures are prepared and shown"
        raise ConfigError(msg)
    if not isinstance(source, io.BufferedReader) and source.suffix.lower() not in SUFFIXES:
        msg = f"run {run.id} takes images ({', '.join(SUFFIXES)}), and {name} is not one"
        raise DataError(msg)
    if _is_taken_whole(run):
        return _whole(run, source, name, prepare)
    steps = _steps(run, prepare)
    grey, notes = read_grey(source, name, steps)
    size, seen = (run.spec.input_shape[1], run.spec.input_shape[2]), run.preprocessing.seen.pictures
    picture = prepare_picture(grey, size, steps, run.config.dataset.framing)
    pixels, notes = picture.pixels, [*notes, *picture.notes]
    if seen is not None and seen.is_bright and "invert" in steps:
        pixels = np.uint8(255) - pixels
    if not picture.is_empty:
        notes += [note for note in (_background(run, pixels), seen and seen.oddity(pixels)) if note]
    return Picture(pixels, tuple(notes), picture.is_empty)


def _is_taken_whole(run: StoredRun) -> bool:
    """Return whether pictures are only brought to size: no ink is looked for in colours."""
    return run.spec.input_shape[0] > 1 or run.config.dataset.picture_fit is not None


def _whole(
    run: StoredRun, source: Path | io.BufferedReader, name: str, prepare: Sequence[str] | None
) -> Picture:
    channels, height, width = run.spec.input_shape
    if prepare:
        msg = f"run {run.id} takes pictures as they are; leave out --prepare"
        raise ConfigError(msg)
    if channels not in {1, NUM_COLOURS}:
        msg = f"run {run.id} takes {channels} channels, and a picture has 1 or {NUM_COLOURS}"
        raise ConfigError(msg)
    fit = run.config.dataset.picture_fit or "crop"
    pixels = read_pixels(source, name, (height, width), channels, fit)
    return Picture(pixels if channels > 1 else pixels[0], ())


def read_pictures(
    run: StoredRun, sources: Sequence[Source], prepare: Sequence[str] | None
) -> list[np.ndarray]:
    """Return prepared pictures; of several, one that cannot be read is grey.

    Raises:
        DataError: If the only one cannot be read.
    """
    prepared = []
    for source in sources:
        try:
            prepared.append(read_picture(run, source.content, source.name, prepare).pixels)
        except DataError:
            if len(sources) == 1:
                raise
            shape = run.spec.input_shape
            prepared.append(np.full(shape if shape[0] > 1 else shape[1:], BRIGHT, np.uint8))
    return prepared


def _steps(run: StoredRun, prepare: Sequence[str] | None) -> Sequence[PictureStep]:
    framing, seen = run.config.dataset.framing, run.preprocessing.seen.pictures
    if prepare is None:
        is_even = framing is not None or (seen is not None and (seen.is_dark or seen.is_bright))
        return tuple(PICTURE_STEPS) if is_even else ALWAYS
    for step in prepare:
        if step not in PICTURE_STEPS:
            hint = did_you_mean(step, PICTURE_STEPS)
            msg = f"there is no step '{step}'{hint}; steps: {', '.join(PICTURE_STEPS)}, or none"
            raise ConfigError(msg)
    if framing is None and "center" in prepare:
        msg = f"center: where the ink lies in the pictures of {run.config.dataset.name} is unknown"
        raise ConfigError(msg)
    return [step for step in PICTURE_STEPS if step in prepare]


def _background(run: StoredRun, pixels: np.ndarray) -> str:
    """Return what is odd about the background; empty if nothing is."""
    seen = run.preprocessing.seen.pictures
    is_dark = run.config.dataset.framing is not None if seen is None else seen.is_dark
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if is_dark and np.median(border) > BRIGHT:
        return "its background is bright; the training pictures are light on a dark background"
    return ""


def write_sheet(pictures: Sequence[np.ndarray], path: Path) -> None:
    """Write pictures ``(H, W)`` or ``(3, H, W)`` side by side, enlarged so that every pixel is seen, to a .png."""
    from PIL import Image, PngImagePlugin

    height, width = pictures[0].shape[-2:]
    scale = max((SIDE if len(pictures) == 1 else SMALL_SIDE) // max(height, width), 1)
    columns = min(len(pictures), PER_ROW)
    step_x, step_y = width * scale + GAP, height * scale + GAP
    size = (columns * step_x + GAP, -(-len(pictures) // columns) * step_y + GAP)
    is_grey = pictures[0].ndim == 2
    sheet = Image.new("L" if is_grey else "RGB", size, BRIGHT if is_grey else (BRIGHT,) * 3)
    for number, pixels in enumerate(pictures):
        large = Image.fromarray(pixels if is_grey else pixels.transpose(1, 2, 0)).resize(
            (width * scale, height * scale), Image.Resampling.NEAREST
        )
        row, column = divmod(number, columns)
        sheet.paste(large, (GAP + column * step_x, GAP + row * step_y))
    about = PngImagePlugin.PngInfo()
    about.add_text("Software", MARK)
    with open_atomic(path) as file:
        sheet.save(file, "PNG", pnginfo=about)
