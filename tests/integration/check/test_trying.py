"""``nnlab check RUN --try`` trains what it suggests, and judges it on the validation split."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import ConfigError, RunError
from tests.helpers.command import Command
from tests.helpers.ill_runs import ILL

SLOW = {
    "dataset": {"name": "blobs", "num_samples": 200},
    "model": {"name": "mlp", "hidden_sizes": [8]},
    "optimizer": {"name": "adam", "lr": 1e-6},
    "train": {"epochs": 60, "seeds": 3},
}


@pytest.fixture(scope="module")
def slow_run(tmp_path_factory: pytest.TempPathFactory) -> nnlab.Run:
    return nnlab.train(SLOW, runs_dir=tmp_path_factory.mktemp("runs"))


def test_a_suggestion_is_trained_on_the_same_seeds_and_judged(
    slow_run: nnlab.Run, command: Command
) -> None:
    runs_dir = slow_run.path.parent
    finished = command("check", slow_run.path, "--try", "--runs-dir", runs_dir)

    assert finished.code == 0
    assert "judged by the validation split (the test split stays out of it)" in finished.stdout
    assert f"optimizer.lr=0.001 beats {slow_run.id} by" in finished.stdout
    tried = nnlab.load_run("latest", runs_dir=runs_dir)
    assert f"tried optimizer.lr=0.001 in {tried.id}, on the same seeds" in finished.stdout
    assert tried.config.train.replica_seeds == slow_run.config.train.replica_seeds
    assert tried.config.optimizer.lr == 0.001
    assert tried.config.dataset == slow_run.config.dataset


def test_the_trial_is_in_the_json_and_in_the_report(slow_run: nnlab.Run, command: Command) -> None:
    runs_dir = slow_run.path.parent
    trial = nnlab.check(slow_run, tries_suggestion=True, runs_dir=runs_dir).trial
    finished = command("check", slow_run.path, "--try", "--json", "--runs-dir", runs_dir)

    (checked,) = json.loads(finished.stdout)["checked"]
    assert checked["trial"]["overrides"] == ["optimizer.lr=0.001"] == list(trial.overrides)
    assert checked["trial"]["split"] == "val"
    assert checked["trial"]["is_better"] is trial.is_better is True
    assert checked["trial"]["run"] == trial.run  # reused: it is the same experiment
    assert checked["diagnosis"][0]["suggestions"][0]["overrides"] == ["optimizer.lr=0.001"]


def test_weights_chosen_by_the_validation_split_are_judged_with_a_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (case,) = [case for case in ILL if case.name == "heart_wave"]
    run = nnlab.train(case.experiment(tmp_path))
    report = nnlab.check(run, tries_suggestion=True)
    assert report.diagnosis[0].name == "overfitting"
    assert "train.select=best" in report.trial.overrides
    assert report.trial.note.startswith("the validation split has also chosen the epoch")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["optimizer.lr=0.01"], "there is nothing to try for run .*: no problem was found"),
        (["dataset.split.val=0"], "no validation split .* the test split is not for that"),
    ],
)
def test_nothing_to_try_is_an_error(changes: list[str], message: str, tmp_path: Path) -> None:
    run = nnlab.train(SLOW, changes, runs_dir=tmp_path)
    with pytest.raises(RunError, match=message):
        nnlab.check(run, tries_suggestion=True, runs_dir=tmp_path)


def test_an_experiment_has_nothing_to_try() -> None:
    with pytest.raises(ConfigError, match="only a suggestion for a run can be tried"):
        nnlab.check(SLOW, tries_suggestion=True)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["a", "b", "--try"], "--try takes one run, not 2"),
        (["a", "--try", "--fix"], "leave out --fix"),
        (["a", "--try", "--no-data"], "leave out --no-data"),
    ],
)
def test_try_is_for_one_run_and_its_data(words: list[str], message: str, command: Command) -> None:
    finished = command("check", *words)
    assert finished.code == 2
    assert message in finished.stderr


def test_settings_are_not_for_a_run(slow_run: nnlab.Run, command: Command) -> None:
    finished = command("check", slow_run.path, "optimizer.lr=1")
    assert finished.code == 2
    assert "a run keeps its own" in finished.stderr


def test_suspicious_labels_are_named_by_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (case,) = [case for case in ILL if case.name == "noisy_three"]
    run = nnlab.train(case.experiment(tmp_path))
    (first, *_) = nnlab.check(run).diagnosis
    numbers = [int(number) for number in first.evidence[-1].rpartition(": ")[2].split(", ")]

    shown = nnlab.predict_examples(run, split="train", examples=numbers)
    assert len(numbers) == 5
    assert all(example["true"] != example["class"] for example in shown)
