"""How the pictures of a data set look, and the steps that make another picture look so."""

from __future__ import annotations

from typing import Literal, NamedTuple

PictureStep = Literal[
    "orient", "alpha", "frame", "lines", "invert", "contrast", "thicken", "center"
]
PICTURE_STEPS: dict[PictureStep, str] = {
    "orient": "turn it by its EXIF orientation",
    "alpha": "put transparent parts on the page that shows the ink",
    "frame": "leave out a frame, a scanner's border or the table around the paper",
    "lines": "take the lines of ruled or squared paper out",
    "invert": "make dark ink on a bright background light on dark",
    "contrast": "make uneven or grey paper black, and the ink white",
    "thicken": "widen strokes that would fade when a large picture is reduced",
    "center": "crop it to the ink, fit that into the box of the training pictures, and centre it",
}


Fit = Literal["crop", "pad", "stretch"]


class Framing(NamedTuple):
    """Where the ink lies in the pictures of a data set, which is light on a dark background.

    Attributes:
        box: Longer side of the box around the ink, relative to that of the picture.
        centre: What lies in the middle of the picture: the ink's centre of mass, or its box.
        has_strokes: Whether the ink is that of a pen, thin if seen closely; otherwise, the pictures
            show objects, or are too coarse for strokes.
    """

    box: float
    centre: Literal["mass", "box"]
    has_strokes: bool
