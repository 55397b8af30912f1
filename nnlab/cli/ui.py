"""nnlab ui."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, RunsDir

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.runs.execute import Watcher
    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

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


def on_page(watch: Watcher, folders: Folders) -> Watcher:
    """Return what watches a training, and opens the page of its run when it begins."""

    @contextlib.contextmanager
    def watch_on_page(
        run: RunDir, job: Job, progress: Progress
    ) -> Iterator[Callable[[Sequence[Record]], None]]:
        _open(f"/runs/{run.id}", folders)
        with watch(run, job, progress) as on_records:
            yield on_records

    return watch_on_page


def _open(path: str, folders: Folders) -> None:
    """Open a page in the browser; if that fails, the training goes on."""
    from nnlab.ui.background import open_in_background

    try:
        open_in_background(path, folders)
    except OSError as error:
        console.print_note(f"the page cannot be opened: {error.strerror}; try: nnlab ui")
    else:
        console.print_note(
            "the page of the run opens in a browser; without one: nnlab ui --no-open"
        )
