"""The list of results in a folder, kept up to date at little cost.

An entry is made again when one of its files has another inode, time or size. The index can be thrown
away at any time.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.browsing import glance, result_paths
from nnlab.errors import NnlabError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.api.browsing import Glance

# What an entry is made of; a training that goes on only appends to the metrics.
FILES = ("meta.json", "summary.json", "result.json", "comparison.json", "tags.json", "note.json")
Stamp = tuple[tuple[int, int, int] | None, ...]


class Entry(NamedTuple):
    """A result, and the state of the files it was read from."""

    stamp: Stamp
    glance: Glance


class Index:
    """The results in a folder.

    Args:
        folder: The folder of runs.

    Attributes:
        revision: Goes up whenever an entry has changed.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.revision = 0
        self._entries: dict[str, Entry] = {}
        self._lock = threading.Lock()

    def glances(self) -> list[Glance]:
        """Return every result, the newest first."""
        with self._lock:
            self._refresh()
            found = [entry.glance for entry in self._entries.values()]
        return sorted(found, key=lambda row: (row["created"] or "", row["id"]), reverse=True)

    def _refresh(self) -> None:
        before = self._entries
        self._entries = {}
        for path in result_paths(self.folder):
            entry = self._entry(path, before.get(path.name))
            if entry is not None:
                self._entries[path.name] = entry
        if self._entries != before:
            self.revision += 1

    def _entry(self, path: Path, known: Entry | None) -> Entry | None:
        stamp = tuple(_stamp(path / name) for name in FILES)
        # Whether a run is still being trained is not written in its files.
        if known is not None and known.stamp == stamp and known.glance["status"] != "running":
            return known
        try:
            return Entry(stamp, glance(path))
        except (NnlabError, OSError):  # removed while it was read
            return None


def _stamp(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.lstat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
