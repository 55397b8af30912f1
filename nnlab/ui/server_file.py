"""How commands of a user find a server that runs: by a file that nobody else can read."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.browsing import load_json, open_plain
from nnlab.errors import NnlabError
from nnlab.ui.token import HOST

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.storage.folders import Folders

FILE = "server.json"
MAX_BYTES = 10_000
MAX_PORT = 65_535
ANSWER_SECONDS = 5.0


class Running(NamedTuple):
    """A server that runs.

    Attributes:
        pid: Its process.
        port: Its port.
        token: Its secret.
        folder: Its folder of runs.
    """

    pid: int
    port: int
    token: str
    folder: str


def cache_of(folders: Folders) -> Path:
    """Return where servers keep what belongs to a folder of runs."""
    name = hashlib.sha256(_folder_of(folders).encode()).hexdigest()[:12]
    return folders.data / "ui" / name


def _folder_of(folders: Folders) -> str:
    return str(folders.runs.absolute())


@contextlib.contextmanager
def announced(folders: Folders, port: int, token: str) -> Iterator[None]:
    """Let other commands find a server while it runs; if they cannot, it runs all the same."""
    path = cache_of(folders) / FILE
    running = Running(os.getpid(), port, token, _folder_of(folders))
    with contextlib.suppress(OSError):
        _write(path, json.dumps(running._asdict()))
    try:
        yield
    finally:
        if _read(path) == running:
            with contextlib.suppress(OSError):
                path.unlink()


def _write(path: Path, text: str) -> None:
    """Write a file that is never readable by others, not even while it is written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f"{FILE}-", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        Path(name).replace(path)
    finally:
        Path(name).unlink(missing_ok=True)


def find_server(folders: Folders) -> Running | None:
    """Return the server of a folder of runs, if one was announced and answers."""
    found = _read(cache_of(folders) / FILE)
    if found is None or found.folder != _folder_of(folders) or not _answers(found):
        return None
    return found


def _read(path: Path) -> Running | None:
    """Return what a file says that only this user can have written; None for any other."""
    try:
        with open_plain(path, MAX_BYTES) as file:
            if not _is_own(os.fstat(file.fileno())):
                return None
            value = load_json(file.read(MAX_BYTES))
    except (OSError, NnlabError, ValueError, RecursionError):
        return None
    match value:
        case {"pid": int(pid), "port": int(port), "token": str(token), "folder": str(folder)}:
            is_whole = pid > 0 and 0 < port <= MAX_PORT and token.isascii() and token.isprintable()
            return Running(pid, port, token, folder) if is_whole else None
        case _:
            return None


def _is_own(found: os.stat_result) -> bool:
    if not hasattr(os, "getuid"):
        return True
    return found.st_uid == os.getuid() and not found.st_mode & 0o077


def _answers(running: Running) -> bool:
    """Return whether a server with this secret listens."""
    connection = http.client.HTTPConnection(HOST, running.port, timeout=ANSWER_SECONDS)
    try:
        headers = {"Authorization": f"Bearer {running.token}"}
        connection.request("GET", "/api/state", headers=headers)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
