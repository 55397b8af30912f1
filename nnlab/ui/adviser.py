"""What the playground learns of an experiment a little later: findings in its data, and its time.

A process of its own finds them, at a low priority. What it is asked makes way for every training; it
stays, so that nobody waits for its imports again.
"""

from __future__ import annotations

import contextlib
import json
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.ui.worker.protocol import decode, encode, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable
    from concurrent.futures import Future
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.ui.worker.client import Progress

PROCESS = "nnlab.ui.advice_process"
MAX_KNOWN = 200
MIN_EPOCHS = 5
NO_ANSWER = "that took too long here; run: nnlab check"


class Advice(NamedTuple):
    """What was found out about an experiment.

    Attributes:
        findings: Of all rules; None if those that read data did not run.
        skipped: Why they did not.
    """

    findings: list[dict[str, Any]] | None
    skipped: str | None


class Adviser:
    """Asks a process for advice, one experiment after the other, and remembers what it said.

    Args:
        data_dir: Folder of installed data.
        is_busy: Returns whether something is being trained, so that no advice is given.
    """

    def __init__(self, data_dir: Path, is_busy: Callable[[], bool]) -> None:
        self._data_dir = data_dir
        self._is_busy = is_busy
        self._process: subprocess.Popen[bytes] | None = None
        self._is_stopped = self._is_closed = self._is_asked = False
        self._advice: OrderedDict[str, Advice] = OrderedDict()
        self._speeds: OrderedDict[str, float | None] = OrderedDict()
        self._trained: tuple[str, Progress | None] = ("", None)
        self._turns = ThreadPoolExecutor(1, thread_name_prefix="advice")

    def known(self, text: str) -> Advice | None:
        """Return the advice about a text, or None if there is none yet."""
        return self._advice.get(text)

    def seconds(self, config: ExperimentConfig) -> float | None:
        """Return about how long an experiment trains [s], or None if that is not known.

        How long the last training took, if it was of this kind, is better than what was timed.
        """
        kind = _kind_of(config)
        speed, (last, progress) = self._speeds.get(kind), self._trained
        if kind == last and progress is not None and progress.epoch >= MIN_EPOCHS:
            speed = progress.seconds / progress.epoch
        return None if speed is None else speed * config.train.epochs

    def note(self, config: ExperimentConfig, progress: Progress) -> None:
        """Remember a training that has begun; its progress says how long it takes."""
        self._trained = (_kind_of(config), progress)

    def ask(self, text: str, config: ExperimentConfig) -> Future[None]:
        """Begin to find out about a valid experiment; nothing is found out during a training."""
        return self._turns.submit(self._ask, text, config)

    def _ask(self, text: str, config: ExperimentConfig) -> None:
        if self._is_closed or text in self._advice or self._is_busy():
            return
        kind = _kind_of(config)
        self._is_stopped, self._is_asked = False, True
        found, timed = self._answers({"yaml": text, "is_timed": kind not in self._speeds})
        self._is_asked = False
        if self._is_stopped:
            return
        if kind not in self._speeds:
            _keep(self._speeds, kind, timed.get("seconds"))
        skipped = found.get("skipped", None if found else NO_ANSWER)
        _keep(self._advice, text, Advice(found.get("findings"), skipped))

    def _answers(self, question: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return both answers of the process; an empty one if it ended before."""
        process = self._warm()
        assert process.stdin is not None, "it was started with one"
        assert process.stdout is not None, "it was started with one"
        with contextlib.suppress(OSError):
            process.stdin.write(encode(question))
            process.stdin.flush()
        found, timed = (decode(process.stdout.readline()) or {} for _ in range(2))
        return found, timed

    def _warm(self) -> subprocess.Popen[bytes]:
        """Return the process; a new one if there is none, or it has ended."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._release()
        self._process = start(PROCESS, self._data_dir)
        return self._process

    def _release(self) -> None:
        """Close the pipes of a process that has ended."""
        if self._process is not None:
            with contextlib.suppress(OSError), self._process:
                pass

    def stop(self) -> None:
        """End at once what is being found out; it is not known, and can be asked again."""
        if self._is_asked:
            self._end()

    def _end(self) -> None:
        self._is_stopped = True
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End for good."""
        self._end()
        if not self._is_closed:
            self._is_closed = True
            self._turns.submit(self._release)
            self._turns.shutdown(wait=False)


def _keep(known: OrderedDict[str, Any], key: str, value: object) -> None:
    known[key] = value
    if len(known) > MAX_KNOWN:
        known.popitem(last=False)


def _kind_of(config: ExperimentConfig) -> str:
    """Return what an experiment shares with all that take as long for an epoch."""
    values = config.model_dump(mode="json", exclude={"name", "ignore"})
    values["train"].pop("epochs")
    values["optimizer"].pop("lr", None)
    return json.dumps(values, sort_keys=True)
