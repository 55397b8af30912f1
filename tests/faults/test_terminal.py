"""What happens between a training process and its terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.runs.differences import without_measured
from nnlab.storage.registry import list_runs
from tests.helpers.terminal import Shown, resize_often, run_in_terminal

TRAIN = [sys.executable, "-m", "nnlab", "train", "spiral_mlp", "train.batch_size=64"]
SAVES = "train.checkpoint_every.epochs=20"


def train(folder: Path, on_output=lambda process, terminal: None, **env: str) -> tuple[Shown, dict]:
    all_env = {**os.environ, "NNLAB_RUNS": str(folder), "OMP_NUM_THREADS": "1", "TERM": "xterm"}
    shown = run_in_terminal([*TRAIN, "train.epochs=60", SAVES], {**all_env, **env}, on_output)
    assert shown.code == 0, shown.text
    (run,) = list_runs(folder)
    return shown, without_measured(run.summary)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict:
    return train(tmp_path_factory.mktemp("undisturbed"))[1]


@pytest.mark.parametrize("nth", ["6", "8"])
def test_a_slow_disk_is_named_and_changes_nothing(
    nth: str, tmp_path: Path, undisturbed: dict
) -> None:
    shown, results = train(tmp_path, NNLAB_FAILPOINT=f"fsync:{nth}:slow")
    assert shown.text.count("saving ... ") > 1  # in two seconds: the bar moves on meanwhile
    assert results == undisturbed


def test_a_terminal_resized_a_thousand_times_changes_nothing(
    tmp_path: Path, undisturbed: dict
) -> None:
    times = 0

    def resize(process: subprocess.Popen, terminal: int) -> None:
        nonlocal times
        if process.poll() is None:
            resize_often(process, terminal)
            times += 250

    shown, results = train(tmp_path, resize)
    assert results == undisturbed
    assert "Traceback" not in shown.text
    assert times >= 1000
