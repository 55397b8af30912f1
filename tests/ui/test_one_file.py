"""The file of ``nnlab report --interactive``, opened from the disk: the page, and nothing else."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from nnlab.storage.folders import Folders
from nnlab.ui.one_file import write_file
from tests.ui.browser import HEIGHTS, until, violations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.ui.conftest import Laboratory

KINDS = ["run", "several", "comparison", "sweep"]


@pytest.fixture(scope="module")
def written(laboratory: Laboratory, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A file of each kind."""
    folder = tmp_path_factory.mktemp("files")
    folders = Folders(laboratory.folder, laboratory.data)
    references = {
        "run": [laboratory.spiral.id],
        "several": [laboratory.spiral.id, laboratory.line.id],
        "comparison": [laboratory.comparison],
        "sweep": [laboratory.sweep],
    }
    with ThreadPoolExecutor(1) as thread:  # the browser's loop runs in this one
        return {
            kind: thread.submit(write_file, ids, folder / f"{kind}.html", folders).result()
            for kind, ids in references.items()
        }


class Opened:
    """A file in a browser; ``problems`` are errors of the console, and requests but the first."""

    def __init__(self, chromium: Any, path: Path, width: int, theme: str) -> None:
        viewport = {"width": width, "height": HEIGHTS[width]}
        self.context = chromium.new_context(viewport=viewport, color_scheme=theme)
        self.page = self.context.new_page()
        self.problems: list[str] = []
        requests: list[str] = []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("request", lambda request: requests.append(request.url))
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("main h1")
        self.page.wait_for_timeout(200)
        self.requests = [url for url in requests if not url.startswith("data:image/")]


@pytest.fixture
def opened(
    chromium: Any, written: dict[str, Path], request: pytest.FixtureRequest
) -> Iterator[Opened]:
    kind, width, theme = request.param
    opened = Opened(chromium, written[kind], width, theme)
    yield opened
    opened.context.close()


CASES = [
    (kind, width, theme) for kind in KINDS for width, theme in ((320, "dark"), (1280, "light"))
]


@pytest.mark.parametrize("opened", CASES, indirect=True, ids=lambda case: "-".join(map(str, case)))
def test_a_file_is_whole_accessible_and_asks_nobody(opened: Opened) -> None:
    assert violations(opened.page) == []
    assert opened.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert len(opened.requests) == 1
    assert opened.problems == []


@pytest.mark.parametrize("opened", [("run", 1280, "light")], indirect=True)
def test_a_file_has_the_numbers_of_the_run_and_answers_the_keyboard(
    opened: Opened, laboratory: Laboratory
) -> None:
    records = [json.loads(line) for line in laboratory.spiral.metrics_path.read_text().splitlines()]
    values = [record["val"]["loss"] for record in records if record["epoch"] == 30]
    mean = sum(values) / len(values)
    page = opened.page
    series = page.evaluate(
        "Object.entries(JSON.parse(document.getElementById('content').textContent).answers)"
        ".find(([key]) => key.includes('/series'))[1].series.find(({metric}) => metric === 'val.loss')"
    )
    stored = [
        [record["val"]["loss"] for record in records if record["seed"] == seed["seed"]]
        for seed in series["seeds"]
    ]

    assert [seed["values"] for seed in series["seeds"]] == stored
    chart = page.locator("nn-chart", has_text="loss").first
    chart.get_by_text("Values as a table").click()
    assert f"{mean:.2f}" in chart.locator("tbody tr").last.inner_text()
    chart.locator(".chart-box").focus()
    page.keyboard.press("End")
    assert page.locator(".readout").first.inner_text() == "epoch 30"

    page.keyboard.press("l")
    pressed = page.locator("button[aria-pressed=true]").all_inner_texts()
    assert pressed == ["log values", "single seeds"]
    page.keyboard.press("t")
    until(page, "document.documentElement.dataset.theme === 'light'")
    page.keyboard.press("?")
    assert "logarithmic values" in page.get_by_role("dialog").inner_text()
    assert opened.problems == []


def test_a_file_names_no_place_of_this_computer(
    written: dict[str, Path], laboratory: Laboratory
) -> None:
    command = json.dumps(laboratory.spiral.meta["command"])
    for path in written.values():
        text = path.read_text(encoding="utf-8")
        assert str(laboratory.folder.parent) not in text
        assert command not in text


@pytest.mark.parametrize("opened", [("several", 1280, "light")], indirect=True)
def test_every_common_metric_of_several_runs_can_be_chosen(opened: Opened) -> None:
    page = opened.page
    chosen = page.get_by_label("Metric")
    for metric in chosen.locator("option").all_inner_texts():
        chosen.select_option(metric)
        page.get_by_role("heading", name=metric, exact=True).wait_for()

    assert opened.problems == []
