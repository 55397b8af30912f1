"""nnlab data fetch|verify|import."""

from __future__ import annotations

from typing import TYPE_CHECKING

from nnlab import console
from nnlab.data import archives, vision
from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


def fetch(names: Sequence[str], root: Path, *, force: bool) -> None:
    """Download data sets that are not installed."""
    for name in _checked(names):
        if archives.is_installed(name, root) and not force:
            console.print_line(f"{name}: installed in {root}")
            continue
        vision.fetch(name, root)
        console.print_line(f"{name}: fetched to {root}")


def verify(names: Sequence[str], root: Path) -> None:
    """Check every byte of installed data sets."""
    for name in _checked(names or [n for n in archives.FOLDERS if archives.is_installed(n, root)]):
        for archive in archives.archives(name):
            archives.map_verified(name, archive, root)
        console.print_line(f"{name}: all four files are the official ones")


def import_folder(folder: Path, root: Path) -> None:
    """Install data sets from a folder of archives."""
    for name in archives.import_from(folder, root):
        console.print_line(f"{name}: installed in {root}")


def _checked(names: Sequence[str]) -> Sequence[str]:
    for name in names:
        if name not in archives.FOLDERS:
            from nnlab.config.messages import did_you_mean

            hint = did_you_mean(name, archives.FOLDERS)
            msg = f"unknown data set '{name}'{hint}; to fetch: {', '.join(archives.FOLDERS)}"
            raise ConfigError(msg)
    return names
