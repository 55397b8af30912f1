"""Images from files, as pixels that a model of images takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

IMAGE_SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp"}
# Pillow raises SyntaxError for a broken PNG.
DECODING_ERRORS = (OSError, ValueError, SyntaxError)


def read_image(file: Path, size: tuple[int, int]) -> np.ndarray:
    """Return an image as grey pixels, ``(1, 1, H, W)`` uint8.

    Args:
        file: The image.
        size: Height and width to scale it to.

    Raises:
        DataError: If there is no such file, or it cannot be decoded.
    """
    from PIL import Image

    try:
        with Image.open(file) as image:
            # convert() would cut 16 bits off at 255
            is_deep = image.mode.startswith("I")
            eight_bits = image.point(lambda value: value / 256) if is_deep else image
            grey = eight_bits.convert("L").resize((size[1], size[0]), Image.Resampling.LANCZOS)
    except FileNotFoundError as error:
        msg = f"there is no file {file}"
        raise DataError(msg) from error
    except (Image.DecompressionBombError, *DECODING_ERRORS) as error:
        msg = f"{file} is not a picture that can be read: {error}"
        raise DataError(msg) from error
    return np.array(grey)[None, None]


def has_bright_background(image: np.ndarray) -> bool:
    """Return whether the border of an image, ``(1, 1, H, W)`` uint8, is bright."""
    pixels = image[0, 0]
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    return bool(border.mean() > 127)
