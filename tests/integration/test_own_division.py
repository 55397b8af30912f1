"""Tables that say themselves which rows train, validate and test."""

from __future__ import annotations

import json

import numpy as np
import pytest

import nnlab
from nnlab.errors import ConfigError, DataError, RunError
from nnlab.runs.load import open_run
from nnlab.storage.folders import Folders
from tests.helpers.tables import write_table

SHORT = {
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.05},
    "train": {"epochs": 2, "threads": 1},
}
PARTS = ["train", "Training", "dev", "TEST"]


def rows(number: int, seed: int = 0) -> list[list[object]]:
    generator = np.random.default_rng(seed)
    points = generator.normal(size=(number, 2)).round(4)
    return [[x1, x2, "yes" if x1 + x2 > 0 else "no"] for x1, x2 in points.tolist()]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """The current folder, with a table whose columns tell a part, a patient and a day."""
    monkeypatch.chdir(tmp_path)
    told = [
        [*row, PARTS[i % 4], f"p{i // 8}", f"2024-{1 + i * 7 % 12:02}-{1 + i % 28:02}"]
        for i, row in enumerate(rows(160))
    ]
    write_table(tmp_path / "t.csv", ["x1", "x2", "y", "part", "patient", "day"], told)
    for name, number in (("train", 80), ("val", 20), ("test", 30)):
        write_table(tmp_path / f"{name}.csv", ["x1", "x2", "y"], rows(number, number))
    return tmp_path


def experiment(split=None, **dataset):
    section = {"name": "csv", "path": "t.csv", "target": "y", **dataset}
    if section["path"] == "t.csv":
        section["features"] = ["x1", "x2"]
    return {"dataset": {**section, **({"split": split} if split else {})}, **SHORT}


FILES = {"path": "train.csv", "val_path": "val.csv", "test_path": "test.csv"}
OWN = {
    "column": (experiment({"column": "part"}), (80, 40, 40)),
    "group": (experiment({"group": "patient"}), (112, 24, 24)),
    "time": (experiment({"time": "day"}), (112, 24, 24)),
    "files": (experiment(**FILES), (80, 20, 30)),
    "test file": (experiment(path="train.csv", test_path="test.csv"), (68, 12, 30)),
}


@pytest.mark.parametrize(("config", "sizes"), OWN.values(), ids=OWN)
def test_a_run_on_an_own_division_is_trained_evaluated_and_verified(config, sizes, folder):
    run = nnlab.train(config, runs_dir="runs")

    assert tuple(run.meta["num_examples"].values()) == pytest.approx(sizes, abs=3)
    again = nnlab.evaluate(run, runs_dir="runs")
    assert again["test"] == pytest.approx(run.summary["test"])
    assert not nnlab.verify(run, runs_dir="runs").problems
    assert run.preprocessing["feature_names"] == ["x1", "x2"]


def test_the_column_of_the_split_is_no_feature(folder):
    told = [[x1, x2, y, i % 3] for i, (x1, x2, y) in enumerate(rows(60))]
    write_table(folder / "days.csv", ["x1", "x2", "y", "day"], told)

    run = nnlab.train(experiment({"time": "day"}, path="days.csv"), runs_dir="runs")

    assert run.preprocessing["feature_names"] == ["x1", "x2"]


def test_groups_are_drawn_again_for_each_replica(folder):
    config = experiment({"group": "patient", "vary": True})
    run = nnlab.train(config, seeds=3, runs_dir="runs")

    job = open_run(run).build_job(open_run(run).config, Folders.choose().data)
    tests = [job.dataset.test.of(replica).inputs.tolist() for replica in range(3)]
    assert tests[0] != tests[1] != tests[2]


def test_columns_of_files_are_found_by_name(folder):
    swapped = [[y, x2, x1] for x1, x2, y in rows(30, 30)]
    write_table(folder / "swapped.csv", ["y", "X2", "x1"], swapped)

    first = nnlab.train(experiment(**FILES), runs_dir="runs")
    second = nnlab.train(experiment(**{**FILES, "test_path": "swapped.csv"}), runs_dir="runs")

    assert first.summary["test"] == second.summary["test"]
    assert first.meta["data_sha256"] != second.meta["data_sha256"]


def test_a_label_that_only_the_test_file_has_is_refused(folder):
    write_table(
        folder / "test.csv", ["x1", "x2", "y"], [*rows(9), [1, 2, "maybe"], [3, 4, "maybe"]]
    )

    with pytest.raises(DataError, match=r"labels of test that no row of train has: 'maybe' \(2\)"):
        nnlab.train(experiment(**FILES), runs_dir="runs")


def test_an_error_names_the_file_that_has_it(folder):
    write_table(folder / "val.csv", ["x1", "x2", "y"], [[1, 2, "yes"], [1, "two", "no"]])

    with pytest.raises(DataError, match=r"^val\.csv.*line 3"):
        nnlab.train(experiment(**FILES), runs_dir="runs")


def test_a_file_without_a_column_is_refused(folder):
    write_table(folder / "test.csv", ["x1", "y"], [[1, "yes"], [2, "no"]])

    with pytest.raises(DataError, match=r"^test\.csv: there is no column 'x2'"):
        nnlab.train(experiment(**FILES), runs_dir="runs")


