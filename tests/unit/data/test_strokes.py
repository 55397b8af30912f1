"""A digit photographed, scanned or drawn in any way is prepared as the digit itself is."""

from __future__ import annotations

import numpy as np
import pytest

from nnlab.config.datasets import MNISTConfig
from nnlab.config.pictures import PICTURE_STEPS
from nnlab.data.pictures.image_file import read_grey
from nnlab.data.pictures.likeness import Likeness, likeness_of
from nnlab.data.pictures.prepare import Picture, prepare_picture
from tests.helpers.photos import PHOTOS, framed

STEPS = list(PICTURE_STEPS)
RNG = np.random.default_rng
# Of pictures that show the same digit, drawn with other pens.
ALIKE = 0.75


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    """A seven with a bar, light on black."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[5:8, 7:20] = 255
    for row in range(8, 24):
        left = 17 - (row - 8) * 8 // 16
        pixels[row, left : left + 3] = 255
    pixels[14:16, 10:18] = 255
    return pixels


def prepared(file, steps=STEPS) -> Picture:
    grey, _ = read_grey(file, "a picture", steps)
    return prepare_picture(grey, (28, 28), steps, MNISTConfig.framing)


def correlation(first: np.ndarray, second: np.ndarray) -> float:
    return float(np.corrcoef(first.ravel(), second.ravel())[0, 1])


@pytest.mark.parametrize("photo", PHOTOS)
def test_the_digit_is_found(digit, photo: str) -> None:
    own = prepared(PHOTOS["palette"](digit, RNG(0)))

    picture = prepared(PHOTOS[photo](digit, RNG(3)))

    assert correlation(picture.pixels, own.pixels) >= ALIKE


@pytest.mark.parametrize(
    ("photo", "step", "said"),
    [
        (framed, "frame", "a frame or shadow left out"),
        (PHOTOS["pencil on squared paper"], "lines", "printed lines taken out"),
    ],
    ids=["frame", "lines"],
)
def test_frames_and_lines_are_left_out_unless_asked(digit, photo, step, said) -> None:
    others = [name for name in STEPS if name != step]

    whole, without = (prepared(photo(digit, RNG(1)), steps) for steps in (STEPS, others))

    assert said in whole.note
    assert said not in without.note
    assert correlation(whole.pixels, without.pixels) < 0.95


@pytest.mark.parametrize("photo", ["grey paper", "scanner border", "hard shadow"])
def test_paper_without_a_digit_is_empty(digit, photo: str) -> None:
    assert prepared(PHOTOS[photo](0 * digit, RNG(1))).is_empty


@pytest.fixture(scope="module")
def likeness() -> Likeness:
    """The measures of discs."""
    y, x = np.mgrid[:12, :12]
    radii = RNG(0).uniform(2, 4, 600)[:, None, None]
    found = likeness_of(1.0 * ((y - 5.5) ** 2 + (x - 5.5) ** 2 < radii**2)[:, None])
    assert found is not None
    return found


def test_the_range_that_a_picture_is_outside_of_is_named(likeness) -> None:
    two = np.zeros((12, 12), np.uint8)
    two[2:9, 1:4] = two[2:9, 7:10] = 255

    assert likeness.oddity(two) == (
        "unlike the training pictures: number of parts 2, theirs 1 to 1"
    )


def test_too_few_pictures_are_not_measured() -> None:
    assert likeness_of(np.ones((20, 1, 12, 12))) is None


@pytest.mark.parametrize(
    "damage",
    [
        lambda stored: stored["low"].pop(),
        lambda stored: stored["precision"].pop(),
        lambda stored: stored["std"].__setitem__(0, 0.0),
        lambda stored: stored["mean"].append(1.0),
    ],
    ids=["low", "precision", "std", "mean"],
)
def test_damaged_measures_are_refused(likeness, damage) -> None:
    stored = likeness.to_json()
    damage(stored)

    with pytest.raises(ValueError, match="contradict each other"):
        Likeness.from_json(stored)
