"""Words and pictures about finished runs, made by a process of their own and kept for the next time.

What is kept can be thrown away at any time.
"""

from __future__ import annotations

import hashlib
import shutil
from typing import TYPE_CHECKING, Any

from nnlab.api.browsing import UnknownResultError, load_json, read_plain
from nnlab.errors import NnlabError, RunError
from nnlab.ui.errands import Errands

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.api.browsing import RunDir
    from nnlab.storage.folders import Folders

PROCESS = "nnlab.ui.study_process"
STUDY_FILE = "study.json"
MAX_STUDIES = 200
MAX_SECONDS = 300.0
MAX_BYTES = 20_000_000
EMPTY: dict[str, Any] = {"diagnosis": [], "overview": None, "pictures": []}


class Studies:
    """The studies of a folder of runs.

    Args:
        folders: Folders of runs and data.
        cache: Where they are kept.
    """

    def __init__(self, folders: Folders, cache: Path) -> None:
        self.folders = folders
        self.cache = cache
        self._errands = Errands(PROCESS, MAX_SECONDS)

    def known(self, run: RunDir) -> dict[str, Any]:
        """Return a study that has been made, with ``study`` ready; else an empty one, and why.

        ``study`` is ``waiting`` if it can be made, and ``none`` before the run has finished.
        """
        if not run.summary_path.is_file():
            return {**EMPTY, "study": "none"}
        found = self._read(self._folder(run))
        return {**EMPTY, "study": "waiting"} if found is None else {**found, "study": "ready"}

    async def make(self, run: RunDir) -> dict[str, Any]:
        """Return the study of a finished run, made now unless it is known.

        Raises:
            RunError: If it cannot be made, with the reason.
        """
        async with self._errands.turn:
            found = self.known(run)
            if found["study"] != "waiting":
                return found
            self._sweep()
            await self._run(run)
            return self.known(run)

    async def _run(self, run: RunDir) -> None:
        places = (self.folders.runs, self.folders.data, self._folder(run))
        what = f"the pictures of run {run.id}"
        await self._errands.run(what, run.id, *(str(place.absolute()) for place in places))

    def stop(self) -> None:
        """End the process that is at work, if there is one."""
        self._errands.stop()

    def picture(self, run: RunDir, name: str) -> str:
        """Return a picture as SVG, whose colours are left to the page.

        Raises:
            UnknownResultError: If there is none of that name.
            RunError: If it is damaged.
        """
        folder = self._folder(run)
        found = self._read(folder) or EMPTY
        if name not in [picture["name"] for picture in found["pictures"]]:
            msg = f"run {run.id} has no picture {name[:50]}"
            raise UnknownResultError(msg)
        try:
            return read_plain(folder / f"{name}.svg", MAX_BYTES).decode()
        except UnicodeDecodeError as error:
            msg = f"the picture {name} of run {run.id} is damaged; remove {folder}, and it is made again"
            raise RunError(msg) from error

    def _folder(self, run: RunDir) -> Path:
        found = run.summary_path.lstat()
        key = f"{found.st_ino} {found.st_mtime_ns} {found.st_size}"
        return self.cache / f"{run.id}-{hashlib.sha256(key.encode()).hexdigest()[:12]}"

    def _read(self, folder: Path) -> dict[str, Any] | None:
        try:
            found = load_json(read_plain(folder / STUDY_FILE, MAX_BYTES))
        except (OSError, NnlabError, ValueError, RecursionError):
            return None
        return found if _is_study(found) else None

    def _sweep(self) -> None:
        """Remove the oldest studies, if there are many."""
        if not self.cache.is_dir():
            return
        folders = sorted(self.cache.iterdir(), key=lambda folder: folder.lstat().st_mtime)
        for folder in folders[: max(0, len(folders) - MAX_STUDIES)]:
            shutil.rmtree(folder, ignore_errors=True)


def _is_study(found: object) -> bool:
    """Return whether a value that was kept is a study."""
    if not isinstance(found, dict) or not found.keys() >= EMPTY.keys():
        return False
    pictures = found["pictures"]
    return isinstance(pictures, list) and all(
        isinstance(picture, dict) and isinstance(picture.get("name"), str) for picture in pictures
    )
