"""Files with a few wrong bytes, and whether a message says so."""

from __future__ import annotations

import random
from collections.abc import Callable


def refused_badly(
    act: Callable[[], str | None], expected: type[Exception] | tuple[()]
) -> str | None:
    """Return what is wrong with an answer: what ``act`` says, or an error that is not ours."""
    try:
        return act()
    except expected:
        return None
    except Exception as error:  # noqa: BLE001 - whatever else comes is what is looked for
        return f"{type(error).__name__}: {error}"[:300]


def damaged(content: bytes, draw: random.Random) -> bytes:
    """Flip, drop, double, insert or cut off bytes."""
    changed = bytearray(content)
    for _ in range(draw.randint(1, 3)):
        at = draw.randrange(len(changed) + 1)
        end = min(at + draw.randint(1, 9), len(changed))
        match draw.randrange(6):
            case 0:
                del changed[at:end]
            case 1:
                changed[at:at] = draw.randbytes(draw.randint(1, 9))
            case 2:
                changed[at:at] = changed[at:end]
            case 3:
                del changed[at:]
            case _ if at < len(changed):
                changed[at] ^= 1 << draw.randrange(8)
            case _:
                changed += b"\0"
    return bytes(changed)
