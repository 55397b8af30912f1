"""nnlab eval --data-file: the run's table elsewhere, or another labelled one."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, mean_absolute_error

import nnlab
from nnlab.errors import ConfigError, DataError
from tests.helpers.tables import write_table

TRAIN = {"epochs": 3, "threads": 1}


def rows(number: int, seed: int) -> list[list[object]]:
    points = np.random.default_rng(seed).normal(size=(number, 2)).round(4)
    return [[x1, x2, 1 if x1 + x2 > 0 else 10 if x1 > 0 else 2] for x1, x2 in points.tolist()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder of a table, of another with the same columns, and of runs on the first."""
    folder = tmp_path_factory.mktemp("new")
    write_table(folder / "t.csv", ["x1", "x2", "y"], rows(120, 0))
    swapped = [[y, x2, x1, "note"] for x1, x2, y in rows(1000, 1)]
    write_table(folder / "labelled.csv", ["y", "X2", "x1", "z"], swapped)
    return folder


def train(folder, **options):
    dataset = {
        "name": "csv",
        "path": str(folder / "t.csv"),
        "target": "y",
        **options.pop("dataset", {}),
    }
    config = {
        "dataset": dataset,
        "model": {"name": "mlp", "hidden_sizes": [4]},
        "optimizer": {"name": "adam", "lr": 0.05},
        "train": TRAIN,
        **options,
    }
    return nnlab.train(config, seeds=2, runs_dir=folder / "runs")


@pytest.fixture(scope="module")
def run(folder):
    return train(folder)


def test_all_rows_of_another_table_are_measured(run, folder):
    found = nnlab.evaluate(run, data_file=folder / "labelled.csv")

    features = np.array([row[:2] for row in rows(1000, 1)])
    labels = [str(row[2]) for row in rows(1000, 1)]
    names = run.preprocessing["class_names"]
    assert names == ["1", "2", "10"]
    for seed, result in enumerate(found["per_seed"]):
        logits = run.model(seed)(run.preprocess(features, seed))
        preds = [names[i] for i in logits.argmax(-1).tolist()]
        assert result["new"]["accuracy"] == pytest.approx(accuracy_score(labels, preds))
    assert found["num_examples"] == 1000
    assert found["data_file"] == str(folder / "labelled.csv")


def test_the_output_says_which_rows_were_measured(run, folder, command):
    shown = command("eval", str(run.path), "--data-file", str(folder / "labelled.csv"))

    assert shown.code == 0
    assert "last weights, 1,000 rows of" in shown.stdout
    assert "labelled.csv" in shown.stdout


def test_a_limit_holds_for_the_new_rows(run, folder, command):
    args = ["eval", str(run.path), "--data-file", str(folder / "labelled.csv"), "--json"]

    assert command(*args, "--min", "accuracy=1").code == 8
    passed = command(*args, "--min", "accuracy=0.01")
    assert passed.code == 0
    assert json.loads(passed.stdout)["split"] == "new"


def test_the_same_bytes_elsewhere_are_the_table_of_the_run(run, folder, tmp_path):
    shutil.copy(folder / "t.csv", tmp_path / "moved.csv")

    found = nnlab.evaluate(run, "val", data_file=tmp_path / "moved.csv")

    assert found["val"] == pytest.approx(run.summary["val"])


def test_a_split_of_another_table_is_refused(run, folder):
    with pytest.raises(ConfigError, match=r"is not the table of run .* no test split"):
        nnlab.evaluate(run, "test", data_file=folder / "labelled.csv")


def test_a_label_that_the_run_does_not_know_is_named(run, tmp_path):
    write_table(tmp_path / "new.csv", ["x1", "x2", "y"], [[1, 2, 1], [1, 2, 3], [3, 4, 3]])

    with pytest.raises(DataError, match=r"column 'y': run .* does not know '3' \(2\).*: 1, 2, 10"):
        nnlab.evaluate(run, data_file=tmp_path / "new.csv")


