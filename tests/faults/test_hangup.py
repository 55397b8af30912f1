"""A terminal that is closed while a run trains: everything is saved, exit 129."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from nnlab.storage import checkpoint
from nnlab.storage.registry import list_runs
from tests.helpers.terminal import read_until, start_in_session

TRAIN = [sys.executable, "-m", "nnlab", "train", "spiral_mlp", "train.threads=1"]
LONG = "train.epochs=1000000"


def environment(folder: Path, **env: str) -> dict[str, str]:
    return {**os.environ, "NNLAB_RUNS": str(folder), "TERM": "xterm", **env}


def assert_saved(folder: Path, code: int) -> None:
    assert code == 129
    (run,) = list_runs(folder)
    assert (run.status, run.meta["exit_code"]) == ("interrupted", 129)
    assert checkpoint.load(run.checkpoints_dir).progress["step"] > 0


@pytest.mark.parametrize(
    ("lost", "word"),
    [
        (("stdout", "stderr"), b" left"),
        (("stderr",), b" left"),
        (("stdout", "stderr"), b"saving"),
    ],
    ids=["both streams", "stderr", "while saving"],
)
def test_a_closed_terminal_saves_and_exits_with_129(
    lost: tuple[str, ...], word: bytes, tmp_path: Path
) -> None:
    kept = {name: subprocess.DEVNULL for name in ("stdout", "stderr") if name not in lost}
    env = environment(tmp_path, NNLAB_FAILPOINT="fsync:6:slow") if word == b"saving" else {}
    process, terminal = start_in_session([*TRAIN, LONG], env or environment(tmp_path), **kept)
    read_until(terminal, word)

    os.close(terminal)

    assert_saved(tmp_path, process.wait(60))


def wait_for_an_epoch(process: subprocess.Popen) -> None:
    assert process.stderr is not None
    while b"epoch " not in process.stderr.readline():
        assert process.poll() is None


def test_closed_stdout_alone_saves_and_says_so(tmp_path: Path) -> None:
    process, terminal = start_in_session(
        [*TRAIN, LONG], environment(tmp_path / "runs"), stderr=subprocess.PIPE
    )
    wait_for_an_epoch(process)

    os.close(terminal)

    with process.stderr:
        assert b"continue with: nnlab resume" in process.stderr.read()
    assert_saved(tmp_path / "runs", process.wait(60))


def test_nohup_trains_on_without_the_terminal(tmp_path: Path) -> None:
    process, terminal = start_in_session(
        ["nohup", *TRAIN, "train.epochs=300"],
        environment(tmp_path),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )
    wait_for_an_epoch(process)

    os.close(terminal)

    with process.stderr:
        process.stderr.read()
    assert process.wait(60) == 0
    (run,) = list_runs(tmp_path)
    assert run.status == "finished"


def test_results_for_a_terminal_that_is_gone_are_not_an_error(tmp_path: Path) -> None:
    """Without a session of its own, a process gets no signal."""
    ours, theirs = pty.openpty()
    command = [*TRAIN, "train.epochs=3"]
    with subprocess.Popen(
        command, env=environment(tmp_path), stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        os.close(ours)

    assert process.returncode == 0
    (run,) = list_runs(tmp_path)
    assert run.status == "finished"
