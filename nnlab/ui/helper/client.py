"""The server's side of its helper: one question at a time, to a process that stays warm for a while."""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any

from nnlab.errors import ConfigError, NnlabError
from nnlab.ui.worker.protocol import decode, encode, start

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Mapping

    from nnlab.storage.folders import Folders

PROCESS = "nnlab.ui.helper.process"
# Importing torch on a slow machine, and reading large data, are part of an answer [s].
MAX_SECONDS = 120.0
# After this time without a question, the process ends [s].
IDLE_SECONDS = 300.0


class HelperError(NnlabError):
    """The helper gave no answer."""


class Helper:
    """A process that answers for the server, started when it is first needed.

    Args:
        folders: Folders of runs and data.
    """

    def __init__(self, folders: Folders) -> None:
        self._folders = folders
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._rest: threading.Timer | None = None
        self._asked_at = 0.0
        self._is_closed = False

    @property
    def pid(self) -> int | None:
        """The id of the process, or None if there is none."""
        return self._process.pid if self._process and self._process.poll() is None else None

    def warm(self) -> None:
        """Start the process, if there is none and nothing is being asked."""
        if self._turn.acquire(blocking=False):
            with contextlib.suppress(HelperError, OSError):
                self._started()
                self._rest_later()
            self._turn.release()

    def ask(self, order: Mapping[str, Any]) -> dict[str, Any]:
        """Return the answer to a question, after those that were asked before.

        Args:
            order: What to ``do``, and of what; see ``nnlab.ui.helper.process``.

        Raises:
            ConfigError: If the helper finds the question wrong.
            NnlabError: If it cannot be answered.
        """
        with self._turn:
            answer = self._exchange(self._started(), encode(order))
            self._rest_later()
        if "error" not in answer:
            return answer
        raise (
            ConfigError(answer["error"]) if answer.get("is_wrong") else HelperError(answer["error"])
        )

    def _started(self) -> subprocess.Popen[bytes]:
        if self._is_closed:
            msg = "the server is ending"
            raise HelperError(msg)
        if self._process is None or self._process.poll() is not None:
            self._end()
            self._process = start(PROCESS, self._folders.runs, self._folders.data)
        return self._process

    def _exchange(self, process: subprocess.Popen[bytes], line: bytes) -> dict[str, Any]:
        """Send a line, and return the message that comes back in time."""
        assert process.stdin is not None, "it was started with one"
        assert process.stdout is not None, "it was started with one"
        limit = threading.Timer(MAX_SECONDS, process.kill)
        limit.daemon = True
        limit.start()
        try:
            process.stdin.write(line)
            process.stdin.flush()
            answer = decode(process.stdout.readline())
        except (OSError, ValueError):
            answer = None
        finally:
            limit.cancel()
        return answer or {"error": "the process that answers has ended; try again"}

    def _rest_later(self) -> None:
        """End the process once nothing has been asked for a while."""
        if self._rest is not None:
            self._rest.cancel()
        self._asked_at = time.monotonic()
        self._rest = threading.Timer(IDLE_SECONDS, self._end_if_idle)
        self._rest.daemon = True
        self._rest.start()

    def _end_if_idle(self) -> None:
        with self._turn:
            if time.monotonic() - self._asked_at >= IDLE_SECONDS:
                self._end()

    def _end(self) -> None:
        """End the process, if there is one."""
        if self._process is None:
            return
        self._process.kill()
        with contextlib.suppress(OSError):
            self._process.communicate()
        self._process = None

    def close(self) -> None:
        """Answer no more; a question that waits is told so."""
        self._is_closed = True
        if self._rest is not None:
            self._rest.cancel()
        if self._process is not None:
            self._process.kill()
        with self._turn:
            self._end()
