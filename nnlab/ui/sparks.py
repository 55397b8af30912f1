"""Small curves for the list of results, made beside it: a list never waits for them."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from nnlab.ui.kept import keep, kept

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Spark = dict[str, Any]
# The curve of a run that is being trained is made again after this time [s].
RENEWAL_SECONDS = 10.0


class Sparks:
    """The small curves of a folder of runs.

    Args:
        path: Where they are kept.
        on_done: Called when a curve has become known.
    """

    def __init__(self, path: Path, on_done: Callable[[], object]) -> None:
        self.path = path
        self.on_done = on_done
        self._known: dict[str, Any] = kept(path)
        self._made_at: dict[str, float] = {}
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._is_closed = False
        self._process: subprocess.Popen[str] | None = None
        self._worker = ThreadPoolExecutor(1, "nnlab-sparks")

    def get(self, metrics_path: Path, metric: str | None, *, is_live: bool) -> Spark | None:
        """Return the curve of a run: least, mean and largest value over seeds, or None if not yet.

        Of a run that is being trained, the curve as it was a few seconds ago.

        Args:
            metrics_path: The metrics of the run.
            metric: The metric; None for the first that the run has.
            is_live: Whether the run is being trained.
        """
        try:
            found = metrics_path.lstat()
        except OSError:
            return None
        run_id = metrics_path.parent.name
        key = [found.st_ino, found.st_mtime_ns, found.st_size]
        known_key, known = self._known_of(run_id)
        if known_key == key:
            return known
        age = time.monotonic() - self._made_at.get(run_id, -math.inf)
        is_due = not is_live or age >= RENEWAL_SECONDS
        with self._lock:
            if is_due and run_id not in self._waiting:
                self._waiting.add(run_id)
                self._worker.submit(self._make, metrics_path, metric, key)
        return known if known_key[:1] == key[:1] else None

    def _known_of(self, run_id: str) -> tuple[list[Any], Spark | None]:
        """Return the state of the file that a curve was made of, and the curve."""
        match self._known.get(run_id):
            case [list(key), dict(curve)]:
                return key, curve
            case [list(key), _]:
                return key, None
            case _:
                return [], None

    def _make(self, path: Path, metric: str | None, key: list[int]) -> None:
        self._known[path.parent.name] = [key, self._ask(path, metric)]
        self._made_at[path.parent.name] = time.monotonic()
        with self._lock:
            self._waiting.discard(path.parent.name)
            is_idle = not self._waiting
        self.on_done()
        if is_idle:
            keep(self.path, self._known)

    def _ask(self, path: Path, metric: str | None) -> Spark | None:
        """Return the curve that the process has made; None if it has none, or was ended."""
        process = self._started()
        if process is None or process.stdin is None or process.stdout is None:
            return None
        try:
            process.stdin.write(json.dumps([str(path), metric]) + "\n")
            process.stdin.flush()
            found = json.loads(process.stdout.readline())
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _started(self) -> subprocess.Popen[str] | None:
        """Return the process, started if need be; None if no more curves are made."""
        with self._lock:
            if self._process is None and not self._is_closed:
                command = [sys.executable, "-m", "nnlab.ui.spark_process"]
                pipe = subprocess.PIPE
                self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
            return self._process

    def close(self) -> None:
        """Make no more curves."""
        self._worker.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._is_closed = True
        if self._process is not None:
            self._process.kill()
            self._worker.shutdown()  # it waits for an answer, which does not come
            self._process.communicate()
