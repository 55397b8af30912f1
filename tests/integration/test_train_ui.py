"""nnlab train --ui: a page that opens by itself, and a training that does not notice it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from nnlab.runs.differences import without_measured
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.ui.server_file import FILE, cache_of, find_server
from tests.helpers.command import Command, nnlab
from tests.helpers.config_files import GOOD

LONG = 60.0  # [s] for machines that are busy
BROWSER = """\
import sys
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

opened = Path(sys.argv[1])
page = Path(url2pathname(urlsplit(sys.argv[2]).path)).read_text()
with opened.open("a") as file:
    file.write(page + "\\n")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder with an experiment; a server that was started for its runs is ended."""
    (tmp_path / "small.yaml").write_text(GOOD + "train: {epochs: 3, seeds: 2}\n")
    (tmp_path / "browser.py").write_text(BROWSER)
    yield tmp_path
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        os.kill(json.loads(server_file(tmp_path).read_text())["pid"], signal.SIGTERM)
        wait_for(lambda: not server_file(tmp_path).exists())


def server_file(folder: Path) -> Path:
    return cache_of(Folders(folder / "runs", folder / "data")) / FILE


def train(folder: Path, *options: str) -> RunDir:
    """Train with a browser that only notes what it is led to."""
    browser = f"{sys.executable} {folder / 'browser.py'} {folder / 'opened'} %s"
    places = ["--runs-dir", str(folder / "runs"), "--data-dir", str(folder / "data")]
    done = nnlab("train", folder / "small.yaml", *places, *options, env={"BROWSER": browser})
    assert done.returncode == 0, done.stderr
    assert ("opens in a browser" in done.stderr) == ("--ui" in options)
    return RunDir(Path(done.stdout.splitlines()[-1]))


def wait_for(is_so: Callable[[], object]) -> None:
    deadline = time.monotonic() + LONG
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def opened(folder: Path, number: int) -> tuple[int, str, str]:
    """Return port, path and token of the page that was opened as this one."""
    path = folder / "opened"
    wait_for(lambda: path.exists() and path.read_text().count("\n") > number)
    found = re.search(
        r'url=http://127\.0\.0\.1:(\d+)(/\S+)\?token=([\w-]{43})"',
        path.read_text().splitlines()[number],
    )
    assert found is not None
    return int(found[1]), found[2], found[3]


def test_the_page_of_the_run_is_opened_and_the_run_has_the_same_bytes(folder: Path) -> None:
    run = train(folder, "--ui")

    port, path, token = opened(folder, 0)
    assert path == f"/runs/{run.id}"
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONG)
    connection.request("GET", f"/api{path}", headers={"Authorization": f"Bearer {token}"})
    answer = json.loads(connection.getresponse().read())
    connection.close()
    assert (answer["id"], answer["status"]) == (run.id, "finished")
    assert stat.S_IMODE(server_file(folder).stat().st_mode) == 0o600
    alone = train(folder)
    assert without_measured(run.metrics) == without_measured(alone.metrics)
    assert without_measured(run.summary) == without_measured(alone.summary)

    second = train(folder, "--ui")

    assert opened(folder, 1) == (port, f"/runs/{second.id}", token)
    running = find_server(Folders(folder / "runs", folder / "data"))
    assert running is not None
    assert (running.port, running.token) == (port, token)


def test_a_page_that_cannot_be_opened_does_not_stop_the_training(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr("nnlab.ui.background.subprocess.Popen", fail)
    done = command("train", str(folder / "small.yaml"), "--runs-dir", str(folder / "runs"), "--ui")

    assert done.code == 0, done.stderr
    assert "the page cannot be opened: Cannot allocate memory; try: nnlab ui" in done.stderr
    assert RunDir(Path(done.stdout.splitlines()[-1])).status == "finished"


def test_a_sweep_has_no_page_of_a_run(
    folder: Path, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Found:
        id = "a-sweep"

    monkeypatch.setattr("nnlab.api.load_sweep", lambda *_, **__: Found())
    done = command("resume", "a-sweep", "--ui")

    assert done.code == 2
    assert "--ui: a-sweep is a sweep; leave it out" in done.stderr
