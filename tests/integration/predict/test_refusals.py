from __future__ import annotations

import csv
import io
import json
import shutil

import pytest
from PIL import Image

import nnlab
from nnlab.errors import NnlabError, RunError
from tests.helpers.command import Command
from tests.helpers.predictions import digit_pictures, refusal, tell
from tests.helpers.tables import write_table


def test_a_table_is_refused_by_a_run_on_pictures(picture_run, tmp_path):
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    assert refusal(picture_run, file) == (
        f"run {picture_run.id} takes images (.bmp, .gif, .jpeg, .jpg, .png, .tif, .tiff, .webp), "
        f"and {file} is not one"
    )


def test_a_picture_is_refused_by_a_run_on_tables(table_run, picture):
    assert refusal(table_run, picture) == f"{picture} is a picture, not a table"


def test_a_missing_file_is_refused(table_run, picture_run, tmp_path):
    picture, table = tmp_path / "no.png", tmp_path / "no.csv"

    assert refusal(picture_run, picture) == f"there is no file {picture}"
    assert refusal(table_run, table) == f"there is no file {table}"


@pytest.mark.parametrize(("of", "what"), [("table_run", "tables"), ("picture_run", "pictures")])
def test_an_empty_folder_is_refused(of, what, request, tmp_path):
    folder = tmp_path / "folder.png"
    folder.mkdir()

    message = refusal(request.getfixturevalue(of), folder)

    assert message.startswith(f"{folder}: there are no {what} in this folder (")


def patched(content: bytes, place: int, replacement: bytes) -> bytes:
    return content[:place] + replacement + content[place + len(replacement) :]


@pytest.mark.parametrize(
    ("suffix", "damage"),
    [
        (".png", lambda content: b""),
        (".png", lambda content: b"not a picture"),
        (".png", lambda content: content[: len(content) // 2]),
        (".png", lambda content: patched(content, 8, b"\0\0\0\x0c")),
        (".png", lambda content: patched(content, 33, b"\0\0\0\x01")),
        (".png", lambda content: content.replace(b"IDAT", b"IDAX")),
        (".png", lambda content: patched(content, 16, b"\x7f\xff\xff\xff\x7f\xff\xff\xff")),
        (".bmp", lambda content: patched(content, 46, b"\xff\xff\0\0")),
        (".bmp", lambda content: content[:100]),
        (".jpg", lambda content: content[: len(content) // 2]),
    ],
    ids=[
        "empty",
        "text",
        "cut png",
        "short png header",
        "short png pixels",
        "png without pixels",
        "png of huge size",
        "bmp palette size",
        "cut bmp",
        "cut jpeg",
    ],
)
def test_a_damaged_picture_is_refused(picture_run, picture, tmp_path, suffix, damage):
    damaged = tmp_path / f"damaged{suffix}"
    Image.open(picture).save(damaged)
    damaged.write_bytes(damage(damaged.read_bytes()))

    assert refusal(picture_run, damaged).startswith(f"{damaged} cannot be read as an image: ")


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "the file is empty (0 bytes)"),
        (b"not a picture", "none of the formats BMP, GIF, JPEG, PNG, TIFF, WEBP"),
        (None, "it is damaged or incomplete; copy or save it again"),
    ],
    ids=["empty", "text", "cut"],
)
def test_the_reason_says_what_to_do(picture_run, picture, tmp_path, content, reason):
    damaged = tmp_path / "damaged.png"
    whole = picture.read_bytes()
    damaged.write_bytes(whole[: len(whole) // 2] if content is None else content)

    assert reason in refusal(picture_run, damaged)


def test_a_picture_of_too_many_pixels_is_not_unpacked(picture_run, tmp_path):
    huge = tmp_path / "huge.png"
    Image.new("1", (20_000, 10_000)).save(huge)

    assert refusal(picture_run, huge) == (
        f"{huge} cannot be read as an image: it has 20,000 x 10,000 pixels, and 40,000,000 are read "
        f"at most of a file of {huge.stat().st_size:,} bytes; save it smaller, for example with 2,048 "
        "pixels a side"
    )


def test_pictures_that_cannot_be_read_keep_their_place(
    picture_run, tmp_path, command: Command
) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    digit_pictures(folder, [3, 1])
    (folder / "digit2.png").write_bytes(b"")
    (folder / "digit4.png").write_text("no picture")

    listed = command("predict", str(picture_run.path), str(folder))
    as_json = command("predict", str(picture_run.path), str(folder), "--json")
    shown = nnlab.show_pictures(picture_run, folder, tmp_path / "sheet.png")

    rows = list(csv.DictReader(io.StringIO(listed.stdout)))
    assert [row["class"] for row in rows] == ["1", "", "3", ""]
    assert ["no answer" in row["note"] for row in rows] == [False, True, False, True]
    assert (listed.code, as_json.code) == (3, 3)
    assert listed.stderr.endswith("error: 2 of 4 pictures could not be read\n")
    answers = json.loads(as_json.stdout)["predictions"]
    assert answers[1]["note"] == (
        "no answer: cannot be read as an image: the file is empty (0 bytes)"
    )
    assert answers[1]["class"] is None
    assert shown.exists()


@pytest.mark.parametrize(
    "changes",
    [
        {"mean": None, "std": [1.0, 1.0]},
        {"mean": [0.0], "std": [1.0]},
        {"mean": [0.0, 0.0, 0.0]},
        {"std": "wide"},
        {"class_names": ["c1", "c2"]},
        {"task": "cooking"},
        {"input_shape": [3]},
        {"feature_names": 7},
    ],
    ids=[
        "no mean",
        "mean and std too short",
        "mean too long",
        "std of text",
        "one class too few",
        "unknown task",
        "other shape",
        "names not a list",
    ],
)
def test_damaged_preprocessing_is_refused(spiral_run, tmp_path, changes):
    damaged = tmp_path / spiral_run.id
    shutil.copytree(spiral_run.path, damaged)
    path = damaged / "preprocessing.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    with pytest.raises(NnlabError):
        tell(nnlab.RunDir(damaged), file)


@pytest.mark.parametrize(
    "key", ["mean", "std", "feature_names", "class_names", "task", "input_shape"]
)
def test_preprocessing_that_lacks_a_key_is_refused(spiral_run, tmp_path, key):
    damaged = tmp_path / spiral_run.id
    shutil.copytree(spiral_run.path, damaged)
    path = damaged / "preprocessing.json"
    stored = json.loads(path.read_text())
    del stored[key]
    path.write_text(json.dumps(stored))
    file = write_table(tmp_path / "new.csv", ["X1", "X2"], [(1, 2)])

    with pytest.raises(RunError) as caught:
        tell(nnlab.RunDir(damaged), file)

    assert str(caught.value) == f"{path} is damaged: {key}: Field required"
