"""Names and texts of strangers, on every page and in the report: text, in its place, and seen whole."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

import nnlab
from nnlab.storage.folders import Folders
from nnlab.ui.one_file import write_file
from tests.helpers.hostile import poison, table
from tests.ui.browser import UiServer, watched

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.conftest import Laboratory, Visit

# Charts, regions and findings come a little after the page.
SHOWN_MS = 700
# Letters that turn those beside them, or that nobody sees.
HIDDEN = "/[\\u200b\\u202a-\\u202e\\u2066-\\u2069]/.test(document.querySelector('main').innerText)"
LOADED = (
    "document.querySelectorAll(\"img[src='x'], script:not([src]), main script, main b\").length"
)


@pytest.fixture(scope="module")
def poisoned(
    laboratory: Laboratory, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[UiServer, dict[str, str]]]:
    """A server of such results, and its pages."""
    folder = tmp_path_factory.mktemp("poisoned")
    runs = shutil.copytree(laboratory.folder, folder / "runs")
    # The browser's loop runs in this thread.
    with ThreadPoolExecutor(1) as thread, contextlib.chdir(folder):
        trained = thread.submit(nnlab.train, table(folder), runs_dir=runs).result()
    names = {
        "run": trained.id,
        "line": laboratory.line.id,
        "comparison": laboratory.comparison,
        "sweep": laboratory.sweep,
    }
    for name in names.values():
        poison(runs / name)
    gone = runs / ".trash" / "20261127-000000-gone-0000"
    shutil.copytree(runs / names["run"], gone)
    with contextlib.chdir(folder):
        server = UiServer(runs, folder / "data")
        yield server, names
        server.stop()


PAGES = {
    "the list": "/runs",
    "a run": "/runs/{run}",
    "a regression": "/runs/{line}",
    "several": "/several?runs={run},{line}",
    "a comparison": "/comparisons/{comparison}",
    "a sweep": "/sweeps/{sweep}",
    "the trash": "/trash",
    "the playground": "/play?run={run}",
    "comparing": "/compare?a={run}&b={line}",
}


def test_a_stranger_text_is_a_text_on_every_page(
    poisoned: tuple[UiServer, dict[str, str]], chromium: Any
) -> None:
    server, names = poisoned
    with watched(chromium, server, width=320) as shown:
        for name, address in PAGES.items():
            page = shown.open(address.format(**names))
            page.wait_for_timeout(SHOWN_MS)
            found = [page.evaluate(LOADED), page.evaluate(HIDDEN), shown.sizes()]
            assert (name, found) == (name, [0, False, []])


def test_a_stranger_text_is_a_text_in_the_report_as_one_file(
    poisoned: tuple[UiServer, dict[str, str]], chromium: Any, tmp_path: Path
) -> None:
    server, names = poisoned
    folders = Folders(server.runs, server.runs.parent / "data")
    asked = {kind: [names[kind]] for kind in ("run", "comparison")}
    with ThreadPoolExecutor(1) as thread:
        for kind, ids in asked.items():
            thread.submit(write_file, ids, tmp_path / f"{kind}.html", folders).result()
    problems: list[str] = []
    page = chromium.new_page(viewport={"width": 320, "height": 640})
    page.on("console", lambda message: problems.append(message.text))
    page.on("pageerror", lambda error: problems.append(str(error)))
    for kind in asked:
        page.goto((tmp_path / f"{kind}.html").as_uri())
        page.wait_for_selector("main h1")
        found = page.evaluate(
            f"[document.querySelectorAll(\"img[src='x'], main script, main b\").length, {HIDDEN}]"
        )
        assert (kind, found) == (kind, [0, False])
    page.close()
    assert problems == []


def test_an_address_that_is_none_is_answered_by_a_page(visit: Visit) -> None:
    with visit() as shown:
        page = shown.open("/runs")
        page.goto(f"{shown.server.origin}/runs/%3Cimg%20src=x%3E")
        assert page.get_by_role("heading").inner_text() == "This was not answered"
        page.get_by_role("link", name="See the runs").click()
        page.wait_for_selector("tr.row")
        shown.problems[:] = [one for one in shown.problems if "status of 400" not in one]
