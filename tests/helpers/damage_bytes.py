"""Files with a few wrong bytes, and whether a message says so."""

from __future__ import annotations

import random
import resource
import time
from collections.abc import Callable

# Of processor time: far above what the longest input takes, far below what a search takes.
SECONDS = 20.0
MEMORY_KB = 200_000


def refused_badly(
    act: Callable[[], str | None], expected: type[Exception] | tuple[()]
) -> str | None:
    """Return what is wrong with an answer: what ``act`` says, an error that is not ours, or its time."""
    start, problem = time.process_time(), None
    try:
        problem = act()
    except expected:
        pass
    except Exception as error:  # noqa: BLE001 - whatever else comes is what is looked for
        problem = f"{type(error).__name__}: {error}"[:300]
    seconds = time.process_time() - start
    return f"{seconds:.1f} s" if seconds > SECONDS else problem


def grown(act: Callable[[], list[str]]) -> list[str]:
    """Return what ``act`` returns, and by how much memory grew if it is too much."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    found = act()
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return [*found, f"{size:,} kB"] if size > MEMORY_KB else found


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
