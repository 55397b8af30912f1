"""Where a command finds runs and data."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Folders:
    """The places that a command reads from and writes to.

    Attributes:
        runs: Folder of runs.
        data: Folder of installed data sets.
        table: The CSV file of a stored run if the user gave one, or None.
    """

    runs: Path
    data: Path
    table: Path | None = None

    @classmethod
    def choose(
        cls,
        runs_dir: str | Path | None = None,
        data_dir: str | Path | None = None,
        data_file: str | Path | None = None,
    ) -> Folders:
        """Return the chosen folders; for others the environment variables, then the defaults.

        Args:
            runs_dir: Default: ``NNLAB_RUNS``, else ``runs`` in the current folder.
            data_dir: Default: ``NNLAB_DATA``, else ``nnlab`` in the user's cache folder.
            data_file: Default: the path that the stored run names.
        """
        cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
        runs = runs_dir or os.environ.get("NNLAB_RUNS") or "runs"
        data = data_dir or os.environ.get("NNLAB_DATA") or f"{cache}/nnlab"
        table = Path(data_file).expanduser() if data_file else None
        return cls(Path(runs).expanduser(), Path(data).expanduser(), table)
