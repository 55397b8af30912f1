"""What is new in runs since a browser looked last; its stream of events looks five or ten times a second."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, NamedTuple, Self

from nnlab.errors import ConfigError, NnlabError
from nnlab.formatting import without_nan

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.ui.lab import Lab

MAX_RUNS = 50
MAX_DIGITS = 15
SECONDS_BETWEEN_LISTS = 1.0


class Event(NamedTuple):
    """One event of a stream.

    Attributes:
        name: ``records``, ``reset``, ``status``, ``frame``, ``runs`` or ``comparison``.
        data: What has happened.
    """

    name: str
    data: dict[str, object]

    def encode(self, cursor: str) -> bytes:
        """Return it as a browser reads it.

        Args:
            cursor: Where the stream is after it; the browser sends it when it comes again.
        """
        data = json.dumps(without_nan(self.data), allow_nan=False)
        return f"event: {self.name}\nid: {cursor}\ndata: {data}\n\n".encode()


class Watch:
    """The runs that one browser watches, and how far it has read them.

    Args:
        lab: The state of the server.
        cursors: How much of each run's metrics it knows [byte].
    """

    def __init__(self, lab: Lab, cursors: dict[str, int]) -> None:
        self.lab = lab
        self.cursors = cursors
        self._generations: dict[str, int] = {}
        self._statuses: dict[str, str] = {}
        self._frame: tuple[str | None, int] = (None, 0)
        self._comparison: object = None
        self._revision: int | None = None
        self._listed_at = -SECONDS_BETWEEN_LISTS

    @classmethod
    def of(cls, lab: Lab, text: str) -> Self:
        """Return the watch that ``id:cursor,id:cursor`` describes; a cursor is 0 if it is left out.

        Raises:
            ConfigError: If it is written in another way, or has too many runs.
        """
        cursors = {}
        for word in filter(None, text.split(",")):
            run_id, _, cursor = word.partition(":")
            if (cursor and not (cursor.isascii() and cursor.isdecimal())) or len(
                cursor
            ) > MAX_DIGITS:
                msg = f"watch={word[:100]}: an id, a colon and a number of bytes are expected"
                raise ConfigError(msg)
            cursors[run_id] = int(cursor or 0)
        if len(cursors) > MAX_RUNS:
            msg = f"watch: at most {MAX_RUNS} runs are watched, and {len(cursors)} were given"
            raise ConfigError(msg)
        return cls(lab, cursors)

    def __str__(self) -> str:
        return ",".join(f"{run_id}:{cursor}" for run_id, cursor in self.cursors.items())

    def look(self) -> list[bytes]:
        """Return what is new, encoded."""
        return [event.encode(str(self)) for event in self._news()]

    def _news(self) -> Iterator[Event]:
        if time.monotonic() - self._listed_at >= SECONDS_BETWEEN_LISTS:
            self._listed_at = time.monotonic()
            yield from self._list()
        for run_id in self.cursors:
            yield from self._records(run_id)
        yield from self._frames()
        yield from self._comparing()

    def _list(self) -> Iterator[Event]:
        """Yield the state of the list, and of the runs that are watched, where it has changed."""
        statuses = self.lab.index.statuses(SECONDS_BETWEEN_LISTS)
        if self._revision != self.lab.index.revision:
            self._revision = self.lab.index.revision
            yield Event("runs", {"revision": self._revision})
        for run_id in self.cursors:
            status = statuses.get(run_id, "removed")
            if status != self._statuses.get(run_id):
                self._statuses[run_id] = status
                yield Event("status", {"run": run_id, "status": status})

    def _records(self, run_id: str) -> Iterator[Event]:
        try:
            log = self.lab.log(self.lab.run(run_id))
        except (NnlabError, OSError):  # removed; the status says so
            return
        cursor, generation = self.cursors[run_id], self._generations.get(run_id, log.generation)
        self.cursors[run_id], self._generations[run_id] = log.cursor, log.generation
        if generation != log.generation or cursor > log.cursor:
            yield Event("reset", {"run": run_id})
        elif cursor < log.cursor and len(log):
            newest = {"run": run_id, "epoch": log.epochs[-1], "num_streams": self.lab.num_streams}
            yield Event("records", newest)

    def _frames(self) -> Iterator[Event]:
        """Yield that the run in training can be shown at a new epoch; only the newest counts."""
        progress = self.lab.worker.progress
        epochs, frame = [*progress.frames], (progress.run, progress.version)
        if progress.run in self.cursors and epochs and frame != self._frame:
            self._frame = frame
            data = {"run": progress.run, "epoch": max(epochs), "version": progress.version}
            yield Event("frame", data)

    def _comparing(self) -> Iterator[Event]:
        """Yield that there is more to know of the comparison of this server."""
        progress, comparison = self.lab.worker.progress, self.lab.comparison
        if comparison is None:
            return
        training = (progress.run, progress.epoch, progress.is_running, progress.error)
        known = (id(comparison), *comparison.stage, *training)
        if known != self._comparison:
            self._comparison = known
            yield Event("comparison", {"seeds": len(comparison.looks)})
