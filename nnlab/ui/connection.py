"""A connection to the server: closed if nothing comes, and if others need its place."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from uvicorn.protocols.http.h11_impl import H11Protocol

from nnlab.ui.head import HAS_KEY

if TYPE_CHECKING:
    import asyncio

MAX_CONNECTIONS = 200
# A browser sends its whole request at once.
MAX_HEADER_SECONDS = 10.0
# It reads at once, too; a stream is opened again.
MAX_STUCK_SECONDS = 30.0


class Connection(H11Protocol):
    """A connection that is closed unless a request comes soon, and what is answered is read.

    Who has no key cannot keep others out: when too many are open, the oldest of those goes.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        self._opened_at = self.loop.time()
        self._stuck: asyncio.TimerHandle | None = None
        super().connection_made(transport)
        self.loop.call_later(MAX_HEADER_SECONDS, self._close_if_slow)
        self._make_room()

    def _close_if_slow(self) -> None:
        if cast("object", self.cycle) is None:
            self.transport.close()

    def _make_room(self) -> None:
        """Close the oldest connection that has not shown the key, if too many are open."""
        opened = cast("set[Connection]", self.connections)
        there = [one for one in opened if not one.transport.is_closing()]
        unknown = [one for one in there if not one.has_key]
        if len(there) >= MAX_CONNECTIONS and unknown:
            min(unknown, key=lambda one: one._opened_at).transport.abort()

    @property
    def has_key(self) -> bool:
        """Whether its last request had the key."""
        scope = cast("dict[str, object] | None", self.scope)
        return scope is not None and HAS_KEY in scope

    def pause_writing(self) -> None:
        """Wait for whoever does not read, though not for long."""
        super().pause_writing()
        self._stuck = self.loop.call_later(MAX_STUCK_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on writing."""
        super().resume_writing()
        self._read_on()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._read_on()
        super().connection_lost(exc)

    def _read_on(self) -> None:
        if self._stuck is not None:
            self._stuck.cancel()
            self._stuck = None
