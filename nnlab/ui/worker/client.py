"""The server's side of the process that trains."""

from __future__ import annotations

import contextlib
import signal
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from nnlab.errors import NnlabError
from nnlab.ui.worker.protocol import decode, encode, start, unpack

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable

    import numpy as np

    from nnlab.storage.folders import Folders
    from nnlab.ui.live_comparison import LiveComparison

PROCESS = "nnlab.ui.worker.child"
# Importing torch on a slow machine, and reading data, come before the start [s].
START_SECONDS = 120.0
END_SECONDS = 10.0
# A comparison is stored with its picture, which nobody waits for.
LEAVE_SECONDS = 1.0
MAX_FRAMES, NUM_NEW_FRAMES = 40, 10


class BusyError(NnlabError):
    """Another training is under way."""


class WorkerError(NnlabError):
    """The process that trains did not do what it was told."""


@dataclass
class Progress:
    """What the page knows of the training under way, or the last one.

    Attributes:
        run: Its run; None before the first.
        is_running: Whether it trains now.
        has_begun: Whether its order was found to be possible.
        epoch: Completed epochs.
        epochs: All of them.
        seconds: How long it has trained [s].
        error: Why it ended, if it failed.
        frames: The newest weights by epoch.
        version: Goes up with each frame.
        comparison: What the runs are trained for, if they are compared.
    """

    run: str | None = None
    is_running: bool = False
    has_begun: bool = False
    epoch: int = 0
    epochs: int = 0
    seconds: float = 0.0
    error: str | None = None
    frames: dict[int, dict[str, np.ndarray]] = field(default_factory=dict)
    version: int = 0
    comparison: LiveComparison | None = None

    def add_frame(self, epoch: int, weights: dict[str, np.ndarray]) -> None:
        """Keep weights; of many, every second is forgotten, but none that a page has just heard of."""
        self.frames[epoch] = weights
        self.version += 1
        if len(self.frames) > MAX_FRAMES:
            first, *others = sorted(self.frames)
            old, new = others[:-NUM_NEW_FRAMES], others[-NUM_NEW_FRAMES:]
            self.frames = {e: self.frames[e] for e in (first, *old[1::2], *new)}


