"""Signals that stop training."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


# SIGHUP: the terminal was closed; Windows does not have it.
STOP_SIGNALS = [signal.SIGINT, signal.SIGTERM, *([signal.SIGHUP] if os.name == "posix" else [])]


class StopRequest:
    """Whether SIGINT, SIGTERM or SIGHUP asked to stop; one that is ignored (nohup) stays ignored.

    As a context manager, it records the first signal, so that training can save and stop; a second
    SIGINT raises KeyboardInterrupt immediately. Outside the main thread, where no handler can be
    set, it does nothing.

    Attributes:
        signal: Number of the signal that asked to stop, or None.
    """

    def __init__(self) -> None:
        self.signal: int | None = None

    def __enter__(self) -> StopRequest:
        self._before = {}
        if threading.current_thread() is threading.main_thread():
            for number in STOP_SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._take_note)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _take_note(self, number: int, _frame: FrameType | None) -> None:
        if self.signal is not None and number == signal.SIGINT:
            raise KeyboardInterrupt
        self.signal = number
