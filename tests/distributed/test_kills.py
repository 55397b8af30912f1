"""A sweep whose process is killed goes on to the same bytes; a second one is told who holds it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from nnlab.errors import RunError
from nnlab.sweep.conduct import conduct
from nnlab.sweep.executors.process import ProcessExecutor
from tests.helpers.sweep_kills import killed_sweeps
from tests.helpers.sweep_process import start
from tests.helpers.sweeps import conducted_here, digests, in_batches, small
from tests.helpers.zygote import Zygote


@pytest.mark.parametrize("where", ["here", pytest.param("process:2", marks=pytest.mark.slow)])
def test_killed_sweeps_go_on_and_train_nothing_twice(
    zygote: Zygote, tmp_path: Path, where: str
) -> None:
    zygote.load("tests.helpers.sweep_process", "tests.helpers.sweeps")
    assert killed_sweeps(zygote, tmp_path, 10, where) == []


@pytest.mark.slow
def test_killed_sweeps_in_batches_go_on(zygote: Zygote, tmp_path: Path) -> None:
    pytest.importorskip("optuna")
    zygote.load("tests.helpers.sweep_process", "tests.helpers.sweeps", "optuna")
    assert killed_sweeps(zygote, tmp_path, 3, make=in_batches) == []


@pytest.mark.slow
def test_a_second_process_is_told_who_holds_the_sweep(tmp_path: Path) -> None:
    expected = conducted_here(small(tmp_path / "here"))
    place = small(tmp_path / "held")
    first = start(place.folder.path, "process:1")
    while not place.folder.is_locked():
        time.sleep(0.01)
        assert first.poll() is None
    while place.folder.meta.get("pid") != first.pid:
        time.sleep(0.01)
    for _ in range(10):
        executor = ProcessExecutor(place, 1)
        with pytest.raises(RunError, match=f"is being trained by process {first.pid}"):
            conduct(place, executor, lambda *_: None)
        assert executor._workers == []
    assert first.wait() == 0, first.communicate()[1]
    first.communicate()

    assert digests(place.folder) == expected
