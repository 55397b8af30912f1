from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from PIL import Image

import nnlab
from nnlab.errors import NnlabError, RunError
from tests.helpers.predictions import refusal, tell
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
    assert refusal(table_run, table) == (
        f"there is no file {table} (relative to the folder {Path.cwd()})"
    )


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
