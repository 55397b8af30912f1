"""The folder of a result: its metadata, tags and lock."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import secrets
import shutil
import unicodedata
from datetime import UTC, datetime
from typing import IO, TYPE_CHECKING, Any, Self, TypeVar

from nnlab.config.plain_files import NO_LINKS
from nnlab.errors import ConfigError, RunError
from nnlab.storage import versions
from nnlab.storage.atomic import write_atomic
from nnlab.storage.untrusted import check_plain, load_json, read_plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from nnlab.storage.schemas import Meta

# Larger than any file nnlab writes; a stranger's file may claim any size.
MAX_JSON_BYTES = 10**8
MAX_NOTE_CHARACTERS = 5_000
# What file systems without locks answer; some are mounted over a network.
NO_LOCKS = frozenset(
    {errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL, errno.EPERM}
)
Value = TypeVar("Value")


class ResultDir:
    """What runs and comparisons share.

    Args:
        path: The folder, which exists.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.id = path.name
        self.meta_path = path / "meta.json"
        self.tags_path = path / "tags.json"
        self.note_path = path / "note.json"
        self.lock_path = path / "lock"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str(self.path)!r})"

    @classmethod
    def create(cls, runs_dir: Path, name: str) -> Self:
        """Create a new folder ``<UTC second>-<name>-<random hex>``; spaces in it become dashes."""
        plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
        slug = re.sub(r"[^A-Za-z0-9._-]+", "-", plain).strip("-.") or "run"
        runs_dir.mkdir(parents=True, exist_ok=True)
        while True:
            second = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
            path = runs_dir / f"{second}-{slug}-{secrets.token_hex(2)}"
            with contextlib.suppress(FileExistsError):
                path.mkdir()
                return cls(path)

    @contextlib.contextmanager
    def removed_unless_begun(self) -> Iterator[None]:
        """Remove the new folder if its first files cannot be written: without meta.json, nothing lists it."""
        try:
            yield
        finally:
            if not self.meta_path.is_file():
                shutil.rmtree(self.path, ignore_errors=True)

    @property
    def meta(self) -> Meta:
        """The metadata in meta.json: status, versions, device, times."""
        from nnlab.storage.schemas import Meta

        return self.read_json(self.meta_path, Meta)

    @property
    def status(self) -> str:
        """running, finished, interrupted, diverged or failed, from meta.json; damaged if that is.

        A run whose process is gone while it was running is interrupted.
        """
        try:
            return self.status_of(self.meta.get("status", "unknown"))
        except RunError:
            return "damaged"

    def status_of(self, recorded: str) -> str:
        """Return the status, given the recorded one and the lock."""
        return "interrupted" if recorded == "running" and not self.is_locked() else recorded

    @property
    def tags(self) -> list[str]:
        """The tags in tags.json; none if the file is damaged."""
        if not self.tags_path.is_file():
            return []
        from nnlab.storage.label_schemas import Tags

        try:
            return self.read_json(self.tags_path, Tags)["tags"]
        except RunError:
            return []

    def write_tags(self, tags: Sequence[str]) -> None:
        """Replace the tags."""
        write_json(self.tags_path, {"tags": sorted(set(tags))})

    @property
    def note(self) -> str:
        """What the user has noted about it; empty if nothing, or the file is damaged."""
        if not self.note_path.is_file():
            return ""
        from nnlab.storage.label_schemas import Note

        try:
            return self.read_json(self.note_path, Note)["note"]
        except RunError:
            return ""

    def write_note(self, note: str) -> None:
        """Replace the note.

        Raises:
            ConfigError: If it is too long.
        """
        if len(note) > MAX_NOTE_CHARACTERS:
            msg = f"a note may have {MAX_NOTE_CHARACTERS:,} characters, and this one has {len(note):,}"
            raise ConfigError(msg)
        write_json(self.note_path, {"note": note})

    def update_meta(self, **changes: Any) -> None:
        """Change or add entries of meta.json."""
        before = self.meta if self.meta_path.is_file() else {"schema_version": versions.RUN}
        write_json(self.meta_path, {**before, **changes})

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Lock the folder for this process.

        Raises:
            RunError: If another process has locked it.
        """
        with _open_lock(self.lock_path, os.O_RDWR | os.O_CREAT) as file:
            if _try_lock(file.fileno()) is False:
                pid = self.meta.get("pid", "unknown")
                msg = f"run {self.id} is being trained by process {pid}"
                raise RunError(msg)
            yield

    def is_locked(self) -> bool:
        """Return whether a process has locked the folder; without locks, whether it still exists."""
        if not self.lock_path.is_file():
            return False
        check_plain(self.lock_path, MAX_JSON_BYTES)
        with _open_lock(self.lock_path, os.O_RDONLY) as file:
            is_free = _try_lock(file.fileno())
        return _exists(self.meta.get("pid")) if is_free is None else not is_free

    def read_json(self, path: Path, schema: type[Value]) -> Value:
        """Return the object in one of the folder's files, checked against a schema.

        Raises:
            RunError: If the file is missing or damaged.
        """
        from nnlab.storage.schemas import check

        try:
            value = load_json(read_plain(path, MAX_JSON_BYTES))
        except FileNotFoundError as error:
            msg = f"run {self.id} has no {path.name}"
            raise RunError(msg) from error
        except (ValueError, RecursionError) as error:
            msg = f"{path} is damaged: {error}"
            raise RunError(msg) from error
        try:
            return check(schema, value)
        except ValueError as error:
            msg = f"{path} is damaged: {error}"
            raise RunError(msg) from error


def write_json(path: Path, value: Mapping[str, object]) -> None:
    """Write a JSON object atomically."""
    write_atomic(path, (json.dumps(value, indent=2, allow_nan=False) + "\n").encode())


def _open_lock(path: Path, flags: int) -> IO[bytes]:
    return os.fdopen(os.open(path, flags | NO_LINKS, 0o666), "rb")


def _try_lock(handle: int) -> bool | None:
    """Take an exclusive lock that ends with the process.

    Returns:
        Whether it was free; None where there are no locks, as on some network file systems.
    """
    try:
        import fcntl
    except ImportError:
        return None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno in NO_LOCKS:
            return None
        raise
    return True


def _exists(pid: int | None) -> bool:
    """Return whether another process of this computer has this number."""
    if not pid or pid == os.getpid():
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True
