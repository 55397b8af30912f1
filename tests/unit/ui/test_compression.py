"""Answers are compressed for who takes that: all but the stream of events, and those that are small."""

from __future__ import annotations

import asyncio
import gzip
import time
from pathlib import Path
from typing import Any

import pytest

from nnlab.ui.app import TABLE
from nnlab.ui.routes import lessons
from tests.helpers.ui import OWN_PAGE, TOKEN, Browser, browse, make_run

PATHS = ["/static/app.js", "/static/app.css", "/", "/api/schema", "/api/runs/a"]
# The stream, and what starts processes.
STARTING = {"/api/events", "/api/play", *(route.path for route in lessons.ROUTES)}
COMPRESSED = [*OWN_PAGE.items(), ("accept-encoding", "gzip, deflate, br")]


@pytest.mark.parametrize("path", PATHS)
def test_an_answer_is_the_same_compressed_and_plain(path: str, tmp_path: Path) -> None:
    make_run(tmp_path, "a")
    browser = browse(tmp_path)

    plain, packed = browser.ask(path), browser.ask(path, headers=COMPRESSED)

    assert plain.header("content-encoding") is None
    assert packed.header("content-encoding") == "gzip"
    assert packed.header("vary") == plain.header("vary") == "Accept-Encoding"
    assert packed.header("content-length") == str(len(packed.body))
    assert gzip.decompress(packed.body) == plain.body
    assert len(packed.body) < 0.7 * len(plain.body)


def test_events_come_plain_and_at_once(tmp_path: Path) -> None:
    make_run(tmp_path, "a", status="running")
    browser = browse(tmp_path)

    headers, chunks = asyncio.run(_stream(browser, "a"))

    assert b"content-encoding" not in headers
    assert headers[b"content-type"].startswith(b"text/event-stream")
    assert chunks[0] == b"retry: 1000\n\n"
    assert all(chunk.endswith(b"\n\n") for chunk in chunks)
    assert any(chunk.startswith(b"event: records\n") for chunk in chunks)


async def _stream(browser: Browser, run: str) -> tuple[dict[bytes, bytes], list[bytes]]:
    """Return the headers of a stream, and what it has sent until it told of records."""
    sent: list[Any] = []
    lab = browser.gate.inner.state.lab  # type: ignore[attr-defined]

    async def receive() -> Any:
        await lab.is_closing.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(dict(message))
        is_late = time.monotonic() > began + 20
        if is_late or b"event: records" in message.get("body", b""):
            lab.is_closing.set()

    began, is_begun = time.monotonic(), False

    async def request() -> Any:
        nonlocal is_begun
        is_begun, was_begun = True, is_begun
        return await receive() if was_begun else {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": "/api/events",
        "raw_path": b"/api/events",
        "query_string": f"watch={run}".encode(),
        "root_path": "",
        "headers": [(n.encode(), v.encode()) for n, v in COMPRESSED],
    }
    await browser.gate(scope, request, send)
    return dict(sent[0]["headers"]), [m["body"] for m in sent[1:] if m["body"]]


def test_no_body_holds_the_token(tmp_path: Path) -> None:
    browser = browse(tmp_path)
    paths = [route.path for route in TABLE if "{" not in route.path and "GET" in route.methods]

    for path in [*paths, f"/?token={TOKEN}", "/?token=another"]:
        if path not in STARTING:
            assert TOKEN.encode() not in browser.ask(path).body, path
