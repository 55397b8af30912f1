"""The runs that are being drawn, each read once until its checkpoint changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir
    from nnlab.ui.drawn_run import DrawnRun

MAX_RUNS = 10


class DrawnRuns:
    """Runs by their ids, the newest of them in memory.

    Args:
        folders: Folders of runs and data.
    """

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._known: OrderedDict[str, tuple[object, DrawnRun]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: RunDir) -> DrawnRun:
        """Return a run, read again if it has changed.

        Raises:
            RunError: If it is damaged, or its data are elsewhere.
        """
        from nnlab.ui.drawn_run import DrawnRun

        with self._lock:
            state = _state_of(run)
            known = self._known.get(run.id)
            if known is None or known[0] != state:
                known = self._known[run.id] = (state, DrawnRun.load(run, self._folders))
            self._known.move_to_end(run.id)
            if len(self._known) > MAX_RUNS:
                self._known.popitem(last=False)
            return known[1]


def _state_of(run: RunDir) -> object:
    """Return what differs once a run has a new checkpoint."""
    from nnlab.storage.checkpoint import MANIFEST

    try:
        found = (run.checkpoints_dir / MANIFEST).stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
