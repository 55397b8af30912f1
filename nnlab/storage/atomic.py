"""Atomic writes: a reader sees the old bytes or the new ones, never a mixture."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

TEMPORARY_PREFIX = ".tmp-"
FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP})
SLOW_SECONDS = 2.0
FAULTS = {"enospc": errno.ENOSPC, "eio": errno.EIO}

_visits: Counter[str] = Counter()


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file atomically and durably: it survives a crash or a power cut.

    Missing folders are created.

    Raises:
        StorageError: If the disk is full; the file is unchanged.
    """
    with located_errors(path, len(content)), open_atomic(path) as file:
        failpoint("write")
        file.write(content)


@contextlib.contextmanager
def open_atomic(path: Path) -> Iterator[BinaryIO]:
    """Open a file to be written piece by piece; it appears, complete, when the block ends.

    The bytes are written to a temporary file in the same folder and synced to the disk; then
    ``os.replace`` gives it the name, and the folder is synced. Missing folders are created. After an
    error, nothing has changed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    failpoint("create")
    handle, name = tempfile.mkstemp(prefix=TEMPORARY_PREFIX, dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
            file.flush()
            failpoint("fsync")
            os.fsync(file.fileno())
        with contextlib.suppress(PermissionError):  # file systems without permissions
            temporary.chmod(0o666 & ~_umask())
        failpoint("replace")
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    failpoint("replaced")
    _sync_folder(path.parent)


@contextlib.contextmanager
def located_errors(path: Path, needed_bytes: int) -> Iterator[None]:
    """Add the file to an error of the disk, and the bytes needed and free if the disk is full.

    Raises:
        StorageError: If the disk is full.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in FULL:
            error.filename = error.filename or str(path)
            raise
        free = shutil.disk_usage(path.parent).free
        msg = f"the disk is full: {path} needs {needed_bytes:,} bytes, and {free:,} are free"
        raise StorageError(msg) from error


def sweep(folder: Path) -> None:
    """Remove temporary files left by a process that was killed while writing."""
    for path in folder.glob(f"{TEMPORARY_PREFIX}*"):
        path.unlink()


def failpoint(name: str) -> None:
    """Fail at this step of a save if a test asks for it.

    ``NNLAB_FAILPOINT=<name>:<nth>:<fault>``: the nth time this process reaches the point of that
    name (``any``: any point), it is killed by SIGKILL (``kill``), or the disk is full (``enospc``),
    broken (``eio``) or takes two seconds (``slow``).
    """
    wanted = os.environ.get("NNLAB_FAILPOINT")
    if wanted is None:
        return
    point, nth, fault = wanted.split(":")
    if point not in {name, "any"}:
        return
    _visits[point] += 1
    if _visits[point] != int(nth):
        return
    if fault == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if fault == "slow":
        time.sleep(SLOW_SECONDS)
        return
    raise OSError(FAULTS[fault], os.strerror(FAULTS[fault]))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # Windows cannot open a folder
        return
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:  # a folder to write to, but not to list
        return
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in NO_FOLDER_SYNC:
            raise
    finally:
        os.close(handle)
