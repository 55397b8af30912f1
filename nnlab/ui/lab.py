"""What the routes share: the folder, its index, and the metrics that have been read."""

from __future__ import annotations

import asyncio
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING

from nnlab.api.browsing import RunDir, UnknownResultError, find_exact
from nnlab.formatting import flatten
from nnlab.ui.adviser import Adviser
from nnlab.ui.columns import MetricsLog
from nnlab.ui.columns_file import LEAST_BYTES, load_columns, save_columns
from nnlab.ui.helper.client import Helper
from nnlab.ui.index import Index
from nnlab.ui.lessons.derivations import Derivations
from nnlab.ui.price import Shapes
from nnlab.ui.samples import Samples
from nnlab.ui.server_file import cache_of
from nnlab.ui.sparks import Sparks
from nnlab.ui.studies import Studies
from nnlab.ui.views import DrawnRuns
from nnlab.ui.worker.client import Worker

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    import numpy as np

    from nnlab.api.browsing import Glance
    from nnlab.storage.folders import Folders
    from nnlab.ui.drawn_run import DrawnRun
    from nnlab.ui.live_comparison import LiveComparison

    Frames = Mapping[int, Mapping[str, np.ndarray]]

MAX_LOGS = 100
MAX_CONFIGS = 1_000


class Lab:
    """The state of a server.

    Args:
        folders: Folders of runs and data.
        port: Port of the server.
        token: Its secret.

    Attributes:
        can_train: Whether this server can train.
        worker: The process that trains.
        comparison: The comparison that was begun last, or None.
        adviser: Finds out what an experiment takes, and what is wrong with its data.
        shapes: The shapes of data that experiments of the page name.
        helper: The process that answers what takes torch, or many data.
        samples: Some of the data of those experiments.
        num_streams: How many tabs are sent events.
        is_closing: Set when the server ends.
    """

    def __init__(self, folders: Folders, port: int, token: str) -> None:
        self.folders = folders
        self.port = port
        self.token = token
        self.can_train = True
        self.adviser = Adviser(folders.data, lambda: self.worker.progress.is_running)
        self.worker = Worker(folders, self.adviser.stop)
        self.comparison: LiveComparison | None = None
        self.shapes = Shapes(folders.data)
        self.helper = Helper(folders)
        self.samples = Samples(self.helper)
        self._views = DrawnRuns(folders, self.helper)
        self.num_streams = 0
        self.is_closing = asyncio.Event()
        self.cache = cache_of(folders)
        self.index = Index(folders.runs, self.cache / "index.json")
        self.sparks = Sparks(self.cache / "sparks.json", self.index.touch)
        self.studies = Studies(folders, self.cache / "studies")
        self.derivations = Derivations()
        self._logs: OrderedDict[str, MetricsLog] = OrderedDict()
        self._configs: OrderedDict[tuple[str, int, int, int], dict[str, Any]] = OrderedDict()
        self._lock = threading.Lock()

    @property
    def running(self) -> str | None:
        """Id of the run that this server trains, or None."""
        return self.worker.running

    def drawn(self, run_id: str) -> tuple[DrawnRun, Frames]:
        """Return a run that can be drawn, with all of its weights that are known by epoch.

        Raises:
            RunError: If there is none, or its data are elsewhere.
        """
        drawn = self._views.get(self.run(run_id))
        progress = self.worker.progress
        live = progress.frames if progress.run == run_id else {}
        return drawn, {**drawn.kept, **live}

    def run(self, run_id: str) -> RunDir:
        """Return the run with an id.

        Raises:
            UnknownResultError: If there is none, or it is a comparison or a sweep.
        """
        result = find_exact(run_id, self.folders.runs)
        if not isinstance(result, RunDir):
            msg = f"{run_id} is not a run"
            raise UnknownResultError(msg)
        return result

    def config(self, run: RunDir) -> dict[str, Any]:
        """Return the experiment of a run with all defaults, by dotted keys.

        Raises:
            RunError: If it cannot be read.
        """
        found = run.resolved_path.lstat()
        key = (run.id, found.st_ino, found.st_mtime_ns, found.st_size)
        with self._lock:
            known = self._configs.get(key)
        if known is None:
            known = flatten(run.config.model_dump(mode="json"))
            with self._lock:
                self._configs[key] = known
                if len(self._configs) > MAX_CONFIGS:
                    self._configs.popitem(last=False)
        return known

    def log(self, run: RunDir) -> MetricsLog:
        """Return the metrics of a run, read up to now.

        Raises:
            RunError: If the file is not a plain file, or is too large.
        """
        with self._lock:
            log = self._logs.setdefault(run.id, MetricsLog(run.metrics_path))
            self._logs.move_to_end(run.id)
            if len(self._logs) > MAX_LOGS:
                self._logs.popitem(last=False)
        with log.lock:
            if log.cursor:
                log.poll()
            else:
                self._begin(log)
        return log

    def _begin(self, log: MetricsLog) -> None:
        """Read a file for the first time, or take what was kept of it."""
        path = self.cache / "columns" / f"{log.path.parent.name}.npz"
        if not load_columns(log, path):
            log.poll()
            if log.cursor >= LEAST_BYTES:
                save_columns(log, path)

    def spark(self, row: Glance) -> dict[str, Any] | None:
        """Return the curve of a row's metric for a list; None if it has none, or it is not known yet."""
        if row["kind"] != "run":
            return None
        path = self.folders.runs / row["id"] / "metrics.jsonl"
        return self.sparks.get(path, row["metric"], is_live=row["status"] == "running")

    def close(self) -> None:
        """End what is under way: streams and processes."""
        self.is_closing.set()
        self.studies.stop()
        self.derivations.stop()
        self.shapes.close()
        self.adviser.close()
        self.worker.close()
        self.helper.close()
        self.sparks.close()
        self.index.save()
