"""Derivations, made by a process of their own and kept until the server ends."""

from __future__ import annotations

import json
from collections import OrderedDict
from typing import Any

from nnlab.ui.errands import Errands

PROCESS = "nnlab.ui.lessons.process"
MAX_SECONDS = 120.0
MAX_KEPT = 50


class Derivations:
    """Answers of the process, each order once, and one at a time."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._errands = Errands(PROCESS, MAX_SECONDS)

    async def answer(self, order: dict[str, Any]) -> dict[str, Any]:
        """Return the answer to an order; see ``nnlab.ui.lessons.process``.

        Raises:
            RunError: If there is none, with the reason.
        """
        text = json.dumps(order, sort_keys=True)
        async with self._errands.turn:
            if text not in self._kept:
                output = await self._errands.run("the derivation", order=text.encode())
                self._kept[text] = json.loads(output)
            if len(self._kept) > MAX_KEPT:
                self._kept.popitem(last=False)
            return self._kept[text]

    def stop(self) -> None:
        """End the process that is at work, if there is one."""
        self._errands.stop()
