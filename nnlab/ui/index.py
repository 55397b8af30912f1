"""The list of results in a folder, kept up to date at little cost.

An entry is made again when one of its files has another inode, time or size. The index can be thrown
away at any time.
"""

from __future__ import annotations

import math
import os
import threading
import time
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from nnlab.api.browsing import Glance, glance, result_paths
from nnlab.errors import NnlabError
from nnlab.ui.kept import keep, kept

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# What an entry is made of; a training that goes on only appends to the metrics.
FILES = ("meta.json", "summary.json", "result.json", "comparison.json", "tags.json", "note.json")
# A look at a folder may take this part of the time at most; the first one is kept for the next start.
SHARE = 20.0
SLOW_SECONDS = 1.0
# How often the list says how far a training has come: pages ask for all rows then.
PROGRESS_SECONDS = 5.0
Stamp = tuple[tuple[int, int, int] | None, ...]


class Entry(NamedTuple):
    """A result, and the state of the files it was read from."""

    stamp: Stamp
    glance: Glance


class Index:
    """The results in a folder.

    Args:
        folder: The folder of runs.
        path: Where the index is kept.

    Attributes:
        revision: Goes up whenever an entry has changed.
    """

    def __init__(self, folder: Path, path: Path) -> None:
        self.folder = folder
        self.path = path
        self.revision = 0
        self._entries = dict(_entries(kept(path)))
        self._is_kept = True
        self._looked_at, self._cost = -math.inf, 0.0
        self._progress_at = -math.inf
        self._lock = threading.Lock()

    def statuses(self, max_age: float) -> dict[str, str]:
        """Return the status of every result by its id.

        Args:
            max_age: How old this may be [s]; a large folder is looked at less often.
        """
        with self._lock:
            if time.monotonic() - self._looked_at > max(max_age, SHARE * self._cost):
                self._refresh()
            return {name: entry.glance["status"] for name, entry in self._entries.items()}

    def glances(self) -> list[Glance]:
        """Return every result, the newest first."""
        with self._lock:
            self._refresh()
            found = [entry.glance for entry in self._entries.values()]
        return sorted(found, key=lambda row: (row["created"] or "", row["id"]), reverse=True)

    def _refresh(self) -> None:
        started = time.monotonic()
        before = self._entries
        self._entries = {}
        has_progress = started - self._progress_at >= PROGRESS_SECONDS
        if has_progress:
            self._progress_at = started
        for path in result_paths(self.folder):
            entry = self._entry(path, before.get(path.name), has_progress=has_progress)
            if entry is not None:
                self._entries[path.name] = entry
        if self._entries != before:
            self.revision += 1
            self._is_kept = False
        self._looked_at = time.monotonic()
        self._cost = self._looked_at - started
        if self._cost > SLOW_SECONDS and not self._is_kept:
            self._keep()

    def touch(self) -> None:
        """Say that something about the list has changed that is not in it."""
        self.revision += 1

    def save(self) -> None:
        """Keep the index for the next time."""
        with self._lock:
            if not self._is_kept:
                self._keep()

    def _keep(self) -> None:
        keep(self.path, self._entries)
        self._is_kept = True

    def _entry(self, path: Path, known: Entry | None, *, has_progress: bool) -> Entry | None:
        if path.is_symlink():  # nothing that is asked about a run follows one
            return None
        stamp = tuple(_stamp(f"{path}/{name}") for name in FILES)
        is_same = known is not None and known.stamp == stamp
        # Whether a run is still being trained is not written in its files.
        if known is not None and is_same and known.glance["status"] != "running":
            return known
        try:
            found = glance(path)
        except (NnlabError, OSError):  # removed while it was read
            return None
        if known is not None and is_same and not has_progress:
            found["epochs_done"] = known.glance["epochs_done"]
        return Entry(stamp, found)


def _entries(found: dict[str, Any]) -> Iterator[tuple[str, Entry]]:
    """Yield the entries that were kept, as far as they are such."""
    fields = {*Glance.__annotations__}
    for name, entry in found.items():
        match entry:
            case [[*stamp], dict(shown)] if shown.keys() == fields and len(stamp) == len(FILES):
                of_files = (tuple(one) if isinstance(one, list) else None for one in stamp)
                yield name, Entry(cast("Stamp", tuple(of_files)), cast("Glance", shown))


def _stamp(path: str) -> tuple[int, int, int] | None:
    try:
        found = os.lstat(path)
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