def test_a_label_in_another_spelling_is_named_with_the_one_that_may_be_meant(run, tmp_path):
    write_table(tmp_path / "new.csv", ["x1", "x2", "y"], [[1, 2, "1.0"], [1, 2, "10"]])

    with pytest.raises(DataError, match=r"does not know '1.0' \(did you mean '1'\?\) \(1\); its"):
        nnlab.evaluate(run, data_file=tmp_path / "new.csv")


def test_a_label_matches_without_invisible_characters(run, tmp_path):
    write_table(tmp_path / "new.csv", ["x1", "x2", "y"], [[1, 2, "1\u200b"], [1, 2, "\ufeff10"]])

    assert nnlab.evaluate(run, data_file=tmp_path / "new.csv")["num_examples"] == 2


def test_metrics_that_one_class_does_not_define_are_named_with_the_reason(run, tmp_path, command):
    write_table(tmp_path / "new.csv", ["x1", "x2", "y"], [[1, 2, 1], [2, 2, 1]])
    args = ["eval", str(run.path), "--data-file", str(tmp_path / "new.csv")]

    found = json.loads(command(*args, "--json").stdout)["new"]

    assert (found["roc_auc"], found["pr_auc"]) == (None, None)
    lines = command(*args).stdout.splitlines()
    assert "roc_auc, pr_auc: undefined, as there are no examples of '2', '10'" in lines
    assert any(line.split()[0:1] == ["2"] and "-" in line.split() for line in lines if line)


def test_r2_of_one_row_is_undefined(folder, tmp_path, command):
    section = {"task": "regression", "target": "x2", "features": ["x1"]}
    run = train(folder, dataset=section)
    write_table(tmp_path / "new.csv", ["x1", "x2"], [[1, 2]])
    args = ["eval", str(run.path), "--data-file", str(tmp_path / "new.csv")]

    assert json.loads(command(*args, "--json").stdout)["new"]["r2"] is None
    assert "r2: undefined, as there is only one value" in command(*args).stdout
    assert command(*args, "--min", "r2=0.5").code == 8


def test_a_table_without_the_target_is_refused(run, tmp_path):
    write_table(tmp_path / "new.csv", ["x1", "x2"], [[1, 2], [3, 4]])

    with pytest.raises(DataError, match="there is no column 'y'"):
        nnlab.evaluate(run, data_file=tmp_path / "new.csv")


@pytest.mark.parametrize("standardize", [True, False])
def test_values_are_measured_in_the_unit_of_the_target(standardize, folder, tmp_path):
    section = {"task": "regression", "standardize_target": standardize, "target": "x2"}
    run = train(folder, dataset={**section, "features": ["x1"]})
    write_table(tmp_path / "new.csv", ["x1", "x2"], [row[:2] for row in rows(300, 2)])

    found = nnlab.evaluate(run, data_file=tmp_path / "new.csv")

    features, values = np.array([row[:2] for row in rows(300, 2)]).T
    for seed, result in enumerate(found["per_seed"]):
        preds = run.model(seed)(run.preprocess(features[:, None], seed)).detach().squeeze(-1)
        assert result["new"]["mae"] == pytest.approx(mean_absolute_error(values, preds), rel=1e-5)


@pytest.mark.parametrize(
    "options",
    [
        {"dataset": {"split": {"vary": True}}},
        {"loss": {"name": "cross_entropy", "class_weight": "balanced"}},
    ],
    ids=["vary", "weights"],
)
def test_runs_of_several_kinds_are_measured_on_the_rows_they_were_tested_on(
    options, folder, tmp_path
):
    run = train(folder, **options)
    own = rows(120, 0)
    write_table(tmp_path / "again.csv", ["x1", "y", "x2"], [[x1, y, x2] for x1, x2, y in own])

    found = nnlab.evaluate(run, data_file=tmp_path / "again.csv")
    parts = [nnlab.evaluate(run, s, data_file=folder / "t.csv") for s in ("train", "val", "test")]

    for seed in range(2):
        hits = [
            part["num_examples"] * part["per_seed"][seed][part["split"]]["accuracy"]
            for part in parts
        ]
        assert found["per_seed"][seed]["new"]["accuracy"] == pytest.approx(sum(hits) / 120)
