"""Runs that have come back from other computers, until they are in their places."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from nnlab.storage.run_dir import RunDir
from nnlab.sweep.parcels import unpack

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


class Attempts:
    """Folders of runs that have come back, on their way to their places.

    A run is unpacked beside the others first and renamed when it is whole. What another process has
    left half renamed is put right.

    Args:
        root: A folder for them, beside their places or beside the folders of these.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        for old in self.root.glob("*/*.old"):
            target = root.parent / old.parent.name / old.stem
            if not target.exists():
                old.rename(target)
        self.remove()

    def remove(self) -> None:
        """Remove what is left of attempts that came to nothing."""
        shutil.rmtree(self.root, ignore_errors=True)

    def open(self, content: bytes, target: RunDir, code: Mapping[str, bytes]) -> RunDir:
        """Unpack a run beside its place, and return it there.

        Args:
            content: What has come back.
            target: Its place.
            code: See ``unpack``.

        Raises:
            RunError: If it is not the plain folder of a run.
        """
        folder = self.root / target.path.parent.name / target.id
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        unpack(content, folder, code)
        return RunDir(folder)

    def keep(self, attempt: RunDir, target: RunDir) -> None:
        """Put a run in its place; the earlier one there goes when the new one is in place."""
        old = attempt.path.with_name(f"{attempt.id}.old")
        target.path.parent.mkdir(exist_ok=True)
        if target.path.exists():
            target.path.rename(old)
        attempt.path.rename(target.path)
        shutil.rmtree(old, ignore_errors=True)
