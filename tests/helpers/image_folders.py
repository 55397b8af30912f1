"""Small folders of images, as people have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

COLOURS = {"red": (220, 30, 20), "green": (20, 200, 40), "blue": (10, 40, 230)}


def write_image(path: Path, colour: tuple[int, int, int], seed: int = 0, side: int = 20) -> Path:
    """Write an image of one colour with some noise."""
    noise = np.random.default_rng(seed).integers(-10, 10, (side, side, 3))
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.array(colour) + noise).clip(0, 255).astype(np.uint8)).save(path)
    return path


def write_classes(folder: Path, count: int = 4, kind: str = "png", first: int = 0) -> Path:
    """Write a folder for each colour, and return the folder of these."""
    for label, colour in COLOURS.items():
        for number in range(first, first + count):
            write_image(folder / label / f"{number}.{kind}", colour, number)
    return folder
