"""The shell of every page, and the files it asks for: they hold no data, and need no key."""

from __future__ import annotations

import hashlib
from functools import cache
from hmac import compare_digest
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.responses import RedirectResponse, Response

from nnlab.ui import token
from nnlab.ui.answers import lab_of, refuse

if TYPE_CHECKING:
    from starlette.requests import Request

FOLDER = Path(__file__).parent.parent / "static"
# Never what the system believes: on Windows, other programs change it.
TYPES = {
    ".css": "text/css; charset=utf-8",
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
WRONG_KEY = """<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Another key · nnlab</title><link rel="icon" href="/static/icon.svg" type="image/svg+xml"><link rel="stylesheet" href="/static/app.css">
<main><h1>This key is not of this server</h1>
<p>It is of another one, or of one that has ended: each start of <code>nnlab ui</code> has a key of its own.
Open the address that it has printed last.</p></main></html>
"""
WITHOUT_SHELL = "<!doctype html><title>nnlab</title><p>nnlab ui: this installation has no page."


class File(NamedTuple):
    """A file that the page may ask for."""

    content: bytes
    media_type: str
    etag: str


@cache
def files() -> dict[str, File]:
    """Return every file there is to ask for, by its path below ``/static/``; nothing else is read."""
    return {
        path.relative_to(FOLDER).as_posix(): _read(path)
        for path in sorted(FOLDER.rglob("*"))
        if path.suffix in TYPES and path.is_file()
    }


def _read(path: Path) -> File:
    content = path.read_bytes()
    return File(content, TYPES[path.suffix], f'"{hashlib.sha256(content).hexdigest()[:32]}"')


def static(request: Request) -> Response:
    """Answer a file of the page."""
    found = files().get(request.path_params["path"])
    if found is None:
        return refuse("there is no such file", 404)
    headers = {"etag": found.etag, "cache-control": "no-cache"}
    if request.headers.get("if-none-match") == found.etag:
        return Response(status_code=304, headers=headers)
    return Response(found.content, media_type=found.media_type, headers=headers)


def shell(request: Request, status: int = 200) -> Response:
    """Answer the page; with the token in the address, hand it to the browser first."""
    given = request.query_params.get("token")
    if given is not None:
        return _hand_over(request, given)
    found = files().get("shell.html")
    content = WITHOUT_SHELL.encode() if found is None else found.content
    return Response(content, status, media_type=TYPES[".html"])


def _hand_over(request: Request, given: str) -> Response:
    """Lead to the same address without the token, which must not stay in the history."""
    lab = lab_of(request)
    if not compare_digest(given.encode(), lab.token.encode()):
        return Response(WRONG_KEY, 403, media_type=TYPES[".html"])
    query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
    rest = urlencode([(name, value) for name, value in query if name != "token"])
    address = request.url.path + (f"?{rest}" if rest else "")
    headers = {"set-cookie": token.cookie(lab.port, lab.token)}
    return RedirectResponse(address, 303, headers)
