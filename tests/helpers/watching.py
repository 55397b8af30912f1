"""A training that is watched by tabs, as far as the server can tell: by streams, and by every question of a page."""

from __future__ import annotations

import contextlib
import http.client
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.ui.serve import Server
from tests.helpers.ui import check_same

VIEWS = [
    "", "/frames", "/regions", "/contours", "/examples",
    "/series?metric=val.loss&metric=train.loss&buckets=600",
]  # fmt: skip
WAIT_SECONDS = 60.0


EXPERIMENT = """\
name: watched
dataset: {name: spiral, num_samples: 300}
model: {name: mlp, hidden_sizes: [8]}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 200, batch_size: 16, seeds: 3}
"""


def is_same_if_watched(folder: Path, num_tabs: int) -> bool:
    """Return whether a training has the same bytes with tabs that look at it, and without.

    Raises:
        AssertionError: If a tab has seen nothing of it.
    """
    for name in ("seen", "unseen"):
        (folder / name).mkdir(parents=True)
    seen, num_events, num_answers = train_watched(folder / "seen", EXPERIMENT, num_tabs)
    assert num_events > 5, num_events
    assert num_answers > 4 * num_tabs, num_answers
    try:
        check_same(seen, train(folder / "unseen", EXPERIMENT))
    except AssertionError:
        return False
    return True


def train(folder: Path, text: str) -> RunDir:
    """Train an experiment by the command line, in a process of its own, and return its run."""
    config = folder / "watched.yaml"
    config.write_text(text)
    command = [sys.executable, "-m", "nnlab", "train", str(config)]
    command += ["--runs-dir", str(folder / "runs"), "--data-dir", str(folder / "data")]
    subprocess.run(command, check=True, capture_output=True)
    return RunDir(next(path for path in (folder / "runs").iterdir() if path.is_dir()))


def train_watched(folder: Path, text: str, num_tabs: int) -> tuple[RunDir, int, int]:
    """Train with tabs that look at everything all the time.

    Returns:
        The run, how many events each tab has got at least, and how many answers all have got.
    """
    with _serving(folder) as server:
        tabs = [Tab(server, folder / "runs") for _ in range(num_tabs)]
        run = train(folder, text)
        for tab in tabs:
            tab.is_open = False
    for tab in tabs:  # their streams have ended with the server
        tab.join()
    return run, min(tab.num_events for tab in tabs), sum(tab.num_answers for tab in tabs)


@contextlib.contextmanager
def _serving(folder: Path) -> Iterator[Server]:
    server = Server(Folders(folder / "runs", folder / "data"), port=0)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield server
    finally:
        server.server.should_exit = True
        thread.join(WAIT_SECONDS)


class Tab:
    """A stream of events, and questions about every view of a run once there is one."""

    def __init__(self, server: Server, runs: Path) -> None:
        self.num_events = self.num_answers = 0
        self._server, self._runs = server, runs
        self.is_open = True
        self._threads = [threading.Thread(target=f) for f in (self._listen, self._ask)]
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        for thread in self._threads:
            thread.join(WAIT_SECONDS)

    @contextlib.contextmanager
    def _get(self, target: str) -> Iterator[http.client.HTTPResponse]:
        port = self._server.port
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_SECONDS)
        cookie = f"nnlab-{port}={self._server.lab.token}"
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
        with contextlib.closing(connection):
            connection.request("GET", target, headers=headers)
            with connection.getresponse() as answer:
                yield answer

    def _run(self) -> str | None:
        """Return the run that is trained, once there is one."""
        while self.is_open:
            for path in self._runs.glob("*/metrics.jsonl"):
                return path.parent.name
            time.sleep(0.02)
        return None

    def _listen(self) -> None:
        if (run := self._run()) is not None:
            with self._get(f"/api/events?watch={run}:0") as stream:
                while self.is_open:
                    self.num_events += stream.readline().startswith(b"event: ")

    def _ask(self) -> None:
        run = self._run()
        while self.is_open:
            time.sleep(0.05)
            for target in ("/api/runs", *(f"/api/runs/{run}{view}" for view in VIEWS)):
                ended = contextlib.suppress(OSError, http.client.HTTPException)
                with ended, self._get(target) as answer:
                    answer.read()
                    self.num_answers += answer.status == 200
