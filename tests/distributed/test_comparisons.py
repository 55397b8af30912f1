"""A comparison whose contenders are trained elsewhere: the runs that it would have trained here."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from pathlib import Path

import pytest

import nnlab
from nnlab.errors import ConfigError, DivergedError, InterruptedRun
from nnlab.runs.differences import without_measured
from nnlab.storage import checkpoint
from nnlab.storage.registry import list_runs
from nnlab.storage.run_dir import RunDir
from nnlab.sweep.executors import process
from tests.helpers.sweeps import NOISY

pytestmark = pytest.mark.slow  # processes of their own, half a minute each

PAIR = ["digits_mlp", "digits_logistic"]
QUICK = ["train.epochs=60", "train.batch_size=50", "train.engine=auto"]


def compared(runs_dir: Path, on: str | None, contenders=PAIR, overrides=QUICK, **options):
    return nnlab.compare(contenders, overrides, seeds=3, runs_dir=runs_dir, on=on, **options)


def content(run: RunDir) -> dict[str, object]:
    """Return what a run has found, and every file that does not say when or how fast."""
    newest = checkpoint.load(run.checkpoints_dir)
    assert newest is not None
    return {
        "files": {path.name for path in run.path.iterdir()},
        "metrics": without_measured(run.metrics),
        "tensors": {key: tensor.numpy().tobytes() for key, tensor in newest.tensors.items()},
        "summary": json.dumps(without_measured([run.summary])[0]),
        "meta keys": set(run.meta),
        "hardware": run.meta["hardware"],
        "status": run.meta["status"],
        "code": run.meta.get("code"),
        **{
            name: (run.path / name).read_bytes()
            for name in (
                "config.yaml",
                "resolved.yaml",
                "preprocessing.json",
                "predictions.safetensors",
            )
        },
    }


def contents(runs_dir: Path) -> dict[str, dict[str, object]]:
    return {run.meta["name"]: content(run) for run in list_runs(runs_dir)}


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, object]]:
    folder = tmp_path_factory.mktemp("here")
    compared(folder, None)
    return contents(folder)


def test_processes_leave_the_runs_of_this_process(tmp_path: Path, expected: dict) -> None:
    seen = []
    found = compared(tmp_path, "process:2", on_trained=lambda run, *count: seen.append(count))

    assert contents(tmp_path) == expected
    assert seen == [(1, 2), (2, 2)]
    assert not list(tmp_path.glob(".elsewhere*"))
    again = compared(tmp_path, "process:2", on_trained=lambda *_: pytest.fail("trained twice"))
    assert [pair.difference for pair in again.pairs] == [pair.difference for pair in found.pairs]


def when_saved(runs_dir: Path, act) -> threading.Thread:
    """Act as soon as a run has a checkpoint."""

    def wait() -> None:
        while not list(runs_dir.glob("*/checkpoints/*.json")):
            time.sleep(0.001)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_worker_that_is_killed_changes_nothing(
    tmp_path: Path,
    expected: dict,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    workers: list[process.Worker] = []
    start = process.Worker.__init__

    def remembered(self: process.Worker, place) -> None:
        start(self, place)
        workers.append(self)

    monkeypatch.setattr(process.Worker, "__init__", remembered)
    thread = when_saved(tmp_path, lambda: workers[0].process.kill())
    compared(tmp_path, "process:1")
    thread.join()

    assert "a worker has died (SIGKILL) while it trained" in caplog.text
    assert len(workers) == 2
    assert contents(tmp_path) == expected


def test_a_signal_leaves_runs_that_can_be_resumed(tmp_path: Path, expected: dict) -> None:
    thread = when_saved(tmp_path, lambda: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(InterruptedRun, match="nnlab resume") as stop:
        compared(tmp_path, "process:1")
    thread.join()

    assert stop.value.exit_code == 128 + signal.SIGTERM
    (run,) = list_runs(tmp_path)
    assert run.status == "interrupted"
    nnlab.resume(run.path)
    compared(tmp_path, "process:1")
    assert contents(tmp_path) == expected


def test_seeds_are_added_elsewhere_too(tmp_path: Path) -> None:
    here, there = (
        compared(tmp_path / name, on, overrides=["train.epochs=2"], until=7.0, max_seeds=6)
        for name, on in (("here", None), ("there", "process:2"))
    )
    assert len(here.rows[0].seeds) == 6
    assert [row.per_seed for row in there.rows] == [row.per_seed for row in here.rows]


@pytest.mark.parametrize("on", [None, "process:2"])
def test_contenders_that_diverge_are_said_to(tmp_path: Path, on: str | None) -> None:
    with pytest.raises(DivergedError, match="diverged"):
        compared(tmp_path, on, overrides=["optimizer={name: sgd, lr: 1e30}", "train.epochs=3"])
    assert "diverged" in {run.status for run in list_runs(tmp_path)}


def test_an_unknown_place_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'process'\?"):
        compared(tmp_path, "proces")
    assert not list(tmp_path.iterdir())


def test_own_code_is_trained_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "noisy.py").write_text(NOISY)
    monkeypatch.chdir(tmp_path)
    own = {
        "name": "own",
        "dataset": {"name": "digits"},
        "model": {"name": "noisy.py:Noisy"},
        "optimizer": {"name": "sgd", "lr": 0.1},
    }
    for name, on in (("here", None), ("there", "process:1")):
        compared(tmp_path / name, on, ["digits_logistic", own], ["train.epochs=2"])
    assert contents(tmp_path / "there") == contents(tmp_path / "here")
