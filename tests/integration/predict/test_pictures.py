from __future__ import annotations

import math

import numpy as np
import pytest
from PIL import Image

import nnlab
from tests.helpers.predictions import FLOAT32, by_hand, digit_pictures, probabilities_of


def test_without_preparation_a_picture_is_only_resized_and_scaled_to_1(picture_run, picture):
    (prediction,) = nnlab.predict(picture_run, picture, prepare=[])

    small = Image.open(picture).convert("F").resize((8, 8), Image.Resampling.LANCZOS)
    expected = by_hand(picture_run, np.rint(np.clip(small, 0, 255))[None] / 255)
    np.testing.assert_allclose(probabilities_of([prediction]), expected, rtol=0, atol=FLOAT32)
    assert list(prediction["probabilities"]) == list("0123456789")
    assert prediction["class"] == str(expected.argmax())
    assert math.fsum(prediction["probabilities"].values()) == pytest.approx(1)
    assert prediction["note"] == ""


def test_pictures_of_digits_are_recognised(picture_run, tmp_path, answers):
    # The first ten digits of the set are 0 to 9 in order.
    paths = digit_pictures(tmp_path, range(10))

    classes = [answers(picture_run, path)[0]["class"] for path in paths]

    assert sum(found == str(i) for i, found in enumerate(classes)) >= 9


@pytest.mark.parametrize("size", [(8, 8), (9, 31), (300, 200), (1, 1)], ids=str)
def test_a_picture_of_any_size_is_answered(picture_run, tmp_path, answers, size):
    path = tmp_path / "any.png"
    Image.new("L", size).save(path)

    (prediction,) = answers(picture_run, path)

    np.testing.assert_allclose(
        probabilities_of([prediction]),
        by_hand(picture_run, np.zeros((1, 64))),
        rtol=0,
        atol=FLOAT32,
    )


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "P"])
@pytest.mark.parametrize("suffix", [".png", ".PNG", ".bmp"])
def test_a_grey_picture_stored_in_colour_gives_the_same_answer(
    picture_run, picture, tmp_path, answers, mode, suffix
):
    expected = answers(picture_run, picture)
    coloured = tmp_path / f"coloured{suffix}"
    Image.open(picture).convert(mode).save(coloured)

    assert answers(picture_run, coloured) == expected


def test_a_picture_of_16_bits_gives_the_answer_of_8_bits(picture_run, picture, tmp_path, answers):
    expected = answers(picture_run, picture)
    deep = tmp_path / "deep.png"
    Image.fromarray(np.asarray(Image.open(picture)).astype(np.uint16) * 257).save(deep)

    (prediction,) = answers(picture_run, deep)

    # Rounding to 8 bits before or after resizing may change a pixel by one.
    np.testing.assert_allclose(
        probabilities_of([prediction]), probabilities_of(expected), rtol=0, atol=0.05
    )


def test_a_jpeg_is_read(picture_run, picture, tmp_path, answers):
    blurred = tmp_path / "digit.jpg"
    Image.open(picture).save(blurred, quality=95)

    assert answers(picture_run, blurred)[0]["class"] == answers(picture_run, picture)[0]["class"]
