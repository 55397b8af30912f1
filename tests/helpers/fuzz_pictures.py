"""Picture files of every format, damaged: refused by a message, or read as grey levels."""

from __future__ import annotations

import io
import random
import warnings

import numpy as np
from PIL import Image

from nnlab.config.pictures import Framing
from nnlab.data.pictures.image_file import FORMATS, read_grey
from nnlab.data.pictures.prepare import prepare_picture
from nnlab.errors import DataError
from tests.helpers.damage_bytes import damaged, refused_badly

MODES = ("1", "L", "P", "LA", "RGB", "RGBA", "I;16", "F", "CMYK")
STEPS = ("orient", "alpha", "invert", "contrast", "center")


def fuzzed_pictures(count: int, seed: int = 0) -> list[str]:
    """Return what went wrong with so many pictures: all levels are finite, and 28 x 28 are left."""
    draw, found = random.Random(seed), []
    contents = [content for form in FORMATS for mode in MODES if (content := _written(form, mode))]
    for _ in range(count):
        content = draw.choice(contents)
        content = damaged(content, draw) if draw.random() < 0.9 else content
        steps = draw.sample(STEPS, draw.randint(0, len(STEPS)))
        problem = refused_badly(lambda c=content, s=steps: _misread(c, s), DataError)
        found += [f"{problem}: {steps} {content[:200]!r}"] if problem else []
    return found


def _written(form: str, mode: str) -> bytes | None:
    levels = np.zeros((12, 9), np.uint8)
    levels[3:9, 4:6] = 200
    file = io.BytesIO()
    try:
        Image.fromarray(levels).convert(mode).save(file, form)
    except (OSError, ValueError, KeyError):
        return None  # not every format has every mode
    return file.getvalue()


def _misread(content: bytes, steps: list[str]) -> str | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow's, about damaged tags
        grey, _ = read_grey(io.BytesIO(content), "fuzzed", steps)
    if grey.ndim != 2 or not np.isfinite(grey).all() or grey.min() < 0 or grey.max() > 255:
        return f"{grey.shape} from {grey.min()} to {grey.max()}"
    framing = Framing(box=20 / 28, centre="mass", has_strokes=True)
    picture = prepare_picture(grey, (28, 28), steps, framing)
    is_right = picture.pixels.shape == (28, 28) and picture.pixels.dtype == np.uint8
    return None if is_right else f"prepared as {picture.pixels.shape} {picture.pixels.dtype}"
