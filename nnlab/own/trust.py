"""Who may run code: users their own, and that of a stored run once they have allowed it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.own_code import OwnCodeError, read_files
from nnlab.config.plain_files import NO_LINKS
from nnlab.errors import RunError
from nnlab.storage.untrusted import load_json, read_plain

if TYPE_CHECKING:
    from nnlab.config.own_code import Source

MAX_BYTES = 10**7


def trust_file() -> Path:
    """Return the user's list of allowed code, a digest per line."""
    home = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(home) / "nnlab" / "trusted-code"


def check_trusted(source: Source) -> None:
    """Check that code may run.

    Raises:
        RunError: If a stored run brought it, and it is neither the user's own nor allowed.
    """
    if not source.is_stored or is_trusted(source.digest) or _is_own(source):
        return
    run = source.folder.parent
    files = ", ".join(sorted(source.files))
    msg = (
        f"run {run.name} contains code ({files}), which is not run without your consent\n"
        f"read it and allow it: nnlab trust {run}"
    )
    raise RunError(msg)


def _is_own(stored: Source) -> bool:
    """Return whether code of a run is, byte for byte, that of the user's own file."""
    with contextlib.suppress(OwnCodeError):
        present = own_copy(stored)
        return present is not None and present.digest == stored.digest
    return False


def own_copy(stored: Source) -> Source | None:
    """Return the user's own file that a run was trained with, as it is now.

    It counts only below the current folder and outside of any run: a stranger may have written where
    it was.

    Raises:
        OwnCodeError: If it cannot be read.
    """
    folder = _recorded_folder(stored)
    here = Path.cwd()
    if folder is None or not folder.is_relative_to(here) or not (folder / stored.file).is_file():
        return None
    above = [folder, *folder.parents]
    if any((path / "meta.json").exists() for path in above[: above.index(here) + 1]):
        return None
    return read_files(folder, stored.file)


def _recorded_folder(stored: Source) -> Path | None:
    try:
        meta = load_json(read_plain(stored.folder.parent / "meta.json", MAX_BYTES))
        return Path(meta["code"]["folder"]).resolve()
    except (OSError, ValueError, RecursionError, KeyError, TypeError, RunError):
        return None


def is_trusted(digest: str) -> bool:
    """Return whether the user has allowed code, by its digest."""
    try:
        lines = trust_file().read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return False
    return any(line.split(maxsplit=1)[:1] == [digest] for line in lines.splitlines())


def allow(source: Source) -> None:
    """Allow code from now on.

    Raises:
        OSError: If the list cannot be written.
    """
    if is_trusted(source.digest):
        return
    path = trust_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | NO_LINKS
    with os.fdopen(os.open(path, flags, 0o600), "a", encoding="utf-8") as file:
        file.write(f"{source.digest}  {source.file}\n")
