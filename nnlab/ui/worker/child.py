"""The process that trains for the page: it imports torch once, and waits for experiments.

It trains in its main thread, where signals arrive. Closing its input ends it: what it trains is then
saved as interrupted, so that nothing is lost when the server is killed.
"""

from __future__ import annotations

import contextlib
import os
import queue
import signal
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from nnlab.errors import NnlabError
from nnlab.formatting import said
from nnlab.ui.worker.protocol import decode, encode, pack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from typing import BinaryIO

    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

IDLE_SECONDS = 600.0
# Frames are shown to people.
FRAME_SECONDS = 0.2


class Trainer:
    """Trains what it is told, one experiment at a time.

    Args:
        say: Sends a message to the server.
        runs_dir: Folder of runs.
        data_dir: Folder of installed data.
    """

    def __init__(
        self, say: Callable[[Mapping[str, Any]], None], runs_dir: str, data_dir: str
    ) -> None:
        self._say = say
        self._runs_dir, self._data_dir = runs_dir, data_dir
        self._is_stepping, self._is_shown = False, True
        self._run: str | None = None
        self._framed_at = 0.0
        self._has_signal = False

    def do(self, message: dict[str, Any]) -> None:
        """Do what a message says, and say how it ended."""
        self._run, self._has_signal, error = None, False, None
        self._is_stepping, self._is_shown = message["do"] == "step", message["do"] != "compare"
        try:
            self._train(message)
        except KeyboardInterrupt:
            pass
        except NnlabError as problem:
            error = str(problem)
        except OSError as problem:
            error = said(problem)
        self._say({"event": "ended", "run": self._run, "error": error})

    def note_signal(self, *_: object) -> None:
        """Remember a signal that comes when nothing is being trained that it could stop."""
        self._has_signal = True

    def _stop_if_asked(self) -> None:
        if self._has_signal:
            raise KeyboardInterrupt

    def _train(self, message: dict[str, Any]) -> None:
        import nnlab
        from nnlab.api.training import Experiment
        from nnlab.ui.experiment import read
        from nnlab.ui.worker.comparing import compare

        runs, data = self._runs_dir, self._data_dir
        if message["do"] == "compare":
            places = {"watch": self._watch, "runs_dir": runs, "data_dir": data}
            compare(message, self._say, self._stop_if_asked, places)
            return
        if message["do"] != "train":
            nnlab.resume(message["run"], watch=self._watch, runs_dir=runs, data_dir=data)
            return
        document, config = read(message["yaml"])
        experiment = Experiment(config, message["yaml"], document)
        nnlab.train(experiment, watch=self._watch, runs_dir=runs, data_dir=data)

    @contextlib.contextmanager
    def _watch(
        self, run: RunDir, job: Job, progress: Progress
    ) -> Iterator[Callable[[Sequence[Record]], None]]:
        """Say that a training has begun, and then each evaluated epoch."""
        self._run, self._framed_at = run.id, 0.0
        started = {"run": run.id, "epoch": progress.epoch, "epochs": job.num_epochs}
        self._say({"event": "started", **started})
        if self._has_signal:
            os.kill(os.getpid(), signal.SIGTERM)

        def on_records(_records: Sequence[Record]) -> None:
            now = {"epoch": progress.epoch, "seconds": progress.seconds}
            self._say({"event": "records", **now})
            self._show(job, progress.epoch)
            if self._is_stepping:
                os.kill(os.getpid(), signal.SIGTERM)

        yield on_records

    def _show(self, job: Job, epoch: int) -> None:
        """Send the weights, if they can be drawn and the last were sent a while ago."""
        from nnlab.training.frames import num_kept

        num_replicas = num_kept(job) if self._is_shown else 0
        now = time.monotonic()
        if not num_replicas or now - self._framed_at < FRAME_SECONDS:
            return
        self._framed_at = now
        weights = {
            name: tensor[:num_replicas].cpu().numpy()
            for name, tensor in job.learner.weights().items()
        }
        self._say({"event": "frame", "epoch": epoch, "weights": pack(weights)})


def _read(
    source: BinaryIO, messages: queue.Queue[dict[str, Any] | None], stop: Callable[[], None]
) -> None:
    """Put every order of the server into a queue; at a stop and at the end, stop what is trained."""
    for line in source:
        message = decode(line)
        if message is not None and message.get("do") == "stop":
            stop()
            os.kill(os.getpid(), signal.SIGINT)
        elif message is not None:
            messages.put(message)
    messages.put(None)
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> None:
    """Train what standard input says until it ends, or nothing comes for a while."""
    output = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what libraries print is no message

    def say(message: Mapping[str, Any]) -> None:
        with contextlib.suppress(BrokenPipeError):
            output.write(encode(message))

    trainer = Trainer(say, *sys.argv[1:3])
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, trainer.note_signal)
    messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
    reading = (sys.stdin.buffer, messages, trainer.note_signal)
    threading.Thread(target=_read, args=reading, daemon=True).start()
    _prepare()
    say({"event": "ready"})
    idle = float(os.environ.get("NNLAB_UI_IDLE", IDLE_SECONDS))
    while True:
        try:
            message = messages.get(timeout=idle)
        except queue.Empty:
            return
        if message is None:
            return
        trainer.do(message)


def _prepare() -> None:
    """Import and find out what a training needs, before there is one."""
    import nnlab.api.training
    import nnlab.assembly.job
    import nnlab.runs.execute
    import nnlab.runs.load  # noqa: F401 - imported so that they are there
    from nnlab.runs.environment import versions

    versions()


if __name__ == "__main__":
    main()
