"""When to save a checkpoint during training."""

from __future__ import annotations

import contextlib
import math
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Assumed cost of a save before one has been measured [s].
EXPECTED_SECONDS = 0.02


def next_multiple(period: int, number: int) -> int:
    """Return the first multiple of a period that is greater than a number."""
    return (number // period + 1) * period


class SavePlan:
    """Decides when a checkpoint is due: at whichever of these moments comes first.

    Args:
        epochs: Epochs between two checkpoints, or None.
        steps: Optimizer steps between two checkpoints, or None.
        seconds: Time between two checkpoints [s], or None.
        max_fraction: Fraction of the training time that saving after epochs may take; the end of an
            epoch that would exceed it is skipped. None: no limit.

    Attributes:
        is_saving: Whether a checkpoint is being written right now.
    """

    def __init__(
        self,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        seconds: float | None = None,
        max_fraction: float | None = None,
    ) -> None:
        self.epochs = epochs
        self.steps = steps
        self.seconds = seconds
        self.max_fraction = max_fraction
        self.is_saving = False
        self._saved_at = time.monotonic()
        self._cost_seconds = EXPECTED_SECONDS

    def next_step(self, step: int) -> float:
        """Return the first step after ``step`` at which a checkpoint is due by the number of steps."""
        return math.inf if self.steps is None else next_multiple(self.steps, step)

    def next_epoch(self, epoch: int) -> float:
        """Return the first epoch after ``epoch`` at whose end a checkpoint is due whatever it costs."""
        if self.epochs is None or self.max_fraction is not None:
            return math.inf
        return next_multiple(self.epochs, epoch)

    def is_due_after_step(self, step: int) -> bool:
        """Return whether to save after a step within an epoch; steps count from the start of training."""
        if self.steps is not None and step % self.steps == 0:
            return True
        return self.seconds is not None and self._elapsed() >= self.seconds

    def is_due_after_epoch(self, epoch: int) -> bool:
        """Return whether to save after ``epoch`` completed epochs."""
        if self.epochs is None or epoch % self.epochs:
            return False
        return (
            self.max_fraction is None or self._cost_seconds <= self.max_fraction * self._elapsed()
        )

    @contextlib.contextmanager
    def measured(self) -> Iterator[None]:
        """Measure the cost of the save inside the block."""
        start = time.monotonic()
        self.is_saving = True
        try:
            yield
        finally:
            self.is_saving = False
        self._saved_at = time.monotonic()
        self._cost_seconds = self._saved_at - start

    def _elapsed(self) -> float:
        return time.monotonic() - self._saved_at
