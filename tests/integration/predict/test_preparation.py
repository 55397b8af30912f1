"""What is done to a picture, what is said of it, and how each step is left out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image

import nnlab
from nnlab.config.pictures import PICTURE_STEPS
from nnlab.errors import ConfigError
from tests.helpers.command import Command
from tests.helpers.drawn import in_corner, on_uneven_paper, saved, transparent, turned


@pytest.fixture(scope="module")
def digit() -> np.ndarray:
    """A seven of 28 x 28 pixels, light on black."""
    pixels = np.zeros((28, 28), np.uint8)
    pixels[4:7, 6:21] = 255
    for row in range(7, 24):
        left = 18 - (row - 7) * 9 // 17
        pixels[row, left : left + 3] = 255
    return pixels


@pytest.fixture
def file(tmp_path):
    """Write a picture and return its path."""

    def of(content, name="picture.png"):
        path = tmp_path / name
        if isinstance(content, Image.Image):
            content = saved(content)
        path.write_bytes(content.read())
        return path

    return of


def note_of(run, path, **options) -> str:
    return nnlab.predict(run, path, **options)[0]["note"]


@pytest.mark.parametrize(
    ("draw", "said"),
    [
        (lambda digit: turned(digit, 3), "turned by its EXIF orientation"),
        (lambda digit: transparent(digit, 0, 0), "transparent parts shown white"),
        (lambda digit: transparent(digit, 255, 0), "transparent parts shown black"),
        (lambda digit: in_corner(digit, 255), "inverted: its ink is darker"),
        (lambda digit: on_uneven_paper(digit), "contrast stretched"),
        (lambda digit: in_corner(digit), "cropped to the ink and centred"),
        (lambda digit: Image.new("L", (28, 28), 0), "empty"),
        (lambda digit: Image.new("L", (300, 20), 255), "empty"),
        (lambda digit: Image.new("LA", (28, 28), (255, 0)), "empty"),
        (lambda digit: Image.new("I;16", (28, 28), 40_000), "empty"),
        (lambda digit: Image.new("RGB", (1, 1), (0, 90, 0)), "empty"),
        (lambda digit: on_uneven_paper(0 * digit), "empty"),
        (lambda digit: Image.effect_noise((28, 28), 90), "unlike the training pictures"),
    ],
    ids=[
        *("exif", "black alpha", "white alpha", "inverted", "uneven", "corner"),
        *("black", "white", "transparent", "deep", "one pixel", "bare paper", "noise"),
    ],
)
def test_the_note_says_what_was_done(picture_run, digit, file, draw, said) -> None:
    note = note_of(picture_run, file(draw(digit)))

    assert said in note
    assert ("empty" in note) == (said == "empty")


def test_frames_after_the_first_are_left_out(picture_run, digit, file) -> None:
    frames = [Image.fromarray(digit), Image.new("L", (28, 28), 255)]
    content = saved(frames[0], "GIF", save_all=True, append_images=frames[1:])

    answer, alone = (
        nnlab.predict(picture_run, file(moving, name))[0]
        for moving, name in ((content, "a.gif"), (Image.fromarray(digit), "b.png"))
    )

    assert answer["note"].startswith("first of 2 frames")
    assert answer["probabilities"] == alone["probabilities"]


@pytest.mark.parametrize(
    ("step", "draw"),
    [
        ("orient", lambda digit: turned(digit, 8)),
        ("alpha", lambda digit: transparent(digit, 0, 0)),
        ("invert", lambda digit: in_corner(digit, 255)),
        ("contrast", lambda digit: in_corner(digit, 120)),
        ("center", lambda digit: in_corner(digit)),
    ],
    ids=["orient", "alpha", "invert", "contrast", "center"],
)
def test_each_step_can_be_left_out(picture_run, digit, file, step, draw) -> None:
    path = file(draw(digit))
    others = [name for name in PICTURE_STEPS if name != step]

    whole, without = (
        nnlab.prepare_picture(picture_run, path, prepare=steps) for steps in (None, others)
    )

    assert not np.array_equal(whole.pixels, without.pixels)


def test_a_bright_background_that_is_left_is_said(picture_run, digit, file) -> None:
    path = file(in_corner(digit, 255))

    assert "its background is bright" in note_of(picture_run, path, prepare=[])


def test_steps_are_named_on_the_command_line(picture_run, digit, file, command: Command) -> None:
    path = file(in_corner(digit, 255))

    for words, steps in (("orient, center", ["orient", "center"]), ("none", [])):
        found = command("predict", str(picture_run.path), str(path), "--prepare", words, "--json")
        assert json.loads(found.stdout)["predictions"] == nnlab.predict(
            picture_run, path, prepare=steps
        )
    refused = command("predict", str(picture_run.path), str(path), "--prepare", "centre")
    assert refused.code == 2
    assert "there is no step 'centre' (did you mean 'center'?)" in refused.stderr


def test_tables_are_not_prepared_and_pictures_keep_no_columns(
    table_run, picture_run, digit, file, tmp_path
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("width,height\n1,2\n")

    with pytest.raises(ConfigError, match="only pictures are prepared"):
        nnlab.predict(table_run, table, prepare=["invert"])
    with pytest.raises(ConfigError, match="have no columns to keep"):
        nnlab.predict(picture_run, file(Image.fromarray(digit)), keep=["id"])


def test_prepared_pictures_are_shown(picture_run, digit, file, tmp_path, command: Command) -> None:
    path, sheet = file(in_corner(digit, 255)), tmp_path / "sheet.png"

    shown = command("predict", str(picture_run.path), str(path), "--show", str(sheet))
    again = command("predict", str(picture_run.path), str(path), "--show", str(sheet))
    refused = command("predict", str(picture_run.path), str(path), "--show", str(path))

    pixels = nnlab.prepare_picture(picture_run, path).pixels
    seen = np.asarray(Image.open(sheet))[2:-2, 2:-2]
    np.testing.assert_array_equal(seen, np.kron(pixels, np.ones((35, 35))))
    assert (shown.code, again.code, refused.code) == (0, 0, 2)
    assert "this is a file that the command reads" in refused.stderr


def test_runs_from_before_training_pictures_were_measured_still_predict(
    picture_run, digit, file, tmp_path
) -> None:
    import shutil

    old = tmp_path / picture_run.id
    shutil.copytree(picture_run.path, old)
    path = old / "preprocessing.json"
    stored = json.loads(path.read_text())
    del stored["seen"]
    path.write_text(json.dumps(stored))

    assert nnlab.predict(old, file(in_corner(digit)))[0]["class"] == "7"
