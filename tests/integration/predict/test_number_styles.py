"""New rows write numbers as the run's table does, where they do not tell themselves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import DataError, RunError
from tests.helpers.command import Command

HEAD = "pay;x;y\n"
COMMAS = HEAD + "".join(f"{1 + i % 8}.{i % 10}00;{i % 20},5;{i % 2}\n" for i in range(60))
POINTS = HEAD + "".join(f"{1 + i % 8}.{i % 10}00;{i % 20}.5;{i % 2}\n" for i in range(60))
EXPERIMENT = {
    "dataset": {"name": "csv", "path": "t.csv", "target": "y"},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam"},
    "train": {"epochs": 1},
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def train(text: str) -> nnlab.Run:
    Path("t.csv").write_text(text)
    return nnlab.train(EXPERIMENT, on_warning=lambda _: None)


def answer(run: nnlab.Run, rows: str) -> dict[str, float]:
    Path("new.csv").write_text(rows)
    return nnlab.predict(run, "new.csv")[0]["probabilities"]


@pytest.mark.parametrize(
    "rows", ["pay;x\n4.100;1\n", "pay;x\n4100;1\n", "pay;x\n4.100;1,0\n", "pay;x\n4.100,00;1\n"]
)
def test_a_row_is_read_alike_whatever_its_neighbours_show(rows: str) -> None:
    run = train(COMMAS)

    assert answer(run, rows) == answer(run, "pay;x\n4100;1,0\n")


def test_three_decimals_after_a_comma_are_decimals() -> None:
    run = train(COMMAS)

    assert answer(run, "pay;x\n4100;1,500\n") == answer(run, "pay;x\n4100;1,5\n")


def test_rows_that_do_tell_are_read_in_their_own_way() -> None:
    run = train(COMMAS)

    assert answer(run, "pay;x\n4100;1.5\n") == answer(run, "pay;x\n4100;1,5\n")


def test_points_are_decimals_where_training_had_points() -> None:
    run = train(POINTS)

    assert answer(run, "pay;x\n4.100;1\n") == answer(run, "pay;x\n4.1;1\n")


def test_values_typed_are_written_as_in_the_table(command: Command) -> None:
    run = train(COMMAS)

    def typed(*values: str) -> dict[str, float]:
        shown = command("predict", run.id, *values, "--json").stdout
        return json.loads(shown)["predictions"][0]["probabilities"]

    assert typed("pay=4.100", "x=1,5") == typed("pay=4100", "x=1.5")
    assert typed("pay=4100", "x=1") == pytest.approx(
        nnlab.predict(run, {"pay": 4100, "x": 1.0})[0]["probabilities"]
    )


def test_files_of_a_split_that_write_numbers_in_two_ways_are_refused() -> None:
    Path("test.csv").write_text(HEAD + "".join(f"{i},25;{i},5;{i % 2}\n" for i in range(30)))
    Path("t.csv").write_text(
        HEAD + "".join(f"{1 + i % 8}.472;{i}.569;{i % 2}\n" for i in range(60))
    )
    dataset = {**EXPERIMENT["dataset"], "test_path": "test.csv"}

    with pytest.raises(DataError, match="write numbers in different ways"):
        nnlab.train({**EXPERIMENT, "dataset": dataset})


@pytest.mark.parametrize("style", [["", ""], ["x", ""], [",", "ab"], [], "no"])
def test_a_forged_style_is_refused(style: object) -> None:
    run = train(COMMAS)
    stored = json.loads(run.preprocessing_path.read_text())
    run.preprocessing_path.write_text(json.dumps({**stored, "number_style": style}))

    with pytest.raises(RunError, match="damaged"):
        nnlab.predict(run, {"pay": 1, "x": 1})
