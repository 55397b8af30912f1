from __future__ import annotations

import json
from pathlib import Path

import nnlab
from tests.helpers.command import Command


def test_a_run_is_diagnosed_and_its_experiment_checked(command: Command, tmp_path: Path) -> None:
    run = nnlab.train("e1_spiral_linear", runs_dir=tmp_path / "runs")
    finished = command("check", str(run.path))
    assert "resolved.yaml:" in finished.stdout
    assert "warning NL202" in finished.stdout
    assert f"{run.id}: underfitting" in finished.stdout
    (checked,) = json.loads(command("check", str(run.path), "--json").stdout)["checked"]
    assert checked["run"] == run.id
    assert checked["diagnosis"][0]["name"] == "underfitting"


def test_training_prints_each_warning_once_and_briefly(command: Command) -> None:
    finished = command(
        "train", "faulty.yaml", "train.epochs=1", "train.seeds=1", "dataset.num_samples=60"
    )
    assert finished.code == 0
    told = [line for line in finished.stderr.splitlines() if "NL" in line or "check" in line]
    assert told[:-1] == [
        "warning NL101: spiral is generated in order, and the split keeps that order",
        "warning NL102: batches of 64 follow the file order in every epoch",
        "warning NL201: cross-entropy applies softmax to the outputs of a softmax",
        "warning NL303: adam rescales the weight decay of 0.0001; adamw does not",
        "warning NL401: test.accuracy is monitored in every epoch",
    ]
    assert told[-1] == "more: nnlab check faulty.yaml"
    assert "NL" not in finished.stdout


def test_training_a_clean_experiment_prints_no_warning(command: Command) -> None:
    finished = command("train", "clean.yaml", "train.epochs=1", "dataset.num_samples=60")
    assert "warning" not in finished.stderr
    assert "nnlab check" not in finished.stderr


def test_a_comparison_prints_warnings_and_keeps_its_json_clean(command: Command) -> None:
    quick = ["train.epochs=1", "dataset.num_samples=60", "--seeds", "2"]
    finished = command("compare", "linear", "clean.yaml", "--dataset", "spiral", *quick, "--json")
    assert finished.code == 0
    assert json.loads(finished.stdout)["schema_version"] == 2
    assert "NL" not in finished.stderr
    args = [*quick, "ignore={}", "--json"]
    finished = command("compare", "linear", "clean.yaml", "--dataset", "spiral", *args)
    assert finished.stderr.count("warning NL202") == 1
    assert "more: nnlab check spiral_linear\n" in finished.stderr
    json.loads(finished.stdout)


def test_a_small_test_split_is_judged_by_the_numbers_of_the_run(
    command: Command, tmp_path: Path
) -> None:
    quick = ["dataset.num_samples=300", "train.epochs=30"]
    run = nnlab.train("e3_spiral_mlp", quick, runs_dir=tmp_path / "runs")
    stored, number = run.summary["test"]["accuracy"], run.meta["num_examples"]["test"]
    (checked,) = json.loads(command("check", str(run.path), "--json").stdout)["checked"]
    (found,) = [note for note in checked["findings"] if note["code"] == "NL406"]
    expected = f"with {number} test examples, the measured accuracy of {100 * stored:.2f} % means one between"
    assert found["message"].startswith(expected)
