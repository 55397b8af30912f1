"""The runs that are being drawn, each read once until its checkpoint changes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from nnlab.errors import NnlabError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir
    from nnlab.ui.drawn_run import DrawnRun
    from nnlab.ui.helper.client import Helper

MAX_RUNS = 10
# A training replaces its checkpoint now and then.
MAX_TRIES = 5


class DrawnRuns:
    """Runs by their ids, the newest of them in memory.

    Args:
        folders: Folders of runs and data.
        helper: Answers for networks that take torch.
    """

    def __init__(self, folders: Folders, helper: Helper) -> None:
        self._folders = folders
        self._helper = helper
        self._known: OrderedDict[str, tuple[object, DrawnRun]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, run: RunDir) -> DrawnRun:
        """Return a run, read again if it has changed.

        Raises:
            RunError: If it is damaged, or its data are elsewhere.
        """
        with self._lock:
            known = self._known.get(run.id)
            if known is None or known[0] != state_of(run):
                known = self._known[run.id] = self._read(run)
            self._known.move_to_end(run.id)
            if len(self._known) > MAX_RUNS:
                self._known.popitem(last=False)
            return known[1]

    def _read(self, run: RunDir) -> tuple[object, DrawnRun]:
        """Return the state of a run, and what it was then; read again if a training replaced it meanwhile.

        Raises:
            RunError: See ``get``.
        """
        from nnlab.ui.drawn_run import DrawnRun

        for _ in range(MAX_TRIES - 1):
            state = state_of(run)
            try:
                drawn = DrawnRun.load(run, self._folders, self._helper)
            except (NnlabError, OSError):
                if state_of(run) == state:
                    raise
            else:
                if state_of(run) == state:
                    return state, drawn
        return state_of(run), DrawnRun.load(run, self._folders, self._helper)


def state_of(run: RunDir) -> object:
    """Return what differs once a run has a new checkpoint, or has finished."""
    from nnlab.storage.checkpoint import MANIFEST

    return _state(run.checkpoints_dir / MANIFEST), _state(run.summary_path)


def _state(path: Path) -> object:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size
