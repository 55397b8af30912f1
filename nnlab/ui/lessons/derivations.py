"""Derivations, made by a process of their own and kept until the server ends."""

from __future__ import annotations

import asyncio
import json
import sys
from collections import OrderedDict
from typing import Any

from nnlab.errors import RunError

PROCESS = "nnlab.ui.lessons.process"
MAX_SECONDS = 120.0
MAX_KEPT = 50


class Derivations:
    """Answers of the process, each order once, and one at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._turn = asyncio.Lock()

    async def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to an order; see ``nnlab.ui.lessons.process``.

        Raises:
            RunError: If there is none, with the reason.
        """
        text = json.dumps(order, sort_keys=True)
        async with self._turn:
            if text not in self._kept:
                self._kept[text] = json.loads(await _output(text))
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return self._kept[text]


async def _output(order: str) -> bytes:
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", PROCESS, stdin=pipe, stdout=pipe, stderr=pipe
    )
    try:
        async with asyncio.timeout(MAX_SECONDS):
            output, said = await process.communicate(order.encode())
    except TimeoutError:
        msg = f"the derivation took longer than {MAX_SECONDS:.0f} s"
        raise RunError(msg) from None
    finally:
        if process.returncode is None:
            process.kill()
    if process.returncode:
        raise RunError(said.decode(errors="replace").strip()[-2_000:] or "its process was ended")
    return output
