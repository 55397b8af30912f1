"""The metrics of a run as columns, read from metrics.jsonl as it grows.

As strict as ``RunDir.metrics``: damaged lines are left out, a line without its end waits. A file that
became shorter, as when a run is resumed, is read again from the start.
"""

from __future__ import annotations

import math
import os
import threading
from array import array
from itertools import repeat
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.browsing import open_plain, parse_record

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

    import numpy as np
    from numpy.typing import NDArray

    from nnlab.storage.schemas import Record

# A file that was cut off and has grown again differs in what comes before the cursor.
TAIL_BYTES = 4096
# A stranger's file may have any number of names.
MAX_METRICS = 200
# In the columns; files hold finite numbers only.
ABSENT, NOT_FINITE = math.nan, math.inf


class Grid(NamedTuple):
    """A metric by epoch and seed.

    Attributes:
        epochs: The epochs that have records, rising, ``(E,)`` int64.
        seeds: The seeds, in the order of their first records.
        values: ``(E, S)`` float64; NaN where there is no value, inf where it was not finite.
    """

    epochs: NDArray[np.int64]
    seeds: list[int]
    values: NDArray[np.float64]


class Change(NamedTuple):
    """What a look at the file has found.

    Attributes:
        is_reset: Whether the file was not what it had been, and was read again from its start.
        first: Number of the first new record.
    """

    is_reset: bool
    first: int


class MetricsLog:
    """The metrics of a run.

    Args:
        path: The file; it may not exist yet.

    Attributes:
        cursor: How much has been read, whole lines only [byte].
        generation: How often the file was found to be another one, or a shorter one.
        stamp: Inode, size and time of the file when it was read.
        replicas: The place of each seed, by trial and seed.
        columns: Each metric by record, see ``ABSENT`` and ``NOT_FINITE``.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.RLock()
        self.generation = 0
        self._clear()

    def _clear(self) -> None:
        self.cursor, self.tail = 0, b""
        self.stamp = (0, 0, 0)
        # Of each record: its epoch, the place of its seed, and where its line ends [byte].
        self.epochs, self.places, self.ends = array("q"), array("q"), array("q")
        self.columns: dict[str, array[float]] = {}
        self._grids: dict[str, tuple[int, Grid]] = {}
        self.replicas: dict[tuple[int | None, int], int] = {}

    def __len__(self) -> int:
        return len(self.epochs)

    @property
    def seeds(self) -> list[int]:
        """The seeds, in the order of their first records."""
        return [seed for _, seed in self.replicas]

    def stamp_now(self) -> tuple[int, int, int]:
        """Return inode, size and time of the file as it is.

        Raises:
            OSError: If it does not exist.
        """
        return _stamp(self.path.lstat())

    def poll(self) -> Change:
        """Read what was added since the last time.

        Raises:
            RunError: If it is not a plain file, or is too large.
        """
        with self.lock:
            try:
                if self.stamp_now() == self.stamp:
                    return Change(is_reset=False, first=len(self))
                with open_plain(self.path) as file:
                    return self._read(file)
            except FileNotFoundError:
                return self._forget()

    def _read(self, file: IO[bytes]) -> Change:
        found = os.fstat(file.fileno())
        is_reset = self.cursor > 0 and not self._continues(file, found)
        if is_reset:
            self._clear()
            self.generation += 1
        first = len(self)
        file.seek(self.cursor)
        self._take(file.read(found.st_size - self.cursor))
        self.stamp = _stamp(found)
        return Change(is_reset, first)

    def _forget(self) -> Change:
        is_reset = self.cursor > 0
        self._clear()
        self.generation += is_reset
        return Change(is_reset, 0)

    def _continues(self, file: IO[bytes], found: os.stat_result) -> bool:
        if found.st_ino != self.stamp[0] or found.st_size < self.cursor:
            return False
        file.seek(self.cursor - len(self.tail))
        return file.read(len(self.tail)) == self.tail

    def _take(self, content: bytes) -> None:
        end = content.rfind(b"\n") + 1
        place = self.cursor
        for line in content[:end].split(b"\n")[:-1]:
            place += len(line) + 1
            if (record := parse_record(line)) is not None:
                self._add(record, place)
        self.cursor += end
        self.tail = (self.tail + content[:end])[-TAIL_BYTES:]

    def _add(self, record: Record, end: int) -> None:
        number = len(self)
        self.ends.append(end)
        self.epochs.append(record["epoch"])
        self.places.append(self._place(record))
        columns, num_filled = self.columns, 0
        for name, value in _values(record):
            column = columns.get(name)
            if column is None:
                if len(columns) >= MAX_METRICS:
                    continue
                column = columns[name] = array("d", repeat(ABSENT, number))
            column.append(_number(value))
            num_filled += 1
        if num_filled < len(columns):
            for column in columns.values():
                if len(column) <= number:
                    column.append(ABSENT)

    def _place(self, record: Record) -> int:
        key = (record.get("trial"), record["seed"])
        if key not in self.replicas:
            self.replicas[key] = len(self.replicas)
        return self.replicas[key]

    def grid(self, metric: str) -> Grid:
        """Return a metric by epoch and seed; of several records of the same, the last.

        Raises:
            KeyError: If there is no such metric.
        """
        import numpy as np

        with self.lock:
            known = self._grids.get(metric)
            if known is not None and known[0] == self.cursor:
                return known[1]
            cursor, column = self.cursor, np.array(self.columns[metric])
            recorded = np.array(self.epochs, np.int64)
            places, seeds = np.array(self.places, np.int64), [*self.seeds]
        epochs, rows = np.unique(recorded, return_inverse=True)
        values = np.full((len(epochs), len(seeds)), ABSENT)
        values[rows, places] = column
        grid = Grid(epochs, seeds, values)
        self._grids[metric] = (cursor, grid)
        return grid


def _stamp(found: os.stat_result) -> tuple[int, int, int]:
    return found.st_ino, found.st_size, found.st_mtime_ns


def _values(record: Record) -> Iterator[tuple[str, float | None]]:
    """Yield each number of a record by its dotted name, each name once."""
    yield "train.loss", record["train"]["loss"]
    for split, of_split in (("val", record.get("val")), ("test", record.get("test"))):
        for name, value in (of_split or {}).items():
            yield f"{split}.{name}", value
    if "lr" in record:
        yield "lr", record["lr"]
    if "seconds" in record:
        yield "seconds", record["seconds"]


def _number(value: float | None) -> float:
    if value is None:
        return NOT_FINITE
    try:
        return float(value)
    except OverflowError:  # a whole number beyond float64
        return NOT_FINITE