class Worker:
    """One process that trains, started when it is first needed and again after a crash.

    Args:
        folders: Folders of runs and data.
        on_begin: Called before a training begins.
    """

    def __init__(self, folders: Folders, on_begin: Callable[[], object] = lambda: None) -> None:
        self._on_begin = on_begin
        self._folders = folders
        self._process: subprocess.Popen[bytes] | None = None
        self._listener: threading.Thread | None = None
        self._changed = threading.Condition()
        self._commands = threading.Lock()
        self._is_closed = False
        self.progress = Progress()

    @property
    def running(self) -> str | None:
        """The run that is being trained, or None."""
        return self.progress.run if self.progress.is_running else None

    @property
    def pid(self) -> int | None:
        """The id of the process, or None if there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def warm(self) -> None:
        """Start the process, if there is none."""
        if self.pid is not None or self._is_closed:
            return
        self._process = start(PROCESS, self._folders.runs, self._folders.data)
        self._listener = threading.Thread(target=self._listen, args=(self._process,), daemon=True)
        self._listener.start()

    def train(self, text: str) -> str:
        """Begin to train an experiment, and return its run.

        Raises:
            BusyError: If another one is being trained.
            WorkerError: If it cannot be trained.
        """
        return self._begin({"do": "train", "yaml": text}).run or ""

    def resume(self, run: str, *, step: bool = False) -> str:
        """Go on with a run that has stopped, to its end or for one evaluated epoch; see ``train``."""
        return self._begin({"do": "step" if step else "resume", "run": run}).run or ""

    def compare(self, comparison: LiveComparison) -> None:
        """Begin to compare, or go on with that; see ``train``."""
        self._begin(comparison.order(), comparison)

    def pause(self) -> None:
        """Stop the training under way, as a signal does; it can be resumed to the same bytes.

        A comparison is stopped between two runs as well.

        Raises:
            WorkerError: If nothing is being trained.
        """
        if self._process is None or not self.progress.is_running:
            msg = "nothing is being trained"
            raise WorkerError(msg)
        if self.progress.comparison is None:
            self._process.send_signal(signal.SIGINT)
        else:
            self._send({"do": "stop"})
        self.wait()

    def wait(self, seconds: float = START_SECONDS) -> None:
        """Wait until nothing is being trained."""
        with self._changed:
            self._changed.wait_for(lambda: not self.progress.is_running, seconds)

    def wait_for_frame(self, seconds: float) -> None:
        """Wait until weights of the training under way can be shown, but not for long."""
        with self._changed:
            self._changed.wait_for(
                lambda: bool(self.progress.frames) or not self.progress.is_running, seconds
            )

    def close(self) -> None:
        """End the process; what it trains is saved as interrupted, what it compares is stored."""
        self._is_closed = True
        process, listener = self._process, self._listener
        if process is None or process.stdin is None or listener is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()
        listener.join(END_SECONDS if self.progress.comparison is None else LEAVE_SECONDS)

    def _begin(self, message: dict[str, Any], comparison: LiveComparison | None = None) -> Progress:
        with self._commands:
            if self.progress.is_running:
                raise BusyError(self._why_busy())
            self.warm()
            if self.pid is None:
                msg = "the process that trains cannot be started; is the server ending?"
                raise WorkerError(msg)
            before = self.progress
            self.progress = progress = Progress(
                run=message.get("run"), is_running=True, comparison=comparison
            )
            if before.run == progress.run:
                progress.frames, progress.version = before.frames, before.version
            self._on_begin()
            self._send(message)
            self._wait_for_start(progress)
            return progress

    def _why_busy(self) -> str:
        if self.progress.comparison is not None:
            return "a comparison is under way; stop it first"
        return f"run {self.progress.run} is being trained; pause it first"

    def _send(self, message: dict[str, Any]) -> None:
        process = self._process
        assert process is not None, "it has been started"
        assert process.stdin is not None, "it was started with one"
        try:
            process.stdin.write(encode(message))
            process.stdin.flush()
        except OSError:
            self._end("the process that trains has ended; try again")

    def _wait_for_start(self, progress: Progress) -> None:
        """Wait until a training has begun."""
        with self._changed:
            self._changed.wait_for(
                lambda: progress.has_begun or not progress.is_running, START_SECONDS
            )
        if not progress.has_begun and (progress.error or progress.run is None):
            raise WorkerError(progress.error or "the training did not begin in time")

    def _listen(self, process: subprocess.Popen[bytes]) -> None:
        """Take in what the process says until it ends."""
        with process:  # closes its pipes
            assert process.stdout is not None, "it was started with one"
            for line in process.stdout:
                message = decode(line)
                if message is not None:
                    with self._changed:
                        self._take(message)
                        self._changed.notify_all()
        if process is self._process:
            self._end("the process that trains has ended; its last checkpoint can be resumed")

    def _take(self, message: dict[str, Any]) -> None:
        progress = self.progress
        if progress.comparison is not None:
            progress.comparison.take(message)
        match message.get("event"):
            case "reused" | "judged":
                progress.has_begun = True
            case "started":
                progress.has_begun = True
                progress.run, progress.epochs = message["run"], message["epochs"]
                progress.epoch = message["epoch"]
            case "records":
                progress.epoch, progress.seconds = message["epoch"], message["seconds"]
            case "frame":
                progress.add_frame(message["epoch"], unpack(message["weights"]))
            case "ended":
                progress.is_running, progress.error = False, message["error"]
                progress.run = progress.run or message["run"]
            case _:
                pass

    def _end(self, reason: str) -> None:
        """Note that the process has ended; a new one is warmed for the next training."""
        with self._changed:
            was_running = self.progress.is_running
            self.progress.is_running = False
            if was_running:
                self.progress.error = reason
            self._changed.notify_all()
        if was_running:
            self.warm()
