"""Whether the training times of a comparison can be compared."""

from __future__ import annotations

import contextlib
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.formatting import format_fraction

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.comparison.result import Row

# Threads that wait longer than this share of the time for a processor share it with another job.
SHARED = 0.2
TASKS = Path("/proc/self/task")


@dataclass(frozen=True)
class Clock:
    """How long a training took.

    Attributes:
        seconds: Time that passed [s].
        waited_seconds: Time that threads waited for a processor, all together [s]; 0 if the
            system does not record it.
    """

    seconds: float
    waited_seconds: float

    def __add__(self, other: Clock) -> Clock:
        return Clock(self.seconds + other.seconds, self.waited_seconds + other.waited_seconds)

    @classmethod
    def now(cls) -> Clock:
        """Return the time since some moment in the past."""
        return cls(time.perf_counter(), _waited_seconds())

    def since(self, start: Clock) -> Clock:
        """Return the time since an earlier moment."""
        waited = max(0.0, self.waited_seconds - start.waited_seconds)
        return Clock(self.seconds - start.seconds, waited)


def _waited_seconds() -> float:
    """Return how long the threads of this process have waited for a processor [s]; Linux only."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):  # a thread may end meanwhile
        for path in TASKS.glob("*/schedstat"):
            total += int(path.read_text().split()[1])
    return total / 1e9


def why_incomparable(rows: Sequence[Row]) -> str | None:
    """Return why the training times of contenders cannot be compared, or None if they can.

    They can if the same command trained all contenders, none of them next to another job.
    """
    others = [row.name for row in rows if row.clock is None]
    if others:
        return f"this command did not train all, one after another (not so: {', '.join(others)})"
    for row in rows:
        if row.clock and row.clock.waited_seconds > SHARED * row.clock.seconds:
            share = format_fraction(row.clock.waited_seconds / row.clock.seconds, 0)
            return f"{row.name} waited {share} of its time for a processor that another job used"
    return None
