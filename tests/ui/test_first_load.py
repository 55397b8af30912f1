"""What a page takes over the wire when it is opened for the first time, everything counted."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Any

from tests.helpers.ui import make_run, record_line
from tests.ui.browser import UiServer, Watched, until

if TYPE_CHECKING:
    from pathlib import Path

    from tests.ui.conftest import Laboratory, Visit

MAX_BYTES = 200_000
EPOCHS, SEEDS = 200, 10
QUIET_MS = 1_500
PATHS = ("/runs", "/compare", "/lessons", "/help")


class Load:
    """A page in a browser that has never seen the server.

    Attributes:
        sizes: Bytes of each answer so far, with its headers, by its address.
    """

    def __init__(self, browser: Any, server: UiServer, path: str) -> None:
        self.shown = Watched(browser, server)
        self.sizes: dict[str, float] = {}
        self._names: dict[str, str] = {}
        session = self.shown.context.new_cdp_session(self.shown.page)
        session.send("Network.enable")
        session.on("Network.requestWillBeSent", self._begin)
        session.on("Network.loadingFinished", self._end)
        self.shown.open(path)

    def _begin(self, event: dict[str, Any]) -> None:
        self._names[event["requestId"]] = event["request"]["url"]

    def _end(self, event: dict[str, Any]) -> None:
        self.sizes[self._names[event["requestId"]]] = event["encodedDataLength"]


def test_the_first_load_of_every_page_is_small(chromium: Any, tmp_path: Path) -> None:
    run, chance = make_run(tmp_path), random.Random(0)
    places = itertools.product(range(1, EPOCHS + 1), range(SEEDS))
    lines = [record_line(epoch, seed, loss=chance.random()) for epoch, seed in places]
    (run / "metrics.jsonl").write_text("".join(lines))
    whole = {**dict.fromkeys(PATHS, "main h1"), "/play": "nn-plane canvas"}
    whole[f"/runs/{run.name}"] = "nn-chart canvas"
    server = UiServer(tmp_path / "runs", tmp_path / "data")
    try:
        loads = {path: Load(chromium, server, path) for path in whole}
        for path, load in loads.items():
            load.shown.page.wait_for_selector(whole[path], state="attached", timeout=60_000)
        known = -1
        while known != (known := sum(len(load.sizes) for load in loads.values())):
            load.shown.page.wait_for_timeout(QUIET_MS)
    finally:
        server.stop()

    for path, load in loads.items():
        load.shown.context.close()
        largest = sorted(load.sizes.items(), key=lambda one: -one[1])[:5]
        assert sum(load.sizes.values()) <= MAX_BYTES, (path, largest)
        assert len(load.sizes) >= 20  # all of its modules were counted


def test_a_picture_is_asked_for_when_it_is_nearly_seen(
    visit: Visit, laboratory: Laboratory
) -> None:
    with visit() as shown:
        asked: list[str] = []
        shown.page.on("request", lambda request: asked.append(request.url))
        page = shown.open(f"/runs/{laboratory.spiral.id}")
        page.wait_for_selector(
            "nn-picture", state="attached", timeout=240_000
        )  # made at a low priority
        page.wait_for_timeout(QUIET_MS)
        assert not any("/pictures/" in url for url in asked)
        page.locator("nn-picture").first.scroll_into_view_if_needed()
        until(page, "document.querySelector('nn-picture img').naturalWidth > 0")
