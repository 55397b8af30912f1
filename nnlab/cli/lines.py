"""Lines about epochs: what fits the screen, thinned for long trainings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.training.job import Job

MAX_LINES = 50
# An epoch is shown, whatever its number, if none has been for so long [s].
MAX_SILENCE = 10.0


class Field(NamedTuple):
    """A part of a line.

    Attributes:
        text: What it says.
        drop: On a narrow screen the field with 1 goes first, then that with 2; None always stays.
        short: What it says where dropping 1 to 3 was not enough.
    """

    text: str
    drop: int | None = None
    short: str | None = None


LAST_DROP = 4


def fit(fields: Sequence[Field], width: int) -> str:
    """Return the fields in one line, without those that do not fit."""
    kept = list(fields)
    for drop in range(1, LAST_DROP + 1):
        if drop == LAST_DROP and len(join(kept)) > width:
            kept = [field._replace(text=field.short or field.text) for field in kept]
        if len(join(kept)) > width:
            kept = [field for field in kept if field.drop != drop]
    return join(kept)


def join(fields: Sequence[Field]) -> str:
    """Return all fields in one line, however long."""
    return "  ".join(field.text for field in fields)


def spacing(num_lines: int) -> int:
    """Return 1, 2, 5, 10, ...: the first that thins so many lines to at most ``MAX_LINES``."""
    power = 1
    while True:
        for factor in (1, 2, 5):
            if num_lines <= MAX_LINES * factor * power:
                return factor * power
        power *= 10


class EpochLines:
    """Shows the first epoch, the last, and evenly spaced ones between them.

    Args:
        job: The experiment.
        show: Prints fields as one line.
    """

    def __init__(self, job: Job, show: Callable[[list[Field]], None]) -> None:
        self.every = spacing(-(-job.num_epochs // job.eval_every)) * job.eval_every
        self.num_epochs = job.num_epochs
        self._show = show
        self._shown_at: float | None = None
        self._skipped: list[list[Field]] = []

    def add(self, epoch: int, lines: list[list[Field]]) -> None:
        """Show the lines of an epoch, or keep them until another is shown."""
        self._skipped = lines
        if self._is_due(epoch):
            self.show_last()
            self._shown_at = time.monotonic()

    def show_last(self) -> None:
        """Show the newest epoch if it was skipped."""
        for line in self._skipped:
            self._show(line)
        self._skipped = []

    def _is_due(self, epoch: int) -> bool:
        if self._shown_at is None or epoch % self.every == 0 or epoch == self.num_epochs:
            return True
        return time.monotonic() - self._shown_at > MAX_SILENCE
