"""nnlab ui."""

from __future__ import annotations

from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, RunsDir

MAX_PORT = 65_535


def ui(
    port: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=1,
            max=MAX_PORT,
            help="Port (default: 7117, or a free one if that is taken).",
        ),
    ] = None,
    no_open: Annotated[
        bool, typer.Option("--no-open", help="Print the address, and open no browser.")
    ] = False,
    data_dir: DataDir = None,
    runs_dir: RunsDir = None,
) -> None:
    """Open the page of this folder's runs in a browser.

    Shows runs, comparisons and sweeps, live while they train. Only this computer can reach it, and only
    who has the address that is printed. Ctrl-C ends it, and nothing that trains.

    Example: nnlab ui
    """
    from nnlab.storage.folders import Folders
    from nnlab.ui.serve import PORT, Server
    from nnlab.ui.token import redirect_file

    server = Server(Folders.choose(runs_dir, data_dir), port)
    if port is None and server.port != PORT:
        console.print_note(f"port {PORT} is taken: this is another server")
    with redirect_file(server.address()) as page:
        server.run(lambda: _say(server.address(), None if no_open else page.as_uri()))


def _say(address: str, page: str | None) -> None:
    """Print the address, and open a page in the browser if there is one."""
    console.print_note("Ctrl-C ends the server, and no training")
    console.print_exact(address)
    if page is not None:
        import webbrowser

        webbrowser.open(page)
