"""nnlab plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, DataFile, Run, RunsDir


def plot(
    run: Run,
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND",
            help="Plot to draw: curves, boundary, confusion, ...; an unknown name lists all.",
        ),
    ],
    output: Annotated[
        Path | None,
        typer.Option("-o", "--output", metavar="FILE", help="Output file: .svg or .png."),
    ] = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw one plot of a finished run.

    Writes RUN-KIND.svg to the current folder, unless -o is given, and prints its path.

    Example: nnlab plot latest confusion -o confusion.png
    """
    from nnlab import api

    path = api.plot(run, kind, output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)
    console.print_exact(str(path))
