"""A finished run that is trained for more epochs ends as if it had been asked for all at first."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import RunError
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command
from tests.helpers.runs import fingerprint
from tests.helpers.steps import BASE, TRAIN
from tests.helpers.zygote import Zygote, wait_until

MOMENTUM = {"optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9}}
CASES = {
    "constant, dropout, replicas": {"train": {"log_every": 2}},
    "step, momentum": {**MOMENTUM, "schedule": {"name": "step", "step_epochs": 2, "gamma": 0.5}},
    "exponential, warm-up": {
        "schedule": {"name": "step", "step_epochs": 1, "gamma": 0.9, "warmup_steps": 7}
    },
    "plateau, best weights": {
        "optimizer": {"name": "adamw", "lr": 0.3},
        "schedule": {"name": "plateau", "patience": 1, "factor": 0.5},
        "train": {"select": "best"},
    },
    "early stopping that one seed has met": {"train": {"early_stopping": {"patience": 2}}},
    "autograd": {"train": {"engine": "autograd"}},
    "numpy": {"model": {"name": "mlp", "hidden_sizes": [8]}, "train": {"engine": "numpy"}},
    "lbfgs": {
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "lbfgs", "max_iter": 2},
        "train": {"batch_size": "full"},
    },
    "records every second epoch": {"train": {"eval_every": 2}},
}

SKLEARN = {
    "model": {"name": "logistic"},
    "optimizer": {"name": "lbfgs"},
    "train": {"engine": "sklearn", "batch_size": "full"},
}


def of_epochs(case: dict, epochs: int) -> dict:
    train = {**TRAIN, **case.get("train", {}), "epochs": epochs, "threads": 1}
    return {"name": "longer", **BASE, **case, "train": train}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_longer_run_has_the_bytes_of_one_that_was_asked_for_all(case: dict) -> None:
    short, whole = nnlab.train(of_epochs(case, 6)), nnlab.train(of_epochs(case, 13))
    assert fingerprint(short.path) != fingerprint(whole.path)

    longer = nnlab.resume(short, epochs=13)

    assert fingerprint(longer.path) == fingerprint(whole.path)
    assert longer.config == whole.config
    assert not nnlab.verify(longer).problems


@pytest.mark.parametrize(
    "text",
    [
        "train: {epochs: 3, seed: 1}",
        "train:\n  seed: 1 # mine\n  epochs: 3\n",
        "train: {seed: 1}",
        "train:\n  seed: 1\n  batch_size: 8\n",
        "# no train section",
        "train: {}",
    ],
)
def test_the_files_of_the_run_say_the_new_number(text: str, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        f"dataset: {{name: xor}}\nmodel: {{name: mlp}}\noptimizer: {{name: adam}}\n{text}\n"
    )
    run = nnlab.train(own, ["train.epochs=3"])

    nnlab.resume(run, epochs=5)

    assert nnlab.train(run.config_path).config.train.epochs == 5
    assert "# mine" in run.config_path.read_text() or "# mine" not in text
    assert run.config.train.epochs == run.summary["epochs"] == 5
    ((step),) = run.meta["extended"]
    assert (step["from_epochs"], step["to_epochs"]) == (3, 5)


@pytest.mark.parametrize(
    ("case", "epochs", "reason"),
    [
        ({"schedule": {"name": "cosine"}}, 9, "the shape of the cosine schedule depends"),
        ({"schedule": {"name": "one_cycle"}}, 9, "the shape of the one_cycle schedule depends"),
        ({"train": {"eval_every": 3}}, 9, r"its last epoch, 4, was evaluated only because"),
        ({"train": {"early_stopping": {"patience": 1, "min_delta": 9.0}}}, 9, "every seed has"),
        ({"train": {"max_minutes": 1e-9}}, 9, "train.max_minutes ended it after epoch 1"),
        (SKLEARN, 9, "the sklearn engine solves the whole problem in one epoch"),
        ({}, 2, "it has 4 epochs; it cannot be shortened to 2|has 4 epochs"),
    ],
)
def test_a_run_that_would_not_end_the_same_is_left_as_it_is(case, epochs, reason) -> None:
    run = nnlab.train(of_epochs(case, 1 if case is SKLEARN else 4))
    before, num_epochs = fingerprint(run.path), run.config.train.epochs

    with pytest.raises(RunError, match=reason):
        nnlab.resume(run, epochs=epochs)

    assert fingerprint(run.path) == before
    assert run.config.train.epochs == num_epochs


def test_an_extension_that_is_killed_goes_on_and_loses_nothing(
    zygote: Zygote, tmp_path: Path
) -> None:
    case = CASES["constant, dropout, replicas"]
    saves = {"train": {**case["train"], "checkpoint_every": {"steps": 3}}}
    run, whole = nnlab.train(of_epochs(saves, 4)), nnlab.train(of_epochs(saves, 150))
    old_results = run.summary

    output = tmp_path / "output.txt"
    process = zygote.start("resume", run.path, "--epochs", "150", output=output)
    wait_until(lambda: len(run.metrics) >= 20, output)
    os.kill(process, signal.SIGKILL)
    assert zygote.wait(process) == -signal.SIGKILL, output.read_text()

    killed = RunDir(run.path)
    assert (killed.status, killed.summary) == ("interrupted", old_results)
    assert fingerprint(nnlab.resume(run).path) == fingerprint(whole.path)


def test_the_commands_take_more_epochs(command: Command, tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("dataset: {name: xor}\nmodel: {name: mlp}\noptimizer: {name: adam}\n")
    command("train", str(own), "train.epochs=2")

    more = command("resume", "latest", "--epochs", "3")
    again = command("train", str(own), "train.epochs=4", "--resume", "latest")
    same = command("resume", "latest", "--epochs", "4")
    fewer = command("train", str(own), "train.epochs=2", "--resume", "latest")

    assert (more.code, again.code, same.code, fewer.code) == (0, 0, 0, 4)
    assert "epoch 3/3" in more.stderr
    assert "nothing to resume" not in more.stderr
    assert "epoch 4/4" in again.stderr
    assert "has finished; nothing to resume" in same.stderr
    assert "cannot be shortened to 2" in fewer.stderr
    assert nnlab.load_run("latest").summary["epochs"] == 4


def test_an_interrupted_run_can_be_asked_for_more_at_once() -> None:
    def interrupting(run, job, progress):
        class Watching:
            def __enter__(self):
                return lambda records: os.kill(os.getpid(), signal.SIGTERM)

            def __exit__(self, *_):
                return None

        return Watching()

    whole = nnlab.train(of_epochs({}, 8))
    with pytest.raises(nnlab.errors.InterruptedRun):
        nnlab.train(of_epochs({}, 4), watch=interrupting)

    run = nnlab.resume("latest", epochs=8)

    assert fingerprint(run.path) == fingerprint(whole.path)
