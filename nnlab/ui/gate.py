"""The gate before every request: who may ask this server, and how; everything else is refused.

A page on any website can make a browser send requests to this computer, and a name in the DNS can be
made to lead here. So a request must name this server exactly, come from its own page, and know its
token. ``docs/ui.md`` has the threats and the checks that answer them.
"""

from __future__ import annotations

import asyncio
import logging
import re
from hmac import compare_digest
from typing import TYPE_CHECKING

from nnlab.ui.head import HAS_KEY, Head, RefusedError
from nnlab.ui.refusal import refuse
from nnlab.ui.token import cookie_name

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from nnlab.ui.head import Message, Scope, Send

    Receive = Callable[[], Awaitable[Message]]
    Application = Callable[[Scope, Receive, Send], Awaitable[None]]

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
MAX_BODY_SECONDS = 10.0
METHODS = frozenset({"GET", "HEAD", "POST"})
# Nothing here needs another character, so nothing has to be decoded.
PATH = re.compile(r"/|(?:/[A-Za-z0-9._~-]+)+")
MAX_TARGET_CHARACTERS = 8_000
MAX_HEADER_CHARACTERS = 16_000
OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types lit-html"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
# Data are never a page: opened by their address, a picture or a text runs nothing.
OF_DATA = {
    "content-security-policy": (
        "default-src 'none'; style-src 'unsafe-inline'; sandbox; frame-ancestors 'none'"
    )
}


