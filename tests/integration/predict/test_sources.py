"""Where rows come from: several files, folders, standard input; and in parts."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys

import numpy as np
import pytest

import nnlab
from nnlab.data.tables import rows as table_rows
from nnlab.errors import ConfigError, DataError
from tests.helpers.command import Command
from tests.helpers.predictions import digit_pictures
from tests.helpers.tables import write_table

ROWS = [(9, -180), (12, -260), (10, -200)]


@pytest.fixture
def table(tmp_path):
    return write_table(tmp_path / "new.csv", ["width", "height"], ROWS)


def without_file(records: list[dict]) -> list[dict]:
    return [{key: value for key, value in r.items() if key != "file"} for r in records]


def test_several_files_are_answered_in_order(table_run, table, tmp_path) -> None:
    other = write_table(tmp_path / "other.csv", ["height", "width"], [(-90, 14)])

    answers = nnlab.predict(table_run, [other, table])

    assert [(a["file"], a["row"]) for a in answers] == [
        (str(other), 1),
        *((str(table), row) for row in (1, 2, 3)),
    ]
    assert without_file(answers[1:]) == nnlab.predict(table_run, table)


def test_a_folder_is_read_in_the_order_of_names(picture_run, tmp_path, command: Command) -> None:
    folder = tmp_path / "digits"
    folder.mkdir()
    paths = digit_pictures(folder, [3, 1, 2])
    (folder / "notes.txt").write_text("mine")
    (folder / ".hidden.png").write_text("no picture")

    found = command("predict", str(picture_run.path), str(folder), "--json")

    answers = json.loads(found.stdout)["predictions"]
    assert [answer["file"] for answer in answers] == sorted(map(str, paths))
    assert [answer["class"] for answer in answers] == ["1", "2", "3"]
    assert "1 of 4 entries left alone: they are no pictures" in found.stderr


def test_a_folder_of_tables_leaves_others_alone(table_run, table) -> None:
    (table.parent / "picture.png").write_bytes(b"")

    answers = nnlab.predict(table_run, table.parent)

    assert without_file(answers) == nnlab.predict(table_run, table)
    assert {answer["file"] for answer in answers} == {str(table)}


@pytest.mark.parametrize("of", ["table_run", "picture_run"])
def test_standard_input_is_a_table_or_a_picture(of, request, table, tmp_path) -> None:
    run = request.getfixturevalue(of)
    path = table if of == "table_run" else digit_pictures(tmp_path, [5])[0]

    done = subprocess.run(
        [sys.executable, "-m", "nnlab", "predict", str(run.path), "-", "--json"],
        input=path.read_bytes(),
        capture_output=True,
        check=True,
    )

    assert json.loads(done.stdout)["predictions"] == nnlab.predict(run, path)


def test_an_open_file_is_read(table_run, table) -> None:
    with table.open("rb") as file:
        assert nnlab.predict(table_run, file) == nnlab.predict(table_run, table)


@pytest.mark.parametrize("words", [("-", "new.csv"), ("-", "-")])
def test_standard_input_comes_alone(table_run, command: Command, words) -> None:
    refused = command("predict", str(table_run.path), *words)

    assert refused.code == 2
    assert "predict what?" in refused.stderr


@pytest.mark.parametrize("cells", [2, 3, 4, 100])
def test_parts_give_the_answers_of_the_whole(table_run, table, monkeypatch, cells) -> None:
    whole = nnlab.predict(table_run, table, keep=["width"])
    monkeypatch.setattr(table_rows, "CELLS_PER_PART", cells)

    parts = nnlab.predict(table_run, table, keep=["width"])

    assert [part["row"] for part in parts] == [1, 2, 3]
    assert [part["input"] for part in parts] == [row["input"] for row in whole]
    np.testing.assert_allclose(
        [[*part["probabilities"].values()] for part in parts],
        [[*row["probabilities"].values()] for row in whole],
        rtol=1e-12,
    )


def test_rows_are_answered_before_the_file_is_read_to_its_end(
    table_run, table, monkeypatch
) -> None:
    monkeypatch.setattr(table_rows, "CELLS_PER_PART", 2)
    table.write_text(table.read_text() + "wide,1\n")

    stream = nnlab.predict_stream(table_run, table)

    assert [next(stream)["row"] for _ in ROWS] == [1, 2, 3]
    with pytest.raises(DataError, match="line 5"):
        next(stream)


@pytest.fixture
def wide(tmp_path):
    """A table with an id, a name that is a formula, and columns called as those of the answer."""
    rows = [("a-1", "=1+1", 9, -180, "x"), ("007", "M\u00fcller", 12, -260, "-1.5")]
    return write_table(tmp_path / "wide.csv", ["ID", "name", "width", "height", "class"], rows)


def test_kept_columns_are_part_of_the_answer(table_run, wide, command: Command) -> None:
    found = command("predict", str(table_run.path), str(wide), "--keep", "id,name,class")
    exact = command("predict", str(table_run.path), str(wide), "--keep", "id,name,class", "--json")

    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert list(rows[0])[:5] == ["row", "ID", "name", "input.class", "class"]
    assert [row["ID"] for row in rows] == ["a-1", "007"]
    assert [row["name"] for row in rows] == ["'=1+1", "M\u00fcller"]
    assert [row["input.class"] for row in rows] == ["x", "-1.5"]
    inputs = [answer["input"] for answer in json.loads(exact.stdout)["predictions"]]
    assert inputs[0] == {"ID": "a-1", "name": "=1+1", "class": "x"}


def test_all_columns_can_be_kept(table_run, wide) -> None:
    (first, _) = nnlab.predict(table_run, wide, keep=["all"])

    assert list(first["input"]) == ["ID", "name", "width", "height", "class"]


def test_a_column_to_keep_must_be_there(table_run, wide, command: Command) -> None:
    refused = command("predict", str(table_run.path), str(wide), "--keep", "nmae")

    assert refused.code == 3
    assert "there is no column 'nmae' (did you mean 'name'?)" in refused.stderr


@pytest.mark.parametrize("option", [("--keep", "x1"), ("--prepare", "none")])
def test_options_for_files_are_refused_beside_others(spiral_run, command: Command, option) -> None:
    for words in (["--split", "test"], ["x1=1", "x2=2"]):
        refused = command("predict", str(spiral_run.path), *words, *option)
        assert refused.code == 2
        assert option[0] in refused.stderr


@pytest.mark.parametrize(
    ("row", "is_far"),
    [
        ((10, -200), False),
        ((14, -90), False),
        ((1e6, -200), True),
        ((10, 5000), True),
        ((-30, -200), True),
    ],
)
def test_rows_far_outside_the_training_range_get_a_note(
    table_run, tmp_path, row, is_far, command: Command
) -> None:
    table = write_table(tmp_path / "far.csv", ["width", "height"], [row])

    (answer,) = nnlab.predict(table_run, table)
    shown = command("predict", str(table_run.path), str(table))

    assert ("far outside the training range: " in answer["note"]) == is_far
    (name, value) = ("height", row[1]) if row[0] == 10 else ("width", row[0])
    assert (f"{name} = {value:g} (" in answer["note"]) == is_far
    assert next(csv.DictReader(io.StringIO(shown.stdout)))["note"] == answer["note"]
    assert (answer["note"] in shown.stderr) == is_far or not is_far


def test_values_and_arrays_get_the_same_notes(spiral_run) -> None:
    (by_name,) = nnlab.predict(spiral_run, {"X1": 900, "X2": 0})
    (by_array,) = nnlab.predict(spiral_run, np.array([[900.0, 0.0]]))

    assert by_name == by_array
    assert by_name["note"].startswith("far outside the training range: X1 = 900 (-")


def test_show_is_for_pictures(table_run, table, tmp_path) -> None:
    with pytest.raises(ConfigError, match="only pictures are prepared and shown"):
        nnlab.show_pictures(table_run, table, tmp_path / "sheet.png")
