"""Where a command finds runs and data."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from nnlab.errors import ConfigError


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
        runs = runs_dir or os.environ.get("NNLAB_RUNS") or "runs"
        data = data_dir or os.environ.get("NNLAB_DATA")
        table = expanded(data_file) if data_file else None
        return cls(expanded(runs), expanded(data) if data else _cache() / "nnlab", table)


def expanded(path: str | Path) -> Path:
    """Return a path with the home folder in place of ``~``.

    Raises:
        ConfigError: If there is no home folder.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        msg = f"{path}: this user has no home folder (HOME is not set); write the whole path"
        raise ConfigError(msg) from error


def _cache() -> Path:
    """Return the folder for what can be downloaded again: in a container, there may be no home."""
    if cache := os.environ.get("XDG_CACHE_HOME"):
        return expanded(cache)
    try:
        return Path.home() / ".cache"
    except RuntimeError:
        return Path(tempfile.gettempdir())
