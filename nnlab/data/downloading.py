"""Downloads of published data: never without consent, never left half done."""

from __future__ import annotations

import os
import socket
import tempfile
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

from nnlab.errors import DataError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

TIMEOUT_SECONDS = 20
# torchvision raises RuntimeError for some of them.
NETWORK_ERRORS = (
    *(URLError, HTTPException, TimeoutError, ConnectionError),
    *(RuntimeError, EOFError),
)


@contextmanager
def scratch_for(dataset: str, root: Path, help_text: str, *, is_there: bool) -> Iterator[Path]:
    """Yield a folder for the downloads of a data set, which is removed.

    Args:
        dataset: Its name, for messages.
        root: Folder of installed data.
        help_text: How else to install it.
        is_there: Whether it is installed.

    Raises:
        DataError: If NNLAB_OFFLINE is 1, or the block meets an error of the network.
        StorageError: If the folder cannot be created.
    """
    if os.environ.get("NNLAB_OFFLINE") == "1":
        state = "is installed in" if is_there else "is not installed in"
        msg = f"{dataset} {state} {root}, and NNLAB_OFFLINE=1 forbids downloading it\n{help_text}"
        raise DataError(msg)
    _create(root)
    previous_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as folder:
            yield Path(folder)
    except NETWORK_ERRORS as error:
        msg = f"{dataset} could not be downloaded to {root}:\n{error}\n{help_text}"
        raise DataError(msg) from error
    finally:
        socket.setdefaulttimeout(previous_timeout)


def _create(root: Path) -> None:
    """Create the folder of installed data.

    Raises:
        StorageError: If it cannot be created.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"{root} cannot be created: {error.strerror}\n"
            f"choose another folder for data: --data-dir DIR, or NNLAB_DATA"
        )
        raise StorageError(msg) from error
