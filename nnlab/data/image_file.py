"""Reading an image file as pixels."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

SUFFIXES = (".bmp", ".jpeg", ".jpg", ".png")
# Pillow raises SyntaxError for a broken PNG.
DECODING_ERRORS = (OSError, ValueError, SyntaxError)

logger = logging.getLogger(__name__)


def read_image(path: Path, size: tuple[int, int]) -> np.ndarray:
    """Return an image as grey pixels, resized for a model, ``(1, 1, H, W)`` uint8.

    Args:
        path: The file.
        size: Height and width.

    Raises:
        DataError: If there is no such file, or it is not an image.
    """
    from PIL import Image

    try:
        with Image.open(path) as image:
            # convert() would clip 16-bit values to 255
            is_deep = image.mode.startswith("I")
            eight_bits = image.point(lambda value: value / 256) if is_deep else image
            grey = eight_bits.convert("L").resize((size[1], size[0]), Image.Resampling.LANCZOS)
    except FileNotFoundError as error:
        msg = f"there is no file {path}"
        raise DataError(msg) from error
    except (Image.DecompressionBombError, *DECODING_ERRORS) as error:
        msg = f"{path} cannot be read as an image: {error}"
        raise DataError(msg) from error
    pixels = np.array(grey)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    if border.mean() > 127:
        logger.warning("%s has a bright background; the training images are white on black", path)
    return pixels[None, None]