def test_a_changed_file_is_noticed(folder):
    run = nnlab.train(experiment(**FILES), runs_dir="runs")
    write_table(folder / "val.csv", ["x1", "x2", "y"], rows(20, 99))

    with pytest.raises(RunError, match="has changed"):
        nnlab.evaluate(run, runs_dir="runs")


def test_the_other_files_are_found_beside_the_one_that_is_given(
    folder, tmp_path_factory, monkeypatch
):
    run = nnlab.train(experiment(**FILES), runs_dir=folder / "runs")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    found = nnlab.evaluate(run, data_file=folder / "train.csv")

    assert found["num_examples"] == 30


@pytest.mark.parametrize("option", [{"early_stopping": {"patience": 2}}, {"select": "best"}])
def test_early_stopping_needs_rows_to_validate_on(option, folder):
    table = [[*row, "test" if i % 4 else "train"] for i, row in enumerate(rows(40))]
    write_table(folder / "t.csv", ["x1", "x2", "y", "part"], table)
    config = {**experiment({"column": "part"}), "train": {**SHORT["train"], **option}}

    with pytest.raises(DataError, match="the data have no val split: nothing can stop"):
        nnlab.train(config, runs_dir="runs")


CONTRADICTIONS = {
    "two columns": ({"group": "patient", "time": "day"}, {}, "a split follows one column"),
    "order": ({"time": "day", "order": "sequential"}, {}, "split.time decides the order"),
    "fraction": ({"column": "part", "val": 0.3}, {}, "the column 'part' decides what is for val"),
    "vary": ({"time": "day", "vary": True}, {}, "the same for every replica"),
    "file and column": ({"group": "patient"}, {"test_path": "test.csv"}, "already says which rows"),
    "file and fraction": (
        {"test": 0.3},
        {"test_path": "test.csv"},
        "is the test split; remove test",
    ),
}


@pytest.mark.parametrize(("split", "files", "text"), CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_divisions_that_contradict_each_other_are_refused(split, files, text, folder):
    with pytest.raises(ConfigError, match=text):
        nnlab.train(experiment(split, **files), runs_dir="runs")


UNUSABLE = {
    "other words": (
        {"column": "patient"},
        r"column 'patient' says 'p0', .* and 12 more; a split is called",
    ),
    "no column": ({"column": "parts"}, "there is no column 'parts'"),
    "target": ({"group": "y"}, "which cannot be a feature or the target"),
    "feature": ({"column": "x1"}, "which cannot be a feature or the target"),
    "no time": ({"time": "patient"}, "'p0' is no number and no date"),
}


@pytest.mark.parametrize(("split", "text"), UNUSABLE.values(), ids=UNUSABLE)
def test_a_column_that_says_nothing_about_the_split_is_refused(split, text, folder):
    with pytest.raises(DataError, match=text):
        nnlab.train(experiment(split), runs_dir="runs")


@pytest.fixture
def gaps(folder):
    """A table that says of every tenth row neither its part, nor its patient, nor its day."""
    names = ["x1", "x2", "y", "part", "patient", "day"]
    empty = ["", "NA", " "]
    told = [
        [*row, *(empty if i % 10 == 0 else [PARTS[i % 4], f"p{i // 8}", f"{i % 40}"])]
        for i, row in enumerate(rows(160))
    ]
    write_table(folder / "gaps.csv", names, told)
    return {"path": "gaps.csv", "features": ["x1", "x2"]}


GAPPED = [("column", "part"), ("group", "patient"), ("time", "day")]


@pytest.mark.parametrize(("key", "column"), GAPPED)
def test_rows_that_no_split_can_take_are_refused_with_the_way_to_leave_them_out(key, column, gaps):
    advice = f"dataset.columns.{column}.missing=drop"
    with pytest.raises(DataError, match=f"16 of 160 cells are missing.*\n.*{advice} leaves out"):
        nnlab.train(experiment({key: column}, **gaps), runs_dir="runs")
    with pytest.raises(DataError, match=advice):
        nnlab.train(experiment({key: column}, **gaps, missing="median"), runs_dir="runs")


@pytest.mark.parametrize(("key", "column"), GAPPED)
@pytest.mark.parametrize("how", [{"missing": "drop"}, {"columns": True}])
def test_rows_that_no_split_can_take_are_left_out_where_that_is_asked(key, column, how, gaps):
    how = {"columns": {column: {"missing": "drop"}}} if "columns" in how else how

    run = nnlab.train(experiment({key: column}, **gaps, **how), runs_dir="runs")

    assert sum(run.meta["num_examples"].values()) == 144
    assert run.meta["data"]["rows_dropped"] == {"missing cells": 16}
    assert not nnlab.verify(run, runs_dir="runs").problems


def test_a_path_in_an_experiment_file_is_relative_to_the_file(
    folder, tmp_path_factory, monkeypatch
):
    (folder / "e.yaml").write_text(json.dumps(experiment(**FILES)))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))

    run = nnlab.train(folder / "e.yaml", runs_dir="runs")

    assert run.meta["num_examples"]["test"] == 30