class Gate:
    """An ASGI application that passes on to another only what every check lets through.

    Args:
        inner: The application behind it.
        port: Port of the server.
        token: The secret of the server.
    """

    def __init__(self, inner: Application, port: int, token: str) -> None:
        self.inner = inner
        self.hosts = frozenset(f"{host}:{port}" for host in ("127.0.0.1", "localhost", "[::1]"))
        self.cookie = cookie_name(port)
        self.token = token.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it; a scope that is not HTTP is closed unanswered."""
        if scope["type"] == "lifespan":
            await self.inner(scope, receive, send)
            return
        if scope["type"] != "http":
            logger.warning("refused: %s", scope["type"])
            await send({"type": "websocket.close", "code": 1008})
            return
        send = _with_headers(send, str(scope["path"]))
        try:
            head = Head.of(scope)
            self.check(head)
            if head.is_api:
                scope[HAS_KEY] = True
            body = await read_body(head, receive)
        except RefusedError as refused:
            logger.warning("refused with %d: %s", refused.status, refused.text)
            await refuse(scope, refused, send)
            return
        await self.inner(scope, _replay(body, receive), send)

    def check(self, head: Head) -> None:
        """Refuse what may not be asked.

        Raises:
            RefusedError: With the reason.
        """
        self.check_host(head)
        self.check_version(head)
        self.check_size(head)
        self.check_target(head)
        self.check_method(head)
        self.check_origin(head)
        self.check_length(head)
        if head.is_api:
            self.check_token(head)
            self.check_site(head)
        if head.method == "POST":
            self.check_content(head)

    def check_host(self, head: Head) -> None:
        """Refuse a name that was made to lead here."""
        hosts = head.all("host")
        if len(hosts) != 1 or hosts[0] not in self.hosts:
            known = " or ".join(sorted(self.hosts))
            raise RefusedError(421, f"this server answers only to {known}; open that address")

    def check_version(self, head: Head) -> None:
        """Refuse old and odd protocols, which browsers do not speak."""
        if head.version != "1.1" or head.all("upgrade"):
            raise RefusedError(400, "this server speaks HTTP/1.1, and nothing else")

    def check_size(self, head: Head) -> None:
        """Refuse headers that no browser sends."""
        if sum(len(name) + len(value) for name, value in head.headers) > MAX_HEADER_CHARACTERS:
            raise RefusedError(431, "the headers of the request are too large")

    def check_target(self, head: Head) -> None:
        """Refuse what is not a plain path from the root."""
        is_long = len(head.target) + len(head.query) > MAX_TARGET_CHARACTERS
        is_plain = PATH.fullmatch(head.target) is not None
        if is_long or not is_plain or {".", ".."} & {*head.target.split("/")}:
            raise RefusedError(400, "the address is not one of this server")

    def check_method(self, head: Head) -> None:
        """Refuse methods that no route has, and names of methods hidden in headers."""
        if head.method not in METHODS or (head.method == "POST" and not head.is_api):
            raise RefusedError(405, "this address is read by GET")
        if OVERRIDES & {name for name, _ in head.headers}:
            raise RefusedError(400, "the method of a request is the one in its first line")

    def check_origin(self, head: Head) -> None:
        """Refuse what another site's page has sent."""
        origin = head.only("origin")
        if origin is not None and origin != f"http://{head.only('host')}":
            raise RefusedError(403, "the request comes from the page of another site")

    def check_token(self, head: Head) -> None:
        """Refuse who does not know the token, by cookie or as ``Authorization: Bearer``."""
        bearer = head.only("authorization")
        if bearer is not None:
            is_known = compare_digest(bearer.encode("latin-1"), b"Bearer " + self.token)
        else:
            values = [value.encode("latin-1") for value in self._cookies(head)]
            is_known = any(compare_digest(value, self.token) for value in values)
        if not is_known:
            text = "this browser has no key for this server: open the address that nnlab ui has printed"
            raise RefusedError(401, text)

    def _cookies(self, head: Head) -> list[str]:
        pairs = [pair.strip().partition("=") for v in head.all("cookie") for pair in v.split(";")]
        return [value for name, _, value in pairs if name == self.cookie]

    def check_site(self, head: Head) -> None:
        """Refuse data to pages of other sites, and to links that lead straight to it."""
        site = head.only("sec-fetch-site")
        if site is None and head.only("authorization") is not None:
            return
        if site != "same-origin":
            raise RefusedError(403, "data are for the page of this server")

    def check_content(self, head: Head) -> None:
        """Refuse a body that a form on any page could send."""
        kind = (head.only("content-type") or "").lower().replace(" ", "")
        if kind not in {"application/json", "application/json;charset=utf-8"}:
            raise RefusedError(415, "the body must be JSON, with content-type: application/json")

    def check_length(self, head: Head) -> None:
        """Refuse a body that is too large, or whose length is said twice."""
        length = head.only("content-length")
        if length is not None and head.all("transfer-encoding"):
            raise RefusedError(400, "the length of the body is said twice")
        if length is not None and not (length.isascii() and length.isdecimal()):
            raise RefusedError(400, "the length of the body is not a number")
        if length is not None and int(length[:20]) > MAX_BODY_BYTES:
            raise _too_large()


async def read_body(head: Head, receive: Receive) -> bytes:
    """Return the body of a request.

    Raises:
        RefusedError: If it is too large, is too slow, or does not end.
    """
    try:
        async with asyncio.timeout(MAX_BODY_SECONDS):
            return await _read(head, receive)
    except TimeoutError:
        raise RefusedError(408, "the body did not arrive in time") from None


async def _read(head: Head, receive: Receive) -> bytes:
    body, is_whole = b"", False
    while not is_whole:
        message = await receive()
        if message["type"] != "http.request":
            raise RefusedError(400, "the request was broken off")
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
            raise _too_large()
        is_whole = not message.get("more_body", False)
    if body and head.method != "POST":
        raise RefusedError(400, "a request to read has no body")
    return body


def _too_large() -> RefusedError:
    return RefusedError(413, f"the body may have at most {MAX_BODY_BYTES:,} bytes")


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return a source that gives the body once more, then what comes after it."""
    messages = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _with_headers(send: Send, path: str) -> Send:
    """Return a sender that adds the headers which every answer has."""
    added = HEADERS | (OF_DATA if path.startswith("/api/") else {})
    if not path.startswith("/static/"):
        added = added | {"cache-control": "no-store"}
    encoded = [(name.encode(), value.encode()) for name, value in added.items()]

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", []), *encoded]
        await send(message)

    return sending
