"""nnlab plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, DataFile, Run, RunsDir
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean


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

    Writes RUN-KIND.svg to the current folder, unless -o says otherwise, and prints its path.

    Example: nnlab plot latest confusion -o confusion.png
    """
    from nnlab import api
    from nnlab.report.plots import PLOTS
    from nnlab.report.source import RunView
    from nnlab.report.style import draw, save

    if kind not in PLOTS:
        msg = f"unknown plot {kind!r}{did_you_mean(kind, PLOTS)}; known: {', '.join(PLOTS)}"
        raise ConfigError(msg)
    source = RunView.load(api.load_run(run, runs_dir=runs_dir), data_dir, data_file)
    if reason := PLOTS[kind].missing(source):
        available = [name for name in PLOTS if PLOTS[name].missing(source) is None]
        msg = f"run {source.run.id} has no {kind}: {reason}; it has {', '.join(available)}"
        raise ConfigError(msg)
    path = output or Path(f"{source.run.id}-{kind}.svg")
    save(draw(lambda: PLOTS[kind].picture(source)), path)
    console.print_line(str(path))
