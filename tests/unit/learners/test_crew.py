"""The number of threads follows the clock."""

from __future__ import annotations

import pytest

from nnlab.learners import crew as crew_module
from nnlab.learners.crew import CALLS_PER_TRIAL, Crew


def sizes_of(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[int, float], num_calls: int
) -> list[int]:
    """Return the numbers of threads of calls whose steps take so long with so many threads."""
    crew, now, sizes = Crew(1, 4), [0.0], []
    monkeypatch.setattr(crew_module.time, "perf_counter", lambda: now[0])
    for _ in range(num_calls):
        with crew.at_work(10) as size:
            now[0] += 10 * seconds[size]
        sizes.append(size)
    return sizes


def test_more_threads_are_kept_if_they_save_a_fifth(monkeypatch) -> None:
    sizes = sizes_of(monkeypatch, {1: 1.0, 4: 0.5}, 2 * CALLS_PER_TRIAL)
    assert sizes[:3] == [1, 4, 4]
    assert sizes.count(1) == 2, "the other number is tried again"


@pytest.mark.parametrize("seconds", [25.0, 0.85])
def test_few_threads_are_kept_otherwise(monkeypatch, seconds: float) -> None:
    sizes = sizes_of(monkeypatch, {1: 1.0, 4: seconds}, 2 * CALLS_PER_TRIAL)
    assert sizes[:3] == [1, 4, 1]
    assert sizes.count(4) == 2


def test_a_core_that_is_taken_and_freed_changes_the_number(monkeypatch) -> None:
    crew, now, sizes = Crew(1, 2), [0.0], []
    monkeypatch.setattr(crew_module.time, "perf_counter", lambda: now[0])
    for call in range(6 * CALLS_PER_TRIAL):
        is_busy = 2 * CALLS_PER_TRIAL <= call < 4 * CALLS_PER_TRIAL
        with crew.at_work(1) as size:
            now[0] += 1.0 if size == 1 else (5.0 if is_busy else 0.6)
        sizes.append(size)
    parts = [sizes[i * CALLS_PER_TRIAL :][:CALLS_PER_TRIAL] for i in range(6)]
    assert [max(set(part), key=part.count) for part in parts] == [2, 2, 1, 1, 2, 2]


def test_as_many_replicas_as_threads_never_wait() -> None:
    crew = Crew(8, 4)
    for _ in range(5):
        with crew.at_work(1) as size:
            assert size == 4
