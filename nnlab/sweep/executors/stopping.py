"""Signals that stop a sweep while others train for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.errors import InterruptedRun
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Stopping(StopRequest):
    """Passes the first signal that asks to stop on to those who train.

    Args:
        stop: Asks them to save and to end; it is called inside a signal handler.
        message: What to say then, and how to go on.
    """

    def __init__(self, stop: Callable[[], object], message: str) -> None:
        super().__init__()
        self.message = message
        self._stop = stop
        self._has_begun = False

    def begin(self) -> None:
        """Take note of signals from now on.

        Raises:
            InterruptedRun: If one has asked to stop.
        """
        if not self._has_begun:
            self._has_begun = True
            self.__enter__()
        self.check()

    def check(self) -> None:
        """Raise an error if a signal has asked to stop.

        Raises:
            InterruptedRun: If so.
        """
        if self.signal is not None:
            raise InterruptedRun(self.message, self.signal)

    def close(self) -> None:
        """Give the signals back."""
        if self._has_begun:
            self._has_begun = False
            self.__exit__()

    def _take_note(self, number: int, frame: FrameType | None) -> None:
        super()._take_note(number, frame)
        self._stop()
