"""The process's streams: a reader that is gone, and characters that cannot be shown, end no run."""

from __future__ import annotations

import contextlib
import errno
import io
import os
import stat
import sys
from typing import Any, TextIO


class _Vanishing(io.FileIO):
    """A stream whose reader may vanish, as a closed terminal does: from then on, output is lost.

    Args:
        number: The file descriptor.
        is_result: Whether only a closed terminal may lose output: a full disk is an error.
    """

    def __init__(self, number: int, *, is_result: bool) -> None:
        super().__init__(number, "w", closefd=False)
        self._is_result = is_result

    def write(self, content: Any) -> int:
        try:
            return super().write(content)
        except OSError as error:
            if self._is_result and error.errno != errno.EIO:
                raise
            return len(content)


def harden() -> None:
    """Keep closed streams, and characters the terminal cannot show, from ending the program.

    Files and pipes get UTF-8 whatever the locale is: whoever reads them elsewhere cannot know it.
    What is written to a terminal after it was closed is lost, so that a run goes on without it; and
    so is what any other stream refuses of stderr. A closed pipe or a full disk at stdout is still an
    error.
    """
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            setattr(sys, name, os.fdopen(nowhere, "w", encoding="utf-8", closefd=False))
    for stream in (sys.stdout, sys.stderr):
        encoding = None if stream.isatty() else "utf-8"
        with contextlib.suppress(AttributeError):
            stream.reconfigure(encoding=encoding, errors="backslashreplace")  # type: ignore[union-attr]
    if os.name == "posix":
        sys.stdout = _vanishing(sys.stdout, is_result=True)
        sys.stderr = _vanishing(sys.stderr, is_result=False)


def _vanishing(stream: TextIO, *, is_result: bool) -> TextIO:
    try:
        number = stream.fileno()
    except (OSError, ValueError):  # not a file: a notebook's or a test's stream
        return stream
    if is_result and not stat.S_ISCHR(os.fstat(number).st_mode):
        return stream
    return io.TextIOWrapper(
        io.BufferedWriter(_Vanishing(number, is_result=is_result)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=True,
    )
