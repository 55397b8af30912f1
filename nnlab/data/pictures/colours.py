"""Reading an image file as an array of one size: grey or in colours."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from nnlab.data.pictures.image_file import WHITE, opened_image, scaled

if TYPE_CHECKING:
    from pathlib import Path

    from PIL.Image import Image as Picture

    from nnlab.config.pictures import Fit


def read_pixels(
    source: Path | BinaryIO,
    name: str,
    size: tuple[int, int],
    channels: int,
    fit: Fit = "crop",
) -> np.ndarray:
    """Return a picture as its file has it, upright, at a size: ``(C, H, W)`` uint8.

    Transparent parts are shown on white.

    Args:
        source: The file.
        name: What it is called in messages.
        size: Height and width.
        channels: 1 for grey, 3 for colours.
        fit: How another aspect ratio is treated: the middle is taken (crop), black borders are added
            (pad), or the picture is distorted (stretch).

    Raises:
        DataError: If there is no such file, or it is not an image.
    """
    with opened_image(source, name) as image:
        pixels = np.asarray(_fitted(_in_mode(image, channels), (size[1], size[0]), fit))
    return np.ascontiguousarray(pixels[None] if channels == 1 else pixels.transpose(2, 0, 1))


def _in_mode(image: Picture, channels: int) -> Picture:
    """Return an image upright, without transparency, in grey or in colours."""
    import PIL.Image
    from PIL import ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        grey = scaled(np.asarray(image, dtype=np.float64), image.mode)
        image = PIL.Image.fromarray(np.clip(np.rint(grey), 0, WHITE).astype(np.uint8))
    if "transparency" in image.info or image.mode in {"LA", "PA", "La", "RGBA", "RGBa"}:
        image = image.convert("RGBA")
        page = PIL.Image.new("RGBA", image.size, (WHITE, WHITE, WHITE, WHITE))
        image = PIL.Image.alpha_composite(page, image)
    return image.convert("L" if channels == 1 else "RGB")


def _fitted(image: Picture, size: tuple[int, int], fit: Fit) -> Picture:
    from PIL import Image, ImageOps

    method = Image.Resampling.BILINEAR
    if image.size == size:
        return image
    if fit == "stretch":
        return image.resize(size, method)
    return (ImageOps.fit if fit == "crop" else ImageOps.pad)(image, size, method)
