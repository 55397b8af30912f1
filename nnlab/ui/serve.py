"""The server: on this computer only, and gone within two seconds of Ctrl-C."""

from __future__ import annotations

import contextlib
import math
import os
import signal
import socket
import threading
import time
from typing import TYPE_CHECKING

import uvicorn

from nnlab.errors import ConfigError
from nnlab.ui.app import application
from nnlab.ui.connection import MAX_CONNECTIONS, Connection
from nnlab.ui.lab import Lab
from nnlab.ui.server_file import announced
from nnlab.ui.token import HOST, address_of, new_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from nnlab.storage.folders import Folders

PORT = 7117
MAX_HEADER_BYTES = 16 * 1024
MAX_ENDING_SECONDS = 1


def listen(port: int | None) -> socket.socket:
    """Return a socket of this computer only.

    Args:
        port: The port; None for the usual one, or any free one if that is taken.

    Raises:
        ConfigError: If the port that was asked for is taken.
    """
    try:
        return _bound(PORT if port is None else port)
    except OSError as error:
        if port is None:
            return _bound(0)
        msg = f"--port {port}: {error.strerror}; leave it out for a free one"
        raise ConfigError(msg) from error


def _bound(port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        # After a restart the port can be taken again at once; on Windows this would share it.
        if hasattr(os, "fork"):
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, port))
        listener.listen()  # a browser that is quicker than the server waits
    except OSError:
        listener.close()
        raise
    return listener


class Server:
    """A server that has its port, and waits to be run.

    Args:
        folders: Folders of runs and data.
        port: See ``listen``.
        max_idle: How long it goes on without a page that is open, and without a training [s].
    """

    def __init__(
        self, folders: Folders, port: int | None = None, max_idle: float = math.inf
    ) -> None:
        self.socket = listen(port)
        self.port: int = self.socket.getsockname()[1]
        self.lab = Lab(folders, self.port, new_token())
        config = uvicorn.Config(
            application(self.lab),
            http=Connection,
            ws="none",
            loop="asyncio",
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            limit_concurrency=MAX_CONNECTIONS,
            h11_max_incomplete_event_size=MAX_HEADER_BYTES,
            timeout_graceful_shutdown=MAX_ENDING_SECONDS,
        )
        self.server = _Uvicorn(config, self.lab, max_idle)

    def address(self, path: str = "/") -> str:
        """Return the address of a page, with the token; see ``address_of``."""
        return address_of(self.port, self.lab.token, path)

    def run(self, on_start: Callable[[], object] = lambda: None) -> None:
        """Serve until a signal comes.

        Args:
            on_start: Called when requests are taken, and a signal ends the server as it should.
        """
        lab = self.lab
        with self._ended_by_signals(), announced(lab.folders, self.port, lab.token):
            on_start()
            self.server.run(sockets=[self.socket])

    @contextlib.contextmanager
    def _ended_by_signals(self) -> Iterator[None]:
        """Let a signal end the server, also before uvicorn does, which raises it again at the end."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        numbers = (signal.SIGINT, signal.SIGTERM)
        before = {number: signal.signal(number, self.server.handle_exit) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


class _Uvicorn(uvicorn.Server):
    """uvicorn, which tells the streams that it ends: it would wait for them."""

    def __init__(self, config: uvicorn.Config, lab: Lab, max_idle: float) -> None:
        super().__init__(config)
        self._lab = lab
        self._max_idle = max_idle
        self._used_at = time.monotonic()

    async def on_tick(self, counter: int) -> bool:
        """Return whether to end; asked ten times a second."""
        now = time.monotonic()
        if self.server_state.connections or self._lab.running is not None:
            self._used_at = now
        return await super().on_tick(counter) or now - self._used_at > self._max_idle

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then the connections."""
        self._lab.close()
        await super().shutdown(sockets)
