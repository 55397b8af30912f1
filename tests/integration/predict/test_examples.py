"""Predicted against true for examples of a split, and rows given as values."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

import nnlab
from nnlab.errors import DataError, NnlabError
from tests.helpers.command import Command
from tests.helpers.predictions import probabilities_of
from tests.helpers.tables import write_table


def test_examples_of_the_test_split_are_those_of_the_stored_predictions(spiral_run) -> None:
    from nnlab.runs.results import load_outputs

    outputs, targets = load_outputs(spiral_run, spiral_run.summary)
    expected = outputs.double().softmax(-1).mean(0)

    records = nnlab.predict_examples(spiral_run, examples=[3, 0])

    np.testing.assert_allclose(probabilities_of(records), expected[[3, 0]], atol=1e-6)
    names = ["c1", "c2", "c3"]
    assert [record["example"] for record in records] == [3, 0]
    assert [record["true"] for record in records] == [names[targets[3]], names[targets[0]]]


def test_without_numbers_the_whole_split_is_predicted(spiral_run) -> None:
    records = nnlab.predict_examples(spiral_run, "val")

    metrics = spiral_run.summary
    right = sum(record["true"] == record["class"] for record in records)
    assert len(records) == metrics["num_evaluated"]["val"]
    assert right / len(records) == pytest.approx(metrics["val"]["accuracy"], abs=0.1)


def test_the_command_prints_the_truth_next_to_the_prediction(spiral_run, command: Command) -> None:
    words = ("predict", str(spiral_run.path), "--split", "test", "--examples", "0,1")

    printed = command(*words)
    (first, _) = csv.DictReader(io.StringIO(printed.stdout))
    found = json.loads(command(*words, "--json").stdout)

    assert list(first)[:4] == ["example", "true", "class", "p(c1)"]
    assert first["true"] == found["predictions"][0]["true"]
    assert found["seeds"] == [0, 1]
    assert printed.stderr == "predicted by the mean over the last weights of seeds 0, 1\n"


def test_values_can_be_given_by_name_in_any_case(spiral_run, command: Command) -> None:
    (by_name,) = nnlab.predict(spiral_run, {"X1": 0.1, "X2": -0.2})
    (by_array,) = nnlab.predict(spiral_run, np.array([[0.1, -0.2]]))
    shown = command("predict", str(spiral_run.path), "x2=-0.2", "x1=0.1", "--json").stdout

    assert by_name == by_array == json.loads(shown)["predictions"][0]


def test_columns_of_a_file_match_in_any_case(spiral_run, tmp_path) -> None:
    file = write_table(tmp_path / "rows.csv", ["x2", "X1"], [(0.1, 0.2)])

    (found,) = nnlab.predict(spiral_run, file)

    assert found == nnlab.predict(spiral_run, np.array([[0.2, 0.1]]))[0]


def test_a_column_of_the_exact_name_wins(spiral_run, tmp_path) -> None:
    file = write_table(tmp_path / "rows.csv", ["x1", "X1", "X2"], [(9, 0.2, 0.1)])

    (found,) = nnlab.predict(spiral_run, file)

    assert found == nnlab.predict(spiral_run, np.array([[0.2, 0.1]]))[0]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"X1": 1}, "no value is given for X2; write X2=VALUE"),
        ({"X1": 1, "X2": 2, "X3": 3}, "has no feature 'X3'"),
        ({"X1": 1, "X2": "two"}, "X2=two: the value is not a number"),
    ],
)
def test_values_that_do_not_fit_are_refused(spiral_run, values: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        nnlab.predict(spiral_run, values)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "predict what?"),
        (["rows.csv", "X1=1"], "predict what?"),
        (["X1=1", "X1=2"], "X1 is given twice: X1=1 and X1=2"),
        (["rows.csv", "--split", "val"], "leave out rows.csv"),
        (["--examples", "45"], "the test split has no example 45: it has 45, 0 to 44"),
        (["--examples", "-1"], "'-1' is not a number; write them like 0,1,2"),
    ],
)
def test_unclear_questions_are_refused(
    spiral_run, command: Command, words: list, message: str
) -> None:
    refused = command("predict", str(spiral_run.path), *words)

    assert refused.code == (DataError.exit_code if "no example" in message else 2)
    assert message in refused.stderr
    assert issubclass(DataError, NnlabError)
