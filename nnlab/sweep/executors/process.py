"""Units trained by worker processes of this computer, several at once."""

from __future__ import annotations

import contextlib
import json
import logging
import queue
import signal
import subprocess
import sys
import threading
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.sweep.executors.answers import answer_from_json, raise_error
from nnlab.sweep.executors.stopping import Stopping
from nnlab.sweep.units import unit_to_json
from nnlab.sweep.worker import place_to_json
from nnlab.training.runtime import num_processors

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.sweep.executors.answers import Answer
    from nnlab.sweep.places import AnyPlace
    from nnlab.sweep.units import Unit

COMMAND = [sys.executable, "-m", "nnlab.sweep.worker"]
MAX_DEATHS = 3  # of the workers of a unit, as Ray has it
SECONDS_TO_SAVE = 60.0
logger = logging.getLogger(__name__)


class LostWorkerError(Exception):
    """A worker has ended without an answer.

    Args:
        code: Its exit code, minus the signal that ended it.
    """

    def __init__(self, code: int) -> None:
        how = signal.Signals(-code).name if code < 0 else f"exit code {code}"
        super().__init__(how)


class Worker:
    """A process that trains one unit at a time.

    Args:
        place: Where it trains.
    """

    def __init__(self, place: AnyPlace) -> None:
        # Ctrl-C is for the process of the sweep, which stops its workers.
        self.process = subprocess.Popen(
            COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        with contextlib.suppress(BrokenPipeError):
            self._write(place_to_json(place))

    def train(self, unit: Unit) -> Answer:
        """Return how a unit has ended.

        Raises:
            LostWorkerError: If the process has ended instead.
        """
        with contextlib.suppress(BrokenPipeError):
            self._write(json.dumps(unit_to_json(unit)).encode())
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line.endswith(b"\n"):
            self.end()
            raise LostWorkerError(self.process.returncode)
        return answer_from_json(line.decode())

    def _write(self, line: bytes) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + b"\n")
        self.process.stdin.flush()

    def stop(self) -> None:
        """Ask the process to save what it trains and to end."""
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()

    def end(self) -> None:
        """Wait until the process has ended; end it if it does not."""
        self.stop()
        try:
            self.process.wait(SECONDS_TO_SAVE)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for stream in (self.process.stdin, self.process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]  # both are pipes


class ProcessExecutor:
    """Trains units in processes, which are started when they are needed and replaced when they die.

    Args:
        place: The sweep, and where its data are.
        number: How many processes; None for one per processor.
    """

    def __init__(self, place: AnyPlace, number: int | None = None) -> None:
        self.capacity = number or num_processors()
        self.place = place._replace(share=max(1, num_processors() // self.capacity))
        self._threads = ThreadPoolExecutor(self.capacity)
        self._workers: list[Worker] = []
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        self._starting = threading.RLock()
        self._is_over = False
        self._stopping = Stopping(self._stop, place.on_stop)

    def submit(self, unit: Unit) -> Future[None]:
        """Start a unit; see ``Executor``."""
        self._stopping.begin()
        return self._threads.submit(self._train, unit)

    def cancel(self) -> None:
        """Stop the workers, which save the step that they are at."""
        self._is_over = True
        self._stop()
        self._threads.shutdown(cancel_futures=True)
        for worker in self._workers:
            worker.end()
        self._stopping.close()

    def _stop(self) -> None:
        with self._starting:
            for worker in self._workers:
                worker.stop()

    def _train(self, unit: Unit) -> None:
        for death in range(1, MAX_DEATHS + 2):
            try:
                answer = self._answer(unit)
            except LostWorkerError as lost:
                self._stopping.check()
                folder = self.place.run_of(unit).path
                if death > MAX_DEATHS:
                    raise _too_many(folder, lost) from lost
                logger.warning("a worker has died (%s) while it trained %s", lost, folder)
            else:
                raise_error(answer, self._stopping.message)
                return

    def _answer(self, unit: Unit) -> Answer:
        try:
            worker = self._idle.get_nowait()
        except queue.Empty:
            worker = self._new()
        answer = worker.train(unit)
        self._idle.put(worker)
        return answer

    def _new(self) -> Worker:
        with self._starting:
            self._stopping.check()
            if self._is_over:
                raise CancelledError
            worker = Worker(self.place)
            self._workers.append(worker)
        return worker


def _too_many(folder: Path, last: LostWorkerError) -> RunError:
    msg = (
        f"{folder}: each of {MAX_DEATHS + 1} workers has died while it trained this, the last one by "
        f"{last}\nif memory is short, train in fewer processes: --on process:1"
    )
    return RunError(msg)
