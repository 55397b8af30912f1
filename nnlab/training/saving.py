"""When a run is saved while it trains."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# What the first save is taken to cost, before one was measured [s].
EXPECTED_SECONDS = 0.02


class SavePlan:
    """Says when a checkpoint is due: at whichever of these moments comes first.

    Args:
        epochs: Completed epochs between two, or None.
        steps: Optimizer steps between two, or None.
        seconds: Time between two [s], or None.
        max_share: Share of the time of training that saving after epochs may take: the end of an
            epoch that would exceed it is passed over. None: any.

    Attributes:
        is_saving: Whether a checkpoint is being written at this moment.
    """

    def __init__(
        self,
        *,
        epochs: int | None = None,
        steps: int | None = None,
        seconds: float | None = None,
        max_share: float | None = None,
    ) -> None:
        self.epochs = epochs
        self.steps = steps
        self.seconds = seconds
        self.max_share = max_share
        self.is_saving = False
        self._saved_at = time.monotonic()
        self._cost_seconds = EXPECTED_SECONDS

    def is_due_after_step(self, step: int) -> bool:
        """Return whether to save in the middle of an epoch, ``step`` steps after the beginning."""
        if self.steps is not None and step % self.steps == 0:
            return True
        return self.seconds is not None and self._elapsed() >= self.seconds

    def is_due_after_epoch(self, epoch: int) -> bool:
        """Return whether to save after this number of completed epochs."""
        if self.epochs is None or epoch % self.epochs:
            return False
        return self.max_share is None or self._cost_seconds <= self.max_share * self._elapsed()

    @contextlib.contextmanager
    def measured(self) -> Iterator[None]:
        """Take note of the save in this block, and of what it costs."""
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
