"""Run the command line: as a user does, or by the fixtures ``forked`` and ``command``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import typer.main


class Finished(NamedTuple):
    code: int
    stdout: str
    stderr: str


Command = Callable[..., Finished]


def build_once() -> None:
    """Let typer build the command line once in a process, which costs more than most commands."""
    if not hasattr(typer.main.get_command, "cache_clear"):
        typer.main.get_command = cache(typer.main.get_command)


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
