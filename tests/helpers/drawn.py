"""Draw a digit, light on black, in the ways in which people's pictures differ from MNIST's."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image

ORIENTATION = 0x0112
# What a camera that was held in another way stores; EXIF says how to turn it back.
STORED_AS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}
Drawing = Callable[[np.ndarray], io.BytesIO]


def saved(image: Image.Image, kind: str = "PNG", **options: object) -> io.BytesIO:
    file = io.BytesIO()
    image.save(file, kind, **options)
    file.seek(0)
    return file


def grey(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))


def transparent(digit: np.ndarray, ink: int, beneath: int) -> Image.Image:
    """Return ink of a colour whose shape is in the alpha channel alone."""
    pixels = np.full((*digit.shape, 4), beneath, np.uint8)
    pixels[digit > 0, :3] = ink
    pixels[..., 3] = digit
    return Image.fromarray(pixels)


def tile(digit: np.ndarray) -> Image.Image:
    """Return a white card with a black digit and a transparent margin."""
    card = np.zeros((48, 48, 4), np.uint8)
    card[5:43, 5:43] = 255
    card[10:38, 10:38, :3] -= digit[..., None]
    return Image.fromarray(card)


def palette(digit: np.ndarray, ink: int) -> io.BytesIO:
    """Return an indexed picture whose background index is transparent."""
    image = grey(digit).quantize(16)
    levels = np.array(image.getpalette("RGB")).reshape(-1, 3)[:, 0]
    background = int(levels.argmin())
    image.putpalette(np.repeat(np.where(np.arange(len(levels)) == background, 7, ink), 3).tolist())
    return saved(image, transparency=background)


def in_corner(digit: np.ndarray, paper: int = 0, size: tuple[int, int] = (200, 200)) -> Image.Image:
    canvas = Image.new("L", size, paper)
    shown = digit if paper == 0 else paper - digit * (paper / 255)
    canvas.paste(grey(shown), (size[0] - 30, 3))
    return canvas


def turned(digit: np.ndarray, orientation: int, kind: str = "JPEG") -> io.BytesIO:
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    large = grey(255 - digit).resize((140, 140), Image.Resampling.BICUBIC)
    return saved(large.transpose(STORED_AS[orientation]), kind, exif=exif)


def on_uneven_paper(digit: np.ndarray) -> Image.Image:
    """Return a photograph: shadow from one side, noise, the digit large and off the centre."""
    y, x = np.mgrid[:200, :200] / 200
    ink = np.zeros((200, 200))
    ink[10:150, 50:190] = np.asarray(grey(digit).resize((140, 140), Image.Resampling.BICUBIC)) / 255
    noise = np.random.default_rng(0).normal(0, 4, ink.shape)
    return grey((120 + 90 * x + 40 * y - 60 * x**2) * (1 - 0.75 * ink) + noise)


DRAWINGS: dict[str, Drawing] = {
    "black on white": lambda digit: saved(grey(255 - digit)),
    "white on black, JPEG": lambda digit: saved(grey(digit), "JPEG"),
    "dark on grey": lambda digit: saved(grey(120 - digit * (110 / 255))),
    "light on grey": lambda digit: saved(grey(90 + digit * (100 / 255))),
    "in a corner": lambda digit: saved(in_corner(digit)),
    "in a corner of white paper": lambda digit: saved(in_corner(digit, 255)),
    "in a corner, not square": lambda digit: saved(in_corner(digit, 255, (300, 80))),
    "large": lambda digit: saved(grey(digit).resize((280, 280), Image.Resampling.BICUBIC)),
    "cut to the ink": lambda digit: saved(grey(255 - digit).crop(grey(digit).getbbox())),
    "turned by EXIF": lambda digit: turned(digit, 6),
    "turned and mirrored, PNG": lambda digit: turned(digit, 7, "PNG"),
    "black ink in alpha": lambda digit: saved(transparent(digit, 0, 0)),
    "black ink in alpha on white": lambda digit: saved(transparent(digit, 0, 255)),
    "white ink in alpha": lambda digit: saved(transparent(digit, 255, 0)),
    "red ink in alpha": lambda digit: saved(transparent(digit, 160, 0), "WEBP", lossless=True),
    "transparent margin": lambda digit: saved(tile(digit)),
    "transparent index, black ink": lambda digit: palette(digit, 0),
    "transparent index, white ink": lambda digit: palette(digit, 255),
    "16 bits": lambda digit: saved(Image.fromarray(digit.astype(np.uint16) * 257)),
    "12 bits": lambda digit: saved(Image.fromarray(digit.astype(np.uint16) * 16)),
    "32 bits": lambda digit: saved(Image.fromarray(digit.astype(np.int32) * 257), "TIFF"),
    "floats": lambda digit: saved(Image.fromarray((digit / 255).astype(np.float32)), "TIFF"),
    "negative floats": lambda digit: saved(Image.fromarray(digit / np.float32(-9)), "TIFF"),
    "two levels": lambda digit: saved(grey(255 - digit).convert("1", dither=Image.Dither.NONE)),
    "blue on yellow": lambda digit: saved(
        Image.composite(
            Image.new("RGB", (28, 28), (20, 20, 160)),
            Image.new("RGB", (28, 28), (250, 240, 60)),
            grey(digit),
        )
    ),
    "red on green of equal brightness": lambda digit: saved(
        Image.composite(
            Image.new("RGB", (28, 28), (200, 0, 0)),
            Image.new("RGB", (28, 28), (0, 102, 0)),
            grey(digit),
        )
    ),
    "GIF": lambda digit: saved(grey(255 - digit), "GIF"),
    "WebP": lambda digit: saved(grey(255 - digit).convert("RGB"), "WEBP"),
    "CMYK": lambda digit: saved(grey(255 - digit).convert("CMYK"), "JPEG", quality=95),
    "uneven paper": lambda digit: saved(on_uneven_paper(digit), "JPEG"),
}
