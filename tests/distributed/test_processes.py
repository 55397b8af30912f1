"""A sweep on worker processes: the same bytes, whoever trains what, and whoever dies."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnlab.errors import InterruptedRun
from nnlab.sweep.conduct import conduct
from nnlab.sweep.executors.process import ProcessExecutor
from nnlab.sweep.places import Place
from nnlab.sweep.units import PackUnit
from tests.helpers.sweeps import (
    conducted_here,
    conducted_on,
    place_of,
    several_packs,
    with_own_code,
)


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return conducted_here(several_packs(tmp_path_factory.mktemp("here")))


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return several_packs(tmp_path / "sweep")


@pytest.fixture
def executor(place: Place) -> Iterator[ProcessExecutor]:
    executor = ProcessExecutor(place, 2)
    yield executor
    executor.cancel()
    assert all(worker.process.returncode is not None for worker in executor._workers)


def once_saved(place: Place, act: Callable[[], object]) -> threading.Thread:
    """Act as soon as a pack has a checkpoint."""

    def wait() -> None:
        while not list(place.folder.path.glob("packs/*/checkpoints/*.json")):
            time.sleep(0.001)
        act()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_a_worker_that_is_killed_changes_nothing(
    place: Place, executor: ProcessExecutor, expected: dict, caplog: pytest.LogCaptureFixture
) -> None:
    thread = once_saved(place, lambda: executor._workers[0].process.kill())

    assert conducted_on(executor, place) == expected
    thread.join()
    assert "a worker has died (SIGKILL) while it trained" in caplog.text
    assert len(executor._workers) == 3


@pytest.mark.parametrize(
    "number", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_a_signal_stops_the_workers_and_says_how_to_go_on(
    place: Place, executor: ProcessExecutor, expected: dict, number: int
) -> None:
    thread = once_saved(place, lambda: os.kill(os.getpid(), number))
    with pytest.raises(InterruptedRun, match=f"nnlab resume {place.folder.id}") as stop:
        conduct(place, executor, lambda *_: None)
    thread.join()

    assert stop.value.exit_code == 128 + number
    assert place.folder.status == "interrupted"
    assert not any(worker.is_locked() for worker in map(place.folder.pack, range(3)))
    assert conducted_here(place_of(place.folder)) == expected


def test_what_training_prints_is_no_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    place = with_own_code(tmp_path, monkeypatch)
    executor = ProcessExecutor(place, 1)
    executor.submit(PackUnit(0, (place.plan.packs[0],))).result()
    executor.cancel()

    assert "noise" in capfd.readouterr().err
