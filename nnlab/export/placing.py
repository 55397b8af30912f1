"""Where an export is put: never over anything, and only once it has been checked."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.config.bundled import is_there
from nnlab.config.files import check_new
from nnlab.errors import ConfigError
from nnlab.storage.atomic import TEMPORARY_PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterator


def _check_place(path: Path) -> None:
    check_new(path)
    if not is_there(path.parent.is_dir):
        msg = f"-o {path}: there is no folder {path.parent}"
        raise ConfigError(msg)


@contextlib.contextmanager
def placed(path: Path) -> Iterator[Path]:
    """Yield a temporary path; what the block writes there, a file or a folder, then gets its name.

    After an error nothing is left.

    Raises:
        ConfigError: If there is something of this name, or no folder to put it in.
    """
    _check_place(path)
    scratch = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=path.parent))
    try:
        yield scratch / path.name
        check_new(path)
        (scratch / path.name).rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


@contextlib.contextmanager
def created(path: Path) -> Iterator[Path]:
    """Yield a new folder, which is removed after an error: for what others read while it is written.

    Raises:
        ConfigError: See ``placed``.
    """
    _check_place(path)
    path.mkdir()
    try:
        yield path
    except BaseException:
        shutil.rmtree(path, ignore_errors=True)
        raise
