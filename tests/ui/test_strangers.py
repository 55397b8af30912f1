"""What strangers send: links that would train, and pages of other origins that would read or act."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from tests.ui.browser import UiServer, packed

if TYPE_CHECKING:
    from tests.ui.conftest import Laboratory, Visit

OWN = """name: link
dataset: {name: xor}
model: {name: mlp}
optimizer: {name: adam, lr: 0.01}
train: {epochs: 3, seeds: 2}
"""
CSV = OWN.replace("{name: xor}", "{name: csv, path: /etc/passwd, target: x}")
LINKS = {
    "an experiment": f"/play#yaml={packed(OWN)}",
    "autoplay": f"/play?autoplay=1&start=1#yaml={packed(OWN)}&autoplay=1",
    "a file elsewhere": f"/play#yaml={packed(CSV)}",
    "a huge fragment": f"/play#yaml={'A' * 500_000}",
    "a bomb": f"/play#yaml={packed('x: ' + 'a' * 50_000_000)}",
    "no code at all": "/play#yaml=%",
    "a run that is not there": "/play?run=20261127-000000-none-0000",
    "a path as a run": "/play?run=..%2f..%2fetc",
    "a comparison": f"/compare?a=tiny_mlp&b=tiny_logistic&autoplay=1#a={packed(OWN)}",
    "a lesson": "/lessons/a-digits?autoplay=1",
}


@pytest.mark.parametrize("link", LINKS)
def test_no_link_trains_anything(link: str, visit: Visit, laboratory: Laboratory) -> None:
    before = sorted(path.name for path in laboratory.folder.iterdir())
    with visit() as shown:
        page = shown.open(LINKS[link])
        page.wait_for_timeout(1_000)
        assert (
            page.evaluate("fetch('/api/state').then((answer) => answer.json())")["running"] is None
        )
        shown.problems[:] = [one for one in shown.problems if "status of 40" not in one]
    assert sorted(path.name for path in laboratory.folder.iterdir()) == before


class Foreign(http.server.BaseHTTPRequestHandler):
    """A website of somebody else, on this computer."""

    page = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(self.page)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


HTML = """<!doctype html><body><iframe src="{origin}/runs"></iframe>
<script src="{origin}/api/state" id="script"></script><img src="{origin}/api/runs" id="image">
<form id="form" method="post" enctype="text/plain" action="{origin}/api/play/start" target="sent">
<input name='{{"yaml":"' value='"}}'></form><iframe name="sent"></iframe>"""
TRY = """async (origin) => {
  const asked = (path, more) => fetch(origin + path, {credentials: "include", ...more}).then(() => "answered", () => "refused");
  const opened = window.open(origin + "/runs");
  await new Promise((go) => setTimeout(go, 1500));
  let inside = "read";
  try { opened.document.body.innerText } catch { inside = "refused" }
  document.querySelector("#form").submit();
  await new Promise((go) => setTimeout(go, 500));
  return {
    fetch: await asked("/api/state"), post: await asked("/api/play/start", {method: "POST", headers: {"Content-Type": "application/json"}, body: "{}"}),
    image: document.querySelector("#image").naturalWidth, opened: inside, isCut: opened.closed,
  };
}"""


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost"])
def test_a_page_of_another_origin_gets_nothing(name: str, chromium: Any, server: UiServer) -> None:
    Foreign.page = HTML.format(origin=server.origin).encode()
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Foreign) as foreign:
        threading.Thread(target=foreign.serve_forever, daemon=True).start()
        context = chromium.new_context()
        own = context.new_page()
        own.goto(server.address)  # so that the browser has the key
        assert own.evaluate("fetch('/api/state').then((answer) => answer.status)") == 200
        page, failed, statuses = context.new_page(), set(), set()
        page.on(
            "requestfailed", lambda one: failed.add((urlsplit(one.url).path, one.resource_type))
        )
        page.on("response", lambda one: "/api/" in one.url and statuses.add(one.status))
        page.goto(f"http://{name}:{foreign.server_port}/")
        found = page.evaluate(TRY, server.origin)
        assert not [frame for frame in page.frames[1:] if frame.query_selector("main")]
        context.close()
        foreign.shutdown()
    assert found == {"fetch": "refused", "post": "refused", "image": 0, "opened": "refused", "isCut": True}  # fmt: skip
    assert failed >= {("/api/runs", "image"), ("/api/state", "script"), ("/runs", "document")}
    assert failed >= {("/api/state", "fetch"), ("/api/play/start", "fetch")}
    assert statuses == {403}
