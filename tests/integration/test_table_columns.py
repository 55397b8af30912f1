"""Tables with categories, dates, ids and gaps, from training to new rows."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.errors import ConfigError, DataError, RunError
from nnlab.report.importance import importance
from nnlab.report.run_view import RunView
from nnlab.runs.inference import preprocess
from nnlab.runs.load import open_run
from nnlab.runs.new_rows import row_of
from nnlab.storage.folders import Folders
from tests.helpers.command import Command
from tests.helpers.messy_table import CITIES, write_messy

EXPERIMENT = {
    "name": "messy",
    "dataset": {
        "name": "csv",
        "path": "messy.csv",
        "target": "Antwort",
        "kinds": ["number", "boolean", "category", "date"],
        "drop": ["Kunden-Nr", "Größe", "Gewicht", "Notiz", "leer"],
        "columns": {"geboren": {"date_format": "%d.%m.%Y", "date_parts": ["days", "month"]}},
        "missing": "median",
    },
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.02},
    "train": {"epochs": 2, "seeds": 2, "precision": "float64"},
}
FEATURES = [
    *(f"Stadt={city}" for city in sorted(CITIES)),
    *("Stadt is missing", "Mitglied", "geboren", "geboren.month", "geboren is missing"),
    *("Käufe", "Käufe is missing"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("messy")
    write_messy(path / "messy.csv", 300)
    return path


@pytest.fixture(autouse=True)
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


@pytest.fixture(scope="module")
def run(folder: Path) -> nnlab.Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return nnlab.train(EXPERIMENT, runs_dir="runs")


def new_row(**changes: object) -> dict[str, object]:
    row = {"Stadt": "Ulm", "Mitglied": "true", "geboren": "24.12.1980", "Käufe": 3}
    return {**row, **changes}


def test_features_are_named_after_columns_and_categories(run: nnlab.Run) -> None:
    assert run.preprocessing["feature_names"] == FEATURES
    assert run.preprocessing["input_shape"] == [len(FEATURES)]


def test_a_row_of_a_file_is_predicted_as_by_its_values(run: nnlab.Run, tmp_path: Path) -> None:
    row = new_row()
    names = ["extra", "Käufe", "geboren", "Stadt", "Mitglied"]
    cells = [str(row.get(name, "?")) for name in names]
    (tmp_path / "new.csv").write_text(f"{','.join(names)}\n{','.join(cells)}\n", encoding="utf-8")

    assert nnlab.predict(run, tmp_path / "new.csv") == nnlab.predict(run, row)


def test_missing_cells_of_new_rows_are_filled_in(run: nnlab.Run) -> None:
    (unknown,) = nnlab.predict(run, new_row(Käufe="NA", geboren=""))
    (known,) = nnlab.predict(run, new_row())

    assert np.isfinite(unknown["probabilities"]["ja"])
    assert unknown["probabilities"] != known["probabilities"]


def test_an_unknown_category_is_none_of_the_known_ones(run: nnlab.Run) -> None:
    stored = open_run(run)

    inputs = preprocess(stored, row_of(stored, new_row(Stadt="Trier")).raw)

    assert not inputs[0, : len(CITIES) + 1].any()


class Frame:
    """As much of a data frame as nnlab needs."""

    def __init__(self, rows: list[dict[str, object]]) -> None:
        self.columns = list(rows[0])
        self.rows = rows

    def __array__(self, dtype=None, copy=None) -> np.ndarray:
        return np.array([list(row.values()) for row in self.rows], dtype=dtype)


def test_rows_of_a_program_are_predicted_as_those_of_a_file(run: nnlab.Run) -> None:
    row = new_row(Käufe=3.0, Mitglied=True)
    expected = nnlab.predict(run, new_row())

    by_place = nnlab.predict(run, [list(row.values())])
    by_name = nnlab.predict(run, Frame([{"other": None, **dict(reversed(row.items()))}]))

    assert by_place == by_name == expected
    assert nnlab.predict(run, [["Ulm", True, None, np.nan]]) != expected
    with pytest.raises(DataError, match="takes rows of 4 cells"):
        nnlab.predict(run, [[1.0, 2.0]])


def test_contenders_that_leave_out_rows_of_their_own_are_not_compared(tmp_path: Path) -> None:
    dataset = EXPERIMENT["dataset"] | {"missing": "drop"}

    with pytest.raises(ConfigError, match=r"use different data: .*dataset\.missing is"):
        nnlab.compare([EXPERIMENT, EXPERIMENT | {"name": "b", "dataset": dataset}], seeds=2)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"Mitglied": "vielleicht"}, "Mitglied=vielleicht: the value is neither true nor false"),
        ({"Mitglied": "NA"}, None),
        ({"geboren": "1980-12-24"}, "geboren=1980-12-24: the value is not a date"),
        ({"Käufe": "drei"}, "Käufe=drei: the value is not a number"),
    ],
    ids=["boolean", "filled in", "date", "number"],
)
def test_a_value_of_another_kind_is_refused(run: nnlab.Run, changes, message) -> None:
    if message is None:
        assert nnlab.predict(run, new_row(**changes))
        return
    with pytest.raises(DataError) as caught:
        nnlab.predict(run, new_row(**changes))
    assert str(caught.value) == message


def test_the_stored_run_predicts_its_own_test_split_again(run: nnlab.Run) -> None:
    again = nnlab.evaluate(run)

    assert again["test"] == pytest.approx(run.summary["test"], abs=1e-12)


def test_a_damaged_column_is_refused(run: nnlab.Run, tmp_path: Path) -> None:
    copy = tmp_path / run.path.name
    shutil.copytree(run.path, copy)
    stored = json.loads((copy / "preprocessing.json").read_text())
    stored["columns"][0]["categories"] = ["a", "a"]
    (copy / "preprocessing.json").write_text(json.dumps(stored))

    with pytest.raises(RunError, match="column 'Stadt' contradict"):
        nnlab.predict(copy, new_row())


def test_importance_is_drawn_by_column(run: nnlab.Run) -> None:
    source = RunView.load(open_run(run), Folders.choose())

    (axes,) = importance(source).axes

    names = [label.get_text() for label in axes.get_yticklabels()]
    assert sorted(names) == ["Käufe", "Mitglied", "Stadt", "geboren"]


def test_a_replica_with_its_own_split_is_what_its_seed_is_alone(tmp_path: Path) -> None:
    dataset = {**EXPERIMENT["dataset"], "split": {"vary": True, "test": 0.8, "val": 0.1}}
    words = {"dataset": dataset}
    together = nnlab.train({**EXPERIMENT, **words}, runs_dir=tmp_path)
    alone = nnlab.train({**EXPERIMENT, **words}, {"train.seed": 1}, seeds=1, runs_dir=tmp_path)

    expected = alone.summary["per_seed"][0]["test"]["loss"]
    assert together.summary["per_seed"][1]["test"]["loss"] == pytest.approx(expected, rel=1e-12)
    assert nnlab.predict(together, new_row())


def test_data_are_shown_by_kind(command: Command) -> None:
    shown = command("data", "show", "messy.csv").stdout

    assert "no name (row numbers without a name)" in shown
    assert " Stadt      category" in shown
    assert "Stadt: Bonn" in shown
