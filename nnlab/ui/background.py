"""A server beside a training: ``python -m nnlab.ui.background RUNS DATA PATH``.

Opens a page in the browser, at the server of the folder if one runs, else at its own. It ends some time
after the last page was closed. Nothing that happens to it reaches the training.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

from nnlab.storage.folders import Folders
from nnlab.ui.server_file import find_server
from nnlab.ui.token import address_of, redirect_file

if TYPE_CHECKING:
    from collections.abc import Callable

# Without a page that is open [s].
MAX_IDLE_SECONDS = 3_600.0
# How long a browser may take to start and to read the file that leads it to the page [s].
OPENING_SECONDS = 30.0
NEW_GROUP = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
NO_TERMINAL = getattr(subprocess, "DETACHED_PROCESS", 0)


def open_in_background(path: str, folders: Folders) -> None:
    """Open a page in the browser from a process that outlives this one; nothing is waited for.

    Args:
        path: The page.
        folders: Folders of runs and data.

    Raises:
        OSError: If no process can be started.
    """
    places = (folders.runs.absolute(), folders.data.absolute())
    process = subprocess.Popen(
        [sys.executable, "-m", "nnlab.ui.background", *map(str, places), path],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # Ctrl-C is for the training
        creationflags=NEW_GROUP | NO_TERMINAL,
    )
    threading.Thread(target=process.wait, daemon=True).start()


def main(runs: str, data: str, path: str) -> None:
    """Open a page, and serve it unless a server of the folder runs."""
    if hasattr(os, "nice"):
        os.nice(10)  # the training comes first
    folders = Folders(Path(runs), Path(data))
    running = find_server(folders)
    if running is not None:
        with redirect_file(address_of(running.port, running.token, path)) as page:
            webbrowser.open(page.as_uri())
            time.sleep(OPENING_SECONDS)
        return
    from nnlab.ui.serve import Server

    server = Server(folders, max_idle=MAX_IDLE_SECONDS)
    with redirect_file(server.address(path)) as page:
        server.run(_opening(page.as_uri()))


def _opening(page: str) -> Callable[[], object]:
    """Return what opens a page while the server starts."""
    return threading.Thread(target=webbrowser.open, args=(page,), daemon=True).start


if __name__ == "__main__":
    main(*sys.argv[1:4])
