"""Where the table of an experiment is looked for: next to its file, then in the current folder."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

import nnlab
from nnlab.config.load import load_config
from nnlab.config.messages import ConfigProblems
from nnlab.errors import RunError

EXPERIMENT = """\
dataset: {name: csv, path: own.csv, target: y}
model: {name: logistic}
optimizer: {name: adam}
train: {epochs: 1}
"""


def write_table(folder: Path, name: str = "own.csv", *, shift: int = 0) -> Path:
    rows = [f"{i + shift},{i % 7},{'pq'[i % 2]}" for i in range(40)]
    path = folder / name
    path.write_text("\n".join(["a,b,y", *rows]))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with an experiment in the folder ``tab`` below it."""
    (tmp_path / "tab").mkdir()
    (tmp_path / "tab" / "own.yaml").write_text(EXPERIMENT)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def path_of(*overrides: str) -> str | None:
    return load_config("tab/own.yaml", overrides).dataset.table_path


def test_a_table_next_to_the_experiment_is_found(folder: Path) -> None:
    write_table(folder / "tab")
    assert path_of() == str(Path("tab/own.csv"))
    run = nnlab.train("tab/own.yaml")
    assert run.config.dataset.path == str(Path("tab/own.csv"))
    assert run.meta["data_path"] == str(folder / "tab" / "own.csv")
    assert run.config_path.read_text() == EXPERIMENT


def test_a_table_in_the_current_folder_is_found_too(folder: Path) -> None:
    write_table(folder)
    assert path_of() == "own.csv"


def test_a_table_that_is_nowhere_keeps_the_path_that_was_written(folder: Path) -> None:
    assert path_of() == "own.csv"


def test_an_argument_is_relative_to_the_current_folder(folder: Path) -> None:
    write_table(folder / "tab", "other.csv")
    assert path_of("dataset.path=other.csv") == "other.csv"
    assert path_of("dataset={name: csv, path: other.csv, target: y}") == "other.csv"


def test_two_tables_are_ambiguous_only_if_they_differ(folder: Path) -> None:
    write_table(folder / "tab")
    write_table(folder)
    assert path_of() == str(Path("tab/own.csv"))
    write_table(folder, shift=1)
    with pytest.raises(ConfigProblems, match=r"own.yaml:1:28: dataset.path: 'own.csv' can be tab"):
        path_of()
    assert path_of("dataset.path=own.csv") == "own.csv"


def test_a_run_is_evaluated_from_above_and_below_the_folder_of_its_table(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(folder / "tab")
    monkeypatch.chdir(folder / "tab")
    run = nnlab.train("own.yaml")
    (checked,) = [nnlab.check(run).lint]
    assert checked.skipped is None
    monkeypatch.chdir(folder)
    assert nnlab.evaluate(run)["test"] == run.summary["test"]
    assert nnlab.check(run).lint.skipped is None
    (folder / "elsewhere").mkdir()
    monkeypatch.chdir(folder / "elsewhere")
    with pytest.raises(RunError) as refused:
        nnlab.evaluate(run)
    option, file = shlex.split(str(refused.value).rpartition("same: ")[2])
    assert option == "--data-file"
    assert nnlab.evaluate(run, data_file=file)["test"] == run.summary["test"]


def test_a_table_that_is_gone_is_said_to_be_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = write_table(folder / "tab")
    run = nnlab.train("tab/own.yaml")
    table.rename(folder / "moved.csv")
    with pytest.raises(RunError, match=r"own.csv, which is gone\nsay where it is now: --data-file"):
        nnlab.evaluate(run)
    assert nnlab.evaluate(run, data_file="moved.csv")["test"] == run.summary["test"]


def test_the_table_of_a_run_is_not_looked_for_in_the_folder_of_the_run(folder: Path) -> None:
    write_table(folder / "tab")
    run = nnlab.train("tab/own.yaml")
    (run.path / "tab").mkdir()
    write_table(run.path / "tab", shift=1)
    assert run.config.dataset.path == str(Path("tab/own.csv"))
    assert not nnlab.verify(run).problems
