"""Run the command line: as a user does, or by the fixtures ``forked`` and ``command``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from typing import NamedTuple


class Finished(NamedTuple):
    code: int
    stdout: str
    stderr: str


Command = Callable[..., Finished]


def nnlab(*args: str, env: dict[str, str] | None = None, cwd: object = None, timeout: float = 600):
    """Run ``nnlab ARGS`` and return the finished process, its output as text."""
    return subprocess.run(
        [sys.executable, "-m", "nnlab", *map(str, args)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **(env or {})},
        cwd=cwd,
        timeout=timeout,
        check=False,
    )
