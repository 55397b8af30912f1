"""Where runs and data are kept, unless a command says otherwise."""

from __future__ import annotations

import os
from pathlib import Path


def runs_dir(chosen: str | Path | None = None) -> Path:
    """Return the folder of runs: the chosen one, ``NNLAB_RUNS``, or ``runs`` here."""
    return Path(chosen or os.environ.get("NNLAB_RUNS") or "runs").expanduser()


def data_dir(chosen: str | Path | None = None) -> Path:
    """Return the folder of data: the chosen one, ``NNLAB_DATA``, or the user's cache folder."""
    if chosen or (chosen := os.environ.get("NNLAB_DATA")):
        return Path(chosen).expanduser()
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "nnlab"
