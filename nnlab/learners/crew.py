"""How many threads take the steps of a call."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# More threads must save at least this fraction of the time: they also keep others waiting.
MIN_GAIN = 0.2
# Calls between two in which the other number of threads is tried.
CALLS_PER_TRIAL = 16


class Crew:
    """Chooses between few threads, that never wait for each other, and all of them.

    Several threads share each step of a replica and wait for the slowest, which may have lost its
    processor to another program. Only the clock tells: each number is tried from time to time, and
    the faster one is kept.

    Args:
        few: A thread for each replica, if there are as many.
        most: All threads.
    """

    def __init__(self, few: int, most: int) -> None:
        self.few = min(few, most)
        self.most = most
        self.seconds: dict[int, float] = {}  # per step, by the number of threads
        self.num_calls = 0

    @contextlib.contextmanager
    def at_work(self, num_steps: int) -> Iterator[int]:
        """Yield the number of threads for a call, and measure its steps."""
        size = self._choose()
        start = time.perf_counter()
        yield size
        self.seconds[size] = (time.perf_counter() - start) / num_steps
        self.num_calls += 1

    def _choose(self) -> int:
        """Return the faster number, or the other one if it has not been tried for long."""
        if self.few not in self.seconds:
            return self.few
        if self.most not in self.seconds:
            return self.most
        is_worth_it = self.seconds[self.most] < (1 - MIN_GAIN) * self.seconds[self.few]
        is_trial = self.num_calls % CALLS_PER_TRIAL == 0
        return self.most if is_worth_it != is_trial else self.few
