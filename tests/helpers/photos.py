"""Pictures of a digit as people make them: photographed, scanned, drawn with other pens."""

from __future__ import annotations

import io
from collections.abc import Callable

import numpy as np
from PIL import Image
from scipy.ndimage import distance_transform_edt, gaussian_filter, grey_dilation, zoom

from tests.helpers.drawn import grey, saved, turned

Rng = np.random.Generator
Photo = Callable[[np.ndarray, Rng], io.BytesIO]
A4 = (438, 310)


def strokes(digit: np.ndarray, side: int, pen: float | None = None) -> np.ndarray:
    """Return the ink of a digit on ``(side, side)``, in [0, 1].

    Args:
        digit: ``(28, 28)``, light on black.
        side: Of the whole picture, margin included.
        pen: Width of the stroke, relative to the side; default: that of the digit.
    """
    large = np.asarray(grey(digit).resize((side, side), Image.Resampling.BICUBIC)) / 255
    if pen is None:
        return large
    depth = distance_transform_edt(large > 0.4)
    ridge = (depth - gaussian_filter(depth, max(side / 100, 1)) > 0.12 * side / 100) & (depth > 1)
    width = max(round(pen * side), 1)
    return gaussian_filter(grey_dilation(ridge.astype(float), (width, width)), max(side / 200, 0.5))


def on_canvas(ink: np.ndarray, size: tuple[int, int], top: int, left: int) -> np.ndarray:
    canvas = np.zeros(size)
    canvas[top : top + len(ink), left : left + ink.shape[1]] = ink
    return canvas


def somewhere(digit: np.ndarray, rng: Rng, size=A4, share=(0.4, 0.85), pen=None) -> np.ndarray:
    """Return ink somewhere on a sheet."""
    side = int(rng.uniform(*share) * min(size))
    top, left = (int(rng.uniform(0.03, 0.97) * (length - side)) for length in size)
    return on_canvas(strokes(digit, side, pen), size, top, left)


def printed(ink: np.ndarray, paper, level: float) -> np.ndarray:
    return np.asarray(paper) * (1 - ink) + level * ink


def photographed(pixels: np.ndarray, rng: Rng, noise=3.0, quality=80) -> io.BytesIO:
    noisy = pixels + rng.normal(0, noise, pixels.shape)
    if pixels.ndim == 3:
        image = Image.fromarray(np.clip(noisy, 0, 255).astype(np.uint8))
    else:
        image = grey(noisy)
    return saved(image, "JPEG", quality=quality)


def axes(size) -> tuple[np.ndarray, np.ndarray]:
    y, x = np.mgrid[: size[0], : size[1]]
    return y / size[0], x / size[1]


def gradient(size, rng: Rng) -> np.ndarray:
    y, x = axes(size)
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle)
    return 0.75 + rng.uniform(0.2, 0.35) * along


def shadow(size, rng: Rng, softness: float) -> np.ndarray:
    """Return light with a shadow over about half of it."""
    y, x = axes(size)
    angle = rng.uniform(0, 2 * np.pi)
    along = (x - 0.5) * np.cos(angle) + (y - 0.5) * np.sin(angle) - rng.uniform(-0.15, 0.15)
    return 1 - rng.uniform(0.35, 0.6) / (1 + np.exp(-along / softness))


def vignette(size, rng: Rng) -> np.ndarray:
    y, x = axes(size)
    return 1 - rng.uniform(0.6, 1.1) * ((x - 0.5) ** 2 + (y - 0.5) ** 2)


def lit(light: Callable[..., np.ndarray], *args) -> Photo:
    def photo(digit, rng):
        ink = somewhere(digit, rng)
        paper = rng.uniform(190, 240) * light(ink.shape, rng, *args)
        return photographed(paper * (1 - rng.uniform(0.6, 0.9) * ink), rng)

    return photo


