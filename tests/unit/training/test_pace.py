"""Calls of about a tenth of a second, whatever a step takes."""

from __future__ import annotations

import pytest

from nnlab.training import pace as pace_module
from nnlab.training.pace import CALL_SECONDS, Pace
from nnlab.training.progress import Progress


def test_calls_grow_to_a_tenth_of_a_second_and_shrink_with_slower_steps(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace_module.time, "perf_counter", lambda: now[0])
    pace = Pace(10**9)
    for seconds, expected in ((1e-4, 1000), (0.01, 10), (1.0, 1)):
        for _ in range(8):
            pace.start()
            now[0] += pace.num_steps * seconds
            pace.stop(pace.num_steps)
        assert pace.num_steps == pytest.approx(expected, rel=0.01)
        assert pace.num_steps * min(seconds, CALL_SECONDS) <= CALL_SECONDS * 1.01


def test_there_is_always_a_step_and_never_more_than_allowed(monkeypatch) -> None:
    now = [0.0]
    monkeypatch.setattr(pace_module.time, "perf_counter", lambda: now[0])
    pace = Pace(1)
    for _ in range(5):
        pace.start()
        pace.stop(pace.num_steps)
        assert pace.num_steps == 1


@pytest.mark.parametrize(
    ("batch", "num_steps", "expected"),
    [
        (0, 1, (0, 1)),
        (0, 5, (0, 5)),
        (2, 3, (0, 5)),
        (0, 6, (1, 1)),
        (4, 11, (2, 5)),
        (0, 10, (1, 5)),
    ],
)
def test_progress_stays_at_the_end_of_the_last_epoch(batch: int, num_steps: int, expected) -> None:
    progress = Progress.start([0])
    progress.batch = batch
    progress.advance(num_steps, num_batches=5)
    assert (progress.epoch, progress.batch) == expected
    assert progress.step == num_steps
