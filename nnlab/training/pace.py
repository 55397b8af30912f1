"""How many steps a learner takes in one call."""

from __future__ import annotations

import time

# Between two calls, the loop notices signals and saves checkpoints that are due.
CALL_SECONDS = 0.1
MAX_GROWTH = 4


class Pace:
    """The number of steps that take about ``CALL_SECONDS``, as measured on those before.

    The result of training does not depend on it.

    Args:
        max_steps: The most steps in one call.
    """

    def __init__(self, max_steps: int) -> None:
        self.max_steps = max_steps
        self.num_steps = 1
        self._since = time.perf_counter()

    def start(self) -> None:
        """Begin to measure a call."""
        self._since = time.perf_counter()

    def stop(self, num_steps: int) -> None:
        """Measure the call that began last, which took some steps."""
        seconds = time.perf_counter() - self._since
        fitting = int(num_steps * CALL_SECONDS / max(seconds, 1e-9))
        self.num_steps = max(1, min(fitting, MAX_GROWTH * num_steps, self.max_steps))
