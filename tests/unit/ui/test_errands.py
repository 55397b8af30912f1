"""A process that does one thing for the server: its answer, its errors, and its end."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.ui.errands import Errands

PROGRAM = """
import os, sys, time
text = sys.stdin.read()
if sys.argv[1] == "wait":
    open(sys.argv[2], "w").write(str(os.getpid()))
    time.sleep(60)
if sys.argv[1] == "fail":
    sys.exit("no such thing: " + text)
if sys.argv[1] == "die":
    os._exit(3)
sys.stdout.write(text.upper())
"""


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    (tmp_path / "errand_of_test.py").write_text(PROGRAM)
    paths = [str(tmp_path), os.environ.get("PYTHONPATH", "")]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    return "errand_of_test"


def test_what_it_reads_and_writes(module: str) -> None:
    assert asyncio.run(Errands(module, 20).run("a word", "say", order=b"yes")) == b"YES"


@pytest.mark.parametrize(
    ("word", "message"),
    [("fail", "no such thing: no"), ("die", "the process that makes a word was ended")],
)
def test_a_failure_is_told_in_its_own_words(word: str, message: str, module: str) -> None:
    with pytest.raises(RunError, match=f"^{message}$"):
        asyncio.run(Errands(module, 20).run("a word", word, order=b"no"))


def test_one_that_takes_too_long_is_ended(module: str, tmp_path: Path) -> None:
    with pytest.raises(RunError, match="a word took longer than 2 s"):
        asyncio.run(Errands(module, 2).run("a word", "wait", str(tmp_path / "pid")))

    assert is_gone(int((tmp_path / "pid").read_text()))


def test_one_that_is_stopped_ends(module: str, tmp_path: Path) -> None:
    errands = Errands(module, 60)
    pid = tmp_path / "pid"

    async def stop_it() -> None:
        while not (pid.exists() and pid.read_text()):
            await asyncio.sleep(0.02)
        errands.stop()

    async def both() -> None:
        await asyncio.gather(errands.run("a word", "wait", str(pid)), stop_it())

    with pytest.raises(RunError, match="was ended"):
        asyncio.run(both())
    assert is_gone(int(pid.read_text()))


def is_gone(pid: int) -> bool:
    end = time.monotonic() + 5
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False
