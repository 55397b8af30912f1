"""The busy loops of benchmarks/load.py."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.load import busy_loops

ROOT = Path(__file__).parents[2]
KILLED = """
import os, signal
from benchmarks.load import busy_loops
with busy_loops(1) as [loop]:
    print(loop.pid, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
"""


def cpu_seconds_of_reaped() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


@pytest.mark.parametrize("number", [0, 1, 2])
def test_as_many_loops_run_as_asked_each_in_its_own_session(number: int) -> None:
    with busy_loops(number) as loops:
        assert len(loops) == number
        assert [loop.poll() for loop in loops] == [None] * number
        assert [os.getsid(loop.pid) for loop in loops] == [loop.pid for loop in loops]


def test_a_loop_computes_without_end() -> None:
    before = cpu_seconds_of_reaped()
    with busy_loops(1) as [loop], pytest.raises(subprocess.TimeoutExpired):
        loop.wait(timeout=1)
    assert cpu_seconds_of_reaped() - before > 0.2  # starting takes 0.02


@pytest.mark.parametrize("error", [None, ValueError, KeyboardInterrupt])
def test_no_loop_is_left_after_the_block(error: type[BaseException] | None) -> None:
    loops = []
    with contextlib.suppress(ValueError, KeyboardInterrupt), busy_loops(2) as started:
        loops += started
        if error:
            raise error
    assert [loop.returncode for loop in loops] == [-signal.SIGKILL] * 2
    for loop in loops:
        with pytest.raises(ProcessLookupError):
            os.kill(loop.pid, 0)


def test_a_loop_ends_by_itself_if_its_parent_is_killed() -> None:
    command = [sys.executable, "-c", KILLED]
    try:
        # Returns when no process holds the pipe any more, and the loop has inherited it.
        parent = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, timeout=30, check=False)
    except subprocess.TimeoutExpired as endless:
        os.kill(int(endless.stdout or b""), signal.SIGKILL)
        raise
    assert parent.returncode == -signal.SIGKILL
