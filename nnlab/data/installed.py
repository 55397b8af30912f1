"""Downloaded data sets by the names that ``nnlab data fetch`` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab.data import archives, vision
from nnlab.data.published import sets

if TYPE_CHECKING:
    from pathlib import Path

NAMES = (*archives.FOLDERS, *sets.SETS)


def is_installed(name: str, root: Path) -> bool:
    """Return whether every file of a data set exists."""
    if name in sets.SETS:
        return sets.is_installed(name, root)
    return archives.is_installed(name, root)


def fetch(name: str, root: Path) -> None:
    """Download a data set, verify it and install it.

    Raises:
        DataError: If NNLAB_OFFLINE is 1, the download fails, or a file is corrupt.
    """
    if name in sets.SETS:
        sets.fetch(name, root)
    else:
        vision.fetch(name, root)
