"""One stream of events for each tab that is open."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from starlette.responses import StreamingResponse

from nnlab.ui.answers import lab_of, refuse
from nnlab.ui.watching import Watch

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.ui.lab import Lab

MAX_STREAMS = 50
# Each look costs the training some processor time, so several tabs look less often.
SECONDS_BETWEEN_LOOKS = 0.1
MAX_PAUSE_SECONDS = 0.2
# A browser that is gone is noticed when something is sent to it.
SECONDS_BETWEEN_SIGNS = 10.0


async def events(request: Request) -> Response:
    """Answer what happens to the watched runs, as it happens, until the server ends.

    A browser that comes again says by ``Last-Event-ID`` how far it has read.
    """
    lab = lab_of(request)
    text = request.headers.get("last-event-id") or request.query_params.get("watch", "")
    watch = Watch.of(lab, text)
    if lab.num_streams >= MAX_STREAMS:
        return refuse("too many tabs are open; close some", 503)
    return StreamingResponse(_stream(lab, watch), media_type="text/event-stream")


async def _stream(lab: Lab, watch: Watch) -> AsyncIterator[bytes]:
    lab.num_streams += 1
    try:
        yield b"retry: 1000\n\n"
        silent = 0.0
        while not lab.is_closing.is_set():
            pause = min(MAX_PAUSE_SECONDS, lab.num_streams * SECONDS_BETWEEN_LOOKS)
            news = await asyncio.to_thread(watch.look)
            for event in news:
                yield event
            silent = 0.0 if news else silent + pause
            if silent >= SECONDS_BETWEEN_SIGNS:
                silent = 0.0
                yield b": here\n\n"
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await lab.is_closing.wait()
    finally:
        lab.num_streams -= 1
