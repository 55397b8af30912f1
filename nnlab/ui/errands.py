"""Processes that do one thing for the server and end: what needs torch, or takes seconds."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from typing import TYPE_CHECKING

from nnlab.errors import RunError

if TYPE_CHECKING:
    from asyncio.subprocess import Process

MAX_SAID = 2_000


class Errands:
    """The processes of one kind, one at a time.

    Args:
        module: What each of them runs, as ``python -m`` names it.
        max_seconds: How long one may take [s].

    Attributes:
        turn: Held while one is under way, and by who first looks whether one is needed.
    """

    def __init__(self, module: str, max_seconds: float) -> None:
        self.turn = asyncio.Lock()
        self._module = module
        self._max_seconds = max_seconds
        self._process: Process | None = None

    async def run(self, what: str, *arguments: str, order: bytes = b"") -> bytes:
        """Return what a process writes to stdout.

        Args:
            what: What it makes, for messages: "the pictures of run a".
            arguments: Words of its command line.
            order: What it reads from stdin.

        Raises:
            RunError: If it fails, with what it has written to stderr; or if it takes too long.
        """
        process = self._process = await self._start(arguments)
        try:
            async with asyncio.timeout(self._max_seconds):
                output, said = await process.communicate(order)
        except TimeoutError:
            msg = f"{what} took longer than {self._max_seconds:.0f} s"
            raise RunError(msg) from None
        finally:
            self.stop()
            await process.wait()
        if process.returncode:
            reason = said.decode(errors="replace").strip()[-MAX_SAID:]
            raise RunError(reason or f"the process that makes {what} was ended")
        return output

    async def _start(self, arguments: tuple[str, ...]) -> Process:
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            *arguments,
            env={**os.environ, "MPLBACKEND": "agg"},
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
        )

    def stop(self) -> None:
        """End the process that is at work, if there is one."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
