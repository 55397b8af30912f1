"""Commands whose messages go to a terminal."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import signal
import struct
import subprocess
import termios
from collections.abc import Callable, Sequence
from typing import NamedTuple


class Shown(NamedTuple):
    code: int
    text: str


def run_in_terminal(
    command: Sequence[str],
    env: dict[str, str],
    on_output: Callable[[subprocess.Popen, int], None] = lambda process, terminal: None,
) -> Shown:
    """Run a command with a terminal for its stderr.

    Args:
        command: Program and arguments.
        env: All environment variables.
        on_output: Called with the process and its terminal after every read of what it shows.
    """
    ours, theirs = pty.openpty()
    shown = b""
    resize(ours, 100)
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while read := os.read(ours, 65536):
                shown += read
                on_output(process, ours)
    os.close(ours)
    return Shown(process.returncode, shown.decode(errors="replace"))


def resize(terminal: int, width: int) -> None:
    """Give a terminal so many columns."""
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))


def resize_often(process: subprocess.Popen, terminal: int, times: int = 250) -> None:
    """Make a terminal narrow and wide, and tell the process so each time."""
    for i in range(times):
        resize(terminal, 1 + 37 * i % 200)
        process.send_signal(signal.SIGWINCH)


def start_in_session(
    command: Sequence[str], env: dict[str, str], **streams: int
) -> tuple[subprocess.Popen, int]:
    """Start a command as a shell's only job, with a terminal for every stream not given.

    Returns:
        The process and its terminal, whose closing hangs up.
    """
    ours, theirs = pty.openpty()
    resize(ours, 100)

    def own_terminal() -> None:
        os.setsid()
        fcntl.ioctl(theirs, termios.TIOCSCTTY, 0)

    all_streams = {"stdin": theirs, "stdout": theirs, "stderr": theirs, **streams}
    process = subprocess.Popen(
        command, env=env, preexec_fn=own_terminal, pass_fds=[theirs], **all_streams
    )
    os.close(theirs)
    return process, ours


def read_until(terminal: int, word: bytes) -> bytes:
    """Read what a terminal shows until a word is there."""
    shown = b""
    while word not in shown:
        shown += os.read(terminal, 65536)
    return shown