def lined(size, rng: Rng, *, is_squared: bool) -> np.ndarray:
    """Return ruled paper in colour, from 0 to 255."""
    pixels = np.full((*size, 3), 235.0)
    step, colour = int(rng.integers(14, 30)), np.array([150, 180, 215.0])
    pixels[step::step] = colour
    if is_squared:
        pixels[:, step // 2 :: step] = colour
    else:
        pixels[:, size[1] // 8] = [220, 140, 140]
    return pixels


def ruled(*, is_squared: bool, level=(30, 40, 60), share=(0.4, 0.85)) -> Photo:
    def photo(digit, rng):
        ink = somewhere(digit, rng, share=share)[..., None]
        paper = lined(A4, rng, is_squared=is_squared)
        return photographed(printed(ink, paper, np.array(level)), rng)

    return photo


def framed(
    digit,
    rng,
    *,
    sides=(1, 1, 1, 1),
    tilt=0.0,
    frame=(15, 60),
    paper=(190, 240),
    ink_level=40,
    thickness=(0.03, 0.15),
):
    """Return paper on a table, or a scan with an edge that shows the lid."""
    sheet = printed(somewhere(digit, rng, share=(0.4, 0.7)), rng.uniform(*paper), ink_level)
    border = rng.uniform(*frame)
    if tilt:
        image = Image.fromarray(sheet.astype(np.float32))
        sheet = np.asarray(
            image.rotate(rng.uniform(-tilt, tilt), expand=True, fillcolor=float(border))
        )
    widths = [int(side * rng.uniform(*thickness) * A4[1]) for side in sides]
    sheet = np.pad(sheet, (widths[:2], widths[2:]), constant_values=border)
    return photographed(gaussian_filter(sheet, 0.7), rng)


def coloured(ink_colour, paper_colour) -> Photo:
    def photo(digit, rng):
        ink = somewhere(digit, rng)[..., None]
        return photographed(
            printed(ink, np.array(paper_colour, float), np.array(ink_colour, float)), rng
        )

    return photo


def blackboard(digit, rng) -> io.BytesIO:
    ink = somewhere(digit, rng)
    chalk = ink * (0.75 + 0.25 * rng.random(ink.shape))
    smudges = gaussian_filter(rng.normal(0, 1, ink.shape), 20)
    board = rng.uniform(40, 80) + 8 * smudges / smudges.std()
    return photographed(printed(chalk, board, 215), rng, noise=4)


def screenshot(digit, rng) -> io.BytesIO:
    """Return a drawing program's canvas below a grey bar."""
    ink = somewhere(digit, rng, size=(260, 400))
    pixels = np.repeat(printed(ink, 255, 0)[..., None], 3, 2)
    return saved(Image.fromarray(pixels.astype(np.uint8)))


def cut(digit, rng) -> io.BytesIO:
    ink = strokes(digit, 200)
    rows, columns = np.flatnonzero((ink > 0.3).any(1)), np.flatnonzero((ink > 0.3).any(0))
    inside = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return photographed(printed(inside, 205, 40), rng)


def in_corner(digit, rng) -> io.BytesIO:
    ink = on_canvas(strokes(digit, 90), A4, A4[0] - 92, 3)
    return photographed(printed(ink, 210, 50), rng)


def small(digit, rng) -> io.BytesIO:
    return photographed(printed(somewhere(digit, rng, share=(0.1, 0.13)), 215, 40), rng)


def plain(digit, rng, *, paper=(150, 225), level=(10, 90), pen=None, **how) -> io.BytesIO:
    ink = somewhere(digit, rng, pen=pen)
    return photographed(printed(ink, rng.uniform(*paper), rng.uniform(*level)), rng, **how)


def deep(digit, rng) -> io.BytesIO:
    pixels = printed(somewhere(digit, rng), 200, 50) * rng.choice([16, 257])
    return saved(Image.fromarray(pixels.astype(np.uint16)))


def indexed(digit, rng) -> io.BytesIO:
    return saved(grey(printed(somewhere(digit, rng), 220, 30)).quantize(8))


def alpha(digit, rng) -> io.BytesIO:
    ink = somewhere(digit, rng)
    pixels = np.zeros((*ink.shape, 4), np.uint8)
    pixels[..., :3] = rng.choice([0, 40, 255])
    pixels[..., 3] = 255 * ink
    return saved(Image.fromarray(pixels))


def exif(digit, rng) -> io.BytesIO:
    return turned(digit, int(rng.integers(2, 9)))


def twelve_megapixels(digit, rng) -> io.BytesIO:
    pixels = printed(somewhere(digit, rng), 210 * gradient(A4, rng), 40)
    return photographed(zoom(pixels, (9.13, 13.0), order=1), rng)


def everyday(digit, rng) -> io.BytesIO:
    """Return a phone's photo of ruled paper: uneven light, noise, compression."""
    ink = somewhere(digit, rng, pen=0.035)[..., None]
    light = (gradient(A4, rng) * vignette(A4, rng))[..., None]
    pixels = printed(ink, lined(A4, rng, is_squared=True), np.array([30, 40, 110.0]))
    return photographed(pixels * light, rng, noise=5, quality=60)


PHOTOS: dict[str, Photo] = {
    "clean": lambda digit, rng: saved(grey(digit)),
    "grey paper": plain,
    "pencil, faint": lambda d, r: plain(d, r, paper=(205, 225), level=(150, 175)),
    "gradient": lit(gradient),
    "soft shadow": lit(shadow, 0.15),
    "half in shadow": lit(shadow, 0.03),
    "hard shadow": lit(shadow, 0.004),
    "vignette": lit(vignette),
    "noise": lambda d, r: plain(d, r, noise=18, quality=95),
    "JPEG of low quality": lambda d, r: plain(d, r, quality=12),
    "dark table around": framed,
    "dark table, paper tilted": lambda d, r: framed(d, r, tilt=6),
    "scanner border": lambda d, r: framed(d, r, sides=r.permutation([1, 1, 0, 0]), frame=(0, 10)),
    "thick scanner border": lambda d, r: framed(
        d, r, sides=r.permutation([1, 0, 0, 0]), frame=(0, 10), thickness=(0.3, 0.5)
    ),
    "thin black border": lambda d, r: framed(d, r, frame=(0, 10), thickness=(0.008, 0.015)),
    "ruled paper": ruled(is_squared=False),
    "squared paper": ruled(is_squared=True),
    "pencil on squared paper": ruled(is_squared=True, level=(110, 110, 115)),
    "small on squared paper": ruled(is_squared=True, share=(0.2, 0.25)),
    "in a corner": in_corner,
    "large margin": small,
    "fills the frame": cut,
    "turned by EXIF": exif,
    "16 bits": deep,
    "palette": indexed,
    "alpha": alpha,
    "blackboard": blackboard,
    "blackboard on a wall": lambda d, r: framed(
        d, r, frame=(200, 230), paper=(40, 70), ink_level=225
    ),
    "thin pen": lambda d, r: plain(d, r, pen=0.01),
    "medium pen": lambda d, r: plain(d, r, pen=0.04),
    "thick pen": lambda d, r: plain(d, r, pen=0.1),
    "blue on yellow": coloured((40, 60, 160), (240, 225, 130)),
    "red on yellow": coloured((200, 50, 40), (240, 225, 130)),
    "screenshot": screenshot,
    "everyday": everyday,
    "12 megapixels": twelve_megapixels,
}
