from __future__ import annotations

import csv
import io
import json

import numpy as np

from tests.helpers.predictions import LABELS, probabilities_of, tell
from tests.helpers.tables import write_table


def test_without_a_terminal_the_answer_is_a_csv_table(table_run, tmp_path, capsys, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    predictions = answers(table_run, file)

    tell(table_run, file)

    printed = capsys.readouterr()
    rows = list(csv.DictReader(io.StringIO(printed.out)))
    assert list(rows[0]) == ["row", "class", *(f"p({label})" for label in LABELS), "note"]
    for row, expected in zip(rows, predictions, strict=True):
        assert row["row"] == str(expected["row"])
        assert row["class"] == expected["class"]
        for label in LABELS:
            assert float(row[f"p({label})"]) == expected["probabilities"][label]
    assert printed.err == "predicted by the last weights of seed 0\n"


def test_an_output_file_holds_the_printed_text(table_run, tmp_path, capsys):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    output = tmp_path / "answers.csv"
    tell(table_run, file)
    printed = capsys.readouterr().out

    tell(table_run, file, output=output)

    assert output.read_bytes().decode() == printed
    after = capsys.readouterr()
    assert after.out == ""
    assert after.err == f"2 predictions by the last weights of seed 0 in {output}\n"


def test_an_output_file_can_be_combined_with_json(table_run, tmp_path, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])
    output = tmp_path / "answers.csv"

    predictions = answers(table_run, file, output=output)

    assert len(predictions) == 2
    assert len(output.read_text().splitlines()) == 3


def test_the_command_prints_one_json_object_and_nothing_else(forked, table_run, tmp_path, answers):
    file = write_table(tmp_path / "new.csv", ["width", "height"], [(9, -180), (12, -260)])

    finished = forked("predict", table_run.path, file, "--json")

    assert finished.code == 0
    assert finished.stderr == ""
    printed = json.loads(finished.stdout)
    assert list(printed) == ["schema_version", "run", "checkpoint", "seeds", "predictions"]
    assert (printed["checkpoint"], printed["seeds"]) == ("last", [0])
    assert printed["schema_version"] == 1
    assert printed["run"] == table_run.id
    np.testing.assert_allclose(
        probabilities_of(printed["predictions"]),
        probabilities_of(answers(table_run, file)),
        rtol=1e-12,
    )


def test_the_command_answers_a_picture_and_says_how_it_was_prepared(forked, picture_run, picture):
    finished = forked("predict", picture_run.path, picture)

    assert finished.code == 0
    assert finished.stderr == (
        f"{picture}, row 1: cropped to the ink and centred\n"
        "predicted by the last weights of seed 0\n"
    )
    assert finished.stdout.splitlines()[1].startswith("1,3,")


def test_the_command_ends_with_3_when_the_table_does_not_fit(forked, table_run, tmp_path):
    file = write_table(tmp_path / "new.csv", ["width"], [(9,)])

    finished = forked("predict", table_run.path, file, "--json")

    assert finished.code == 3
    assert finished.stdout == ""
    error = finished.stderr.splitlines()[0]
    assert error == f"error: {file}: there is no column 'height'; columns: width"
