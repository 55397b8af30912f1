"""nnlab export."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from nnlab import console
from nnlab.cli.options import AsJson, Checkpoint, DataDir, DataFile, RunsDir
from nnlab.export.formats import FORMATS

Runs = Annotated[
    list[str],
    typer.Argument(
        metavar="RUN",
        help="A finished run; several for any format but onnx and torch; a comparison for csv, parquet and latex.",
    ),
]
Output = Annotated[
    Path | None,
    typer.Option(
        "-o",
        "--output",
        metavar="PATH",
        help="New file or folder (default: named after the experiment, in the current folder).",
    ),
]
To = Annotated[str, typer.Option(metavar="FORMAT", help=f"Format: {', '.join(FORMATS)}.")]
Seed = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        help="onnx, torch: the seed whose network is exported (default: the first).",
        min=0,
    ),
]
Ensemble = Annotated[
    bool,
    typer.Option("--ensemble", help="onnx: average the answers of all seeds, as predict does."),
]
Follow = Annotated[
    bool,
    typer.Option(
        "--follow", help="tensorboard, mlflow: go on until a run that is training has ended."
    ),
]


def export(
    runs: Runs,
    to: To,
    output: Output = None,
    seed: Seed = None,
    ensemble: Ensemble = False,
    checkpoint: Checkpoint = None,
    follow: Follow = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    as_json: AsJson = False,
) -> None:
    """Export a run for other programs, checked.

    Writes a finished run in a format that needs no nnlab, lets the result answer the test split, and
    compares the answers with the stored ones. Tables have the settings in which runs differ, and each
    metric with its mean and standard deviation over the seeds. If a check does not hold, nothing is
    left, and the exit code is 8. Never replaces a file.

    Example: nnlab export latest --to onnx -o digits.onnx
    """
    from nnlab import api

    options: Any = {"seed": seed, "ensemble": ensemble, "checkpoint": checkpoint, "follow": follow}
    folders: Any = {"data_dir": data_dir, "data_file": data_file, "runs_dir": runs_dir}
    exported = api.export(runs, to, output, **folders, **options)
    if as_json:
        console.print_json(exported.to_json())
    else:
        console.print_line(exported.text)
