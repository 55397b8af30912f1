"""Where the table of a stored run is: a stranger may have written the path."""

from __future__ import annotations

import shlex
from pathlib import Path

from nnlab.config.bundled import is_there


def where_is_table(run: str, path: str, recorded: str | None) -> str:
    """Return what to do about a table that is not below the current folder."""
    if recorded is None:
        return (
            f"run {run} reads {path}, which is not a file below the current folder\n"
            f"say where it is: --data-file FILE"
        )
    if not is_there(Path(recorded).is_file):
        return f"run {run} read {recorded}, which is gone\nsay where it is now: --data-file FILE"
    return (
        f"run {run} reads {recorded}, which is not below the current folder\n"
        f"to read it all the same: --data-file {shlex.quote(recorded)}"
    )


def is_below(path: Path, folder: Path) -> bool:
    """Return whether a path leads to a file below a folder."""
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # not a valid file name, or a loop of links
        return False
