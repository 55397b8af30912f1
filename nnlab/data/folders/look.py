"""How the images of a folder look, for the draft of an experiment on them."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.data.folders.files import image_names
from nnlab.data.pictures.image_file import opened_image

if TYPE_CHECKING:
    import numpy as np

MAX_OPENED = 100
# Larger images take long to train on.
MAX_SIZE = 64


def usual_size(folder: str) -> int:
    """Return the side to which the images of a folder are best resized: theirs, or 64 pixels.

    Raises:
        DataError: If an image cannot be read.
    """
    names, sides = image_names(Path(folder)), []
    for name in names[:: -(-len(names) // MAX_OPENED)]:
        with opened_image(Path(folder) / name, name) as image:
            sides.append(min(image.size))
    return min(MAX_SIZE, int(statistics.median(sides)))


def are_grey(pictures: np.ndarray) -> bool:
    """Return whether pictures ``(N, 3, H, W)`` have no colours."""
    some = pictures[:: -(-len(pictures) // MAX_OPENED)]
    return bool((some == some[:, :1]).all())
