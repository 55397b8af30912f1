"""nnlab report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, DataFile, RunsDir


def report(
    runs: Annotated[
        list[str], typer.Argument(metavar="RUN", help="Finished runs; several are shown together.")
    ],
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Output file (default: report.html in the run's folder; for several runs, here).",
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write an HTML report of one or more runs.

    The page is a single file with metrics, plots, the model's mistakes and the config; it loads
    nothing from the network. Prints the path of the file.

    Example: nnlab report latest --open
    """
    import webbrowser

    from nnlab import api

    path = api.report(runs, output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)
    console.print_exact(str(path))
    if open_page:
        webbrowser.open(path.resolve().as_uri())
