"""What happens to a training process from outside, beside being killed."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from nnlab.runs.differences import without_measured
from nnlab.storage.registry import list_runs
from tests.helpers.command import nnlab as nnlab_command
from tests.helpers.zygote import Zygote, wait_until

TRAIN = ["train", "spiral_mlp", "train.batch_size=64", "train.epochs=60"]


def start(folder: Path, *words: str, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "nnlab", *TRAIN, *words],
        env={**os.environ, "NNLAB_RUNS": str(folder), "OMP_NUM_THREADS": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


def wait_for_an_epoch(process: subprocess.Popen[str]) -> None:
    while "epoch  1/60" not in process.stderr.readline():
        assert process.poll() is None


def results(folder: Path) -> dict:
    (run,) = list_runs(folder)
    assert run.status == "finished"
    return without_measured(run.summary)


@pytest.fixture(scope="module")
def undisturbed(zygote: Zygote, tmp_path_factory: pytest.TempPathFactory) -> dict:
    folder = tmp_path_factory.mktemp("undisturbed")
    output = tmp_path_factory.mktemp("told") / "output.txt"
    code = zygote.run(*TRAIN, output=output, NNLAB_RUNS=str(folder))
    assert code == 0, output.read_text()
    return results(folder)


def test_a_suspended_process_continues_and_its_time_is_positive(
    zygote: Zygote, tmp_path: Path, undisturbed: dict
) -> None:
    runs, output = tmp_path / "runs", tmp_path / "output.txt"
    process = zygote.start(*TRAIN, output=output, NNLAB_RUNS=str(runs))
    wait_until(lambda: output.is_file() and "epoch  1/60" in output.read_text(), output)
    os.kill(process, signal.SIGSTOP)
    time.sleep(0.5)
    os.kill(process, signal.SIGCONT)
    assert zygote.wait(process) == 0, output.read_text()
    assert results(runs) == undisturbed
    (run,) = list_runs(runs)
    seconds = [record["seconds"] for record in run.metrics]
    assert seconds == sorted(seconds)
    assert seconds[0] >= 0


def test_a_run_survives_a_closed_output_pipe(tmp_path: Path, undisturbed: dict) -> None:
    process = start(tmp_path)
    wait_for_an_epoch(process)
    process.stderr.close()
    with process.stdout:
        assert process.stdout.read()
    assert process.wait(timeout=600) == 0
    assert results(tmp_path) == undisturbed


def test_a_hangup_that_is_ignored_stays_ignored(tmp_path: Path, undisturbed: dict) -> None:
    process = start(tmp_path, preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
    wait_for_an_epoch(process)
    process.send_signal(signal.SIGHUP)
    _, errors = process.communicate(timeout=600)
    assert process.returncode == 0, errors
    assert results(tmp_path) == undisturbed


def test_a_reader_that_stops_early_sees_no_traceback() -> None:
    command = f"{shlex.quote(sys.executable)} -m nnlab config schema | head -1"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_few_open_files_are_enough(tmp_path: Path, undisturbed: dict) -> None:
    command = f"ulimit -n 16 && exec {shlex.quote(sys.executable)} -m nnlab {' '.join(TRAIN)}"
    env = {**os.environ, "NNLAB_RUNS": str(tmp_path), "OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        ["sh", "-c", command], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert results(tmp_path) == undisturbed


def test_without_assertions_the_results_and_the_errors_are_the_same(
    tmp_path: Path, undisturbed: dict
) -> None:
    env = {"NNLAB_RUNS": str(tmp_path), "PYTHONOPTIMIZE": "1"}
    assert nnlab_command(*TRAIN, env=env).returncode == 0
    assert results(tmp_path) == undisturbed
    mistaken = nnlab_command(*TRAIN, "train.epohs=1", env=env)
    assert mistaken.returncode == 2
    assert "did you mean 'epochs'" in mistaken.stderr
