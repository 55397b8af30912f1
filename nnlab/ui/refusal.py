"""What is answered to a request that is refused: JSON, or a page to a person who has opened an address."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.ui.head import RefusedError, Scope, Send

PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Not answered · nnlab</title><link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/app.css">
<main><h1>This was not answered</h1><section class="card lost"><p>The reason: {text}.</p><p><a href="/runs">See the runs</a></p></section></main></html>
"""


async def refuse(scope: Scope, refused: RefusedError, send: Send) -> None:
    """Say why a request is not answered, and close the connection."""
    text, kind = json.dumps({"error": {"text": refused.text}}), "application/json"
    if _is_opened(scope):
        text, kind = PAGE.format(text=escape(refused.text)), "text/html; charset=utf-8"
    content = text.encode()
    headers = {"content-type": kind, "content-length": str(len(content)), "connection": "close"}
    encoded = [(name.encode(), value.encode()) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": refused.status, "headers": encoded})
    await send({"type": "http.response.body", "body": content})


def _is_opened(scope: Scope) -> bool:
    """Return whether somebody has opened an address, and not one of data."""
    is_document = (b"sec-fetch-dest", b"document") in scope["headers"]
    return is_document and not str(scope["path"]).startswith("/api/")
