"""A request without its body, as the gate looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, MutableMapping
    from typing import Any

    Scope = MutableMapping[str, Any]
    Message = MutableMapping[str, Any]
    Send = Callable[[Message], Awaitable[None]]

# Noted in the scope of a request that has shown the key.
HAS_KEY = "nnlab.has_key"


class RefusedError(Exception):
    """A request that is not answered.

    Args:
        status: The HTTP status.
        text: Why, and what to do.
    """

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


class Head(NamedTuple):
    """A request without its body.

    Attributes:
        method: GET, HEAD, POST, or what was sent instead.
        target: The path as sent, undecoded, without the query.
        query: The query as sent.
        version: The version of HTTP.
        headers: Every header, the names in lower case, in the order sent.
    """

    method: str
    target: str
    query: str
    version: str
    headers: list[tuple[str, str]]

    @classmethod
    def of(cls, scope: Scope) -> Head:
        """Return what the gate looks at of an ASGI scope."""
        headers = [(n.decode("latin-1").lower(), v.decode("latin-1")) for n, v in scope["headers"]]
        target = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1")
        query = scope["query_string"].decode("latin-1")
        return cls(scope["method"], target, query, scope.get("http_version", ""), headers)

    @property
    def is_api(self) -> bool:
        """Whether it asks for data."""
        return self.target == "/api" or self.target.startswith("/api/")

    def all(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for known, value in self.headers if known == name]

    def only(self, name: str) -> str | None:
        """Return the value of a header; None if there is none.

        Raises:
            RefusedError: If there are several.
        """
        values = self.all(name)
        if len(values) > 1:
            raise RefusedError(400, f"the request has {len(values)} headers {name}")
        return values[0] if values else None
