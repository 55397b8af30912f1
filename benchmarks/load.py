"""Programs that keep cores busy, as on a machine that others use too."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

PROGRAM = """
import os
while os.getppid() == {parent}:
    for _ in range(1_000_000):
        pass
"""


@contextlib.contextmanager
def busy_loops(number: int) -> Iterator[list[subprocess.Popen[bytes]]]:
    """Run programs that compute without end, and kill them when the block ends.

    Each starts a session, as another user's program would. Linux divides a core among sessions
    first, and then among the threads of each (autogroup): a loop in a session of its own is given as
    much of a core as all threads of this session together, a loop in this session only as much as one
    thread.

    If this process is killed, the loops notice within a fraction of a second and end.
    """
    command = [sys.executable, "-I", "-S", "-c", PROGRAM.format(parent=os.getpid())]
    loops: list[subprocess.Popen[bytes]] = []
    try:
        for _ in range(number):
            loops.append(subprocess.Popen(command, start_new_session=True))  # noqa: PERF401 - a list would lose the first loops if the next cannot start
        yield loops
    finally:
        for loop in loops:
            loop.kill()
        for loop in loops:
            loop.wait()
