"""nnlab sweep --plan: what a sweep would do and cost, in words and as JSON; nothing is made."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import ConfigError
from tests.helpers.command import Command

LR = "optimizer.lr=log(1e-4,1e-1)"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_the_plan_of_the_bundled_sweep_is_told_in_words(command: Command) -> None:
    finished = command("sweep", "digits_sweep", "--plan")

    assert (finished.code, finished.stderr) == (0, "")
    assert "digits_mlp: 27 trials x 3 seeds, sobol, judged by val.accuracy" in finished.stdout
    assert "2 packs, each trained in one pass: 13 to 14 trials, native engine on cpu" in (
        " ".join(finished.stdout.split())
    )
    text = " ".join(finished.stdout.split())
    assert (
        "396 in the search (24 % of the 1,620 without pruning), 1,000 in the confirmation" in text
    )
    assert "estimated time, from a few steps: " in text
    assert "for the largest pack, besides the data; disk: at least " in text
    assert not list(Path().iterdir())


def test_the_plan_as_json_has_every_trial(command: Command) -> None:
    arguments = ("digits_mlp", LR, "train.batch_size=choice(32,64)", "train.epochs=9")
    finished = command("sweep", *arguments, "--trials", "8", "--seeds", "2", "--plan", "--json")

    value = json.loads(finished.stdout)
    assert (finished.code, finished.stderr) == (0, "")
    assert len(value["trials"]) == 8
    assert all(list(trial) == ["optimizer.lr", "train.batch_size"] for trial in value["trials"])
    assert sorted(number for pack in value["packs"] for number in pack) == list(range(8))
    assert len(value["packs"]) == 2
    assert value["rungs"] == [{"epochs": 9, "num_trials": 8}]
    assert value["seeds"] == [0, 1]
    assert value["replica_epochs"] == value["unpruned_replica_epochs"] == 8 * 2 * 9
    assert value["costs"]["confirmation_epochs"] == (3 + 2) * 10 * 9
    assert value["costs"]["search_seconds"] > 0
    assert value["costs"]["memory_bytes"] > 0
    assert value["costs"]["disk_bytes"] > 0


def test_the_same_command_plans_the_same_trials(command: Command) -> None:
    plans = [command("sweep", "digits_sweep", "--plan", "--json").stdout for _ in range(2)]
    digests = {json.loads(plan)["plan_sha256"] for plan in plans}

    assert len(digests) == 1


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (
            ["optimizer.typo=log(1,2)"],
            "argument 'optimizer.typo=log(1,2)': optimizer.typo: unknown key",
        ),
        (["optimizer.lr=log(1,0.1)"], "the bounds are reversed: write [0.1, 1]"),
        (["optimizer.lr=log(0,1)"], "zero has no logarithm"),
        (["train.batch_size=choice(32,0)"], "should be at least 1 or 'full', not 0"),
        (["train.seed=int(0,9)"], "every trial has the same seeds"),
        (
            [LR, "--metric", "test.accuracy"],
            "argument '--metric test.accuracy': metric: a search that",
        ),
        (
            [LR, "--trials", "1000000000"],
            "argument '--trials 1000000000': trials: should be at most",
        ),
        ([LR, "--seeds", "0"], "argument '--seeds 0': seeds: should be at least 1, not 0"),
        ([LR, "--sampler", "grid"], "a grid needs a number of points"),
        ([], "there is nothing to try; say what, such as optimizer.lr=log(1e-4,1e-1)"),
    ],
)
def test_a_bad_sweep_exits_with_2_and_makes_nothing(
    arguments: list[str], text: str, command: Command
) -> None:
    finished = command("sweep", "digits_mlp", *arguments, "--plan")

    assert (finished.code, finished.stdout) == (2, "")
    assert text in " ".join(finished.stderr.split())
    assert not list(Path().iterdir())


def test_a_sweep_file_is_no_experiment(command: Command) -> None:
    assert command("config", "init", "digits_sweep").code == 0
    finished = command("train", "digits_sweep.yaml")

    assert finished.code == 2
    assert "is a sweep, not an experiment: nnlab sweep digits_sweep.yaml" in finished.stderr
    assert command("config", "validate", "digits_sweep.yaml").stdout == "digits_sweep.yaml: ok\n"


def test_a_bad_sweep_file_is_reported_by_validate(command: Command) -> None:
    Path("s.yaml").write_text("base: digits_mlp\nspace:\n  optimizer.lr: {log: [1, 0.1]}\n")
    finished = command("config", "validate", "s.yaml")

    assert finished.code == 2
    assert "s.yaml:3:23: space.optimizer.lr: the bounds are reversed" in finished.stderr


def test_a_plan_can_be_made_from_python_from_a_mapping() -> None:
    planned = nnlab.plan_sweep(
        {"base": "digits_mlp", "space": {"optimizer.lr": {"log": (1e-4, 1e-1)}}},
        {"train.epochs": 9},
        trials=9,
        prune="halving",
        seconds=0.1,
    )

    assert [rung.num_trials for rung in planned.plan.rungs] == [9, 3, 1]
    assert planned.costs.threads >= 1
    with pytest.raises(ConfigError, match=r"space\.optimizer\.lr: the bounds are reversed"):
        nnlab.plan_sweep({"base": "digits_mlp", "space": {"optimizer.lr": {"log": [1, 0.1]}}})


def test_what_cannot_be_timed_has_no_estimate(command: Command) -> None:
    arguments = ("optimizer={name: lbfgs}", "train.batch_size=full", "optimizer.C=log(0.1,10)")
    finished = command("sweep", "digits_logistic", *arguments, "--trials", "2", "--plan")

    assert finished.code == 0
    assert "estimated time: unknown" in finished.stdout
