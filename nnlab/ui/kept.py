"""What a server keeps on disk to be quicker the next time; it may be thrown away, and is never trusted."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING, Any

from nnlab.api.browsing import load_json, read_plain
from nnlab.errors import NnlabError
from nnlab.storage.atomic import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 10**8


def keep(path: Path, value: object) -> None:
    """Keep a JSON value; that it cannot be written harms nothing."""
    with contextlib.suppress(OSError, NnlabError):
        write_atomic(path, json.dumps(value, allow_nan=False).encode())


def remove_oldest(folder: Path, max_bytes: int) -> None:
    """Remove the files of a folder that were written first, until the rest has a size [byte].

    That one cannot be removed harms nothing.
    """
    with contextlib.suppress(OSError):
        found = [(path, path.lstat()) for path in folder.iterdir()]
        found.sort(key=lambda pair: pair[1].st_mtime_ns)
        total = sum(state.st_size for _, state in found)
        for path, state in found:
            if total <= max_bytes:
                return
            path.unlink()
            total -= state.st_size


def kept(path: Path) -> dict[str, Any]:
    """Return a JSON object that was kept; an empty one if there is none, or it is damaged."""
    try:
        value = load_json(read_plain(path, MAX_BYTES))
    except (OSError, NnlabError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
