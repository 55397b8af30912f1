"""The command line: what each command takes. What it does is imported late."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from nnlab.cli.housekeeping import config_app, data_app, list_components, runs_app
from nnlab.cli.judging import check, compare, plan
from nnlab.cli.options import (
    AsJson,
    DataDir,
    DataFile,
    Device,
    Overrides,
    Run,
    RunsDir,
    Weights,
)
from nnlab.cli.teaching import bench, gradcheck, graph

app = typer.Typer(
    name="nnlab",
    help="A lab for small neural networks: a YAML file is the experiment, a folder the result.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.add_typer(runs_app, name="runs")
app.add_typer(config_app, name="config")
app.add_typer(data_app, name="data")
app.command("list")(list_components)


def _version(wanted: bool) -> None:
    if wanted:
        from nnlab import __version__
        from nnlab.console import print_line

        print_line(f"nnlab {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A lab for small neural networks: a YAML file is the experiment, a folder the result."""


@app.command()
def train(
    config: Annotated[
        str | None, typer.Argument(help="An experiment file or a bundled experiment.")
    ] = None,
    overrides: Overrides = None,
    seeds: Annotated[int | None, typer.Option(help="Replicas to train together.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    resume: Annotated[str | None, typer.Option(help="Go on with this run instead.")] = None,
) -> None:
    """Train an experiment; the last line printed is its run directory."""
    from nnlab.cli.train import train as run_train

    run_train(
        config,
        overrides or [],
        seeds=seeds,
        device=device,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        resume_run=resume,
    )


@app.command()
def resume(
    run: Run, data_dir: DataDir = None, data_file: DataFile = None, runs_dir: RunsDir = None
) -> None:
    """Go on with an interrupted run."""
    from nnlab.cli.train import resume as run_resume

    run_resume(run, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)


@app.command()
def verify(
    run: Run,
    resume: Annotated[
        bool, typer.Option(help="Also kill the second training at a random step, and resume it.")
    ] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Train a finished run again and prove that it gives the same bytes; exit with 8 if not."""
    from nnlab.cli.verify import verify as run_verify

    run_verify(
        run,
        is_resumed=resume,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command("eval")
def evaluate(
    run: Run,
    split: Annotated[Literal["test", "val", "train"], typer.Option(help="Which part.")] = "test",
    checkpoint: Weights = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", help="metric=value: exit with 8 if the metric is below."),
    ] = None,
    device: Device = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Print the metrics of a stored run."""
    from nnlab.cli.evaluate import evaluate as run_evaluate

    run_evaluate(
        run,
        split=split,
        checkpoint=checkpoint,
        device=device or "auto",
        minima=minimum or [],
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
        as_json=json,
    )


@app.command()
def predict(
    run: Run,
    file: Annotated[Path, typer.Argument(help="A CSV table of new rows, or a picture.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Write a CSV.")] = None,
    checkpoint: Weights = None,
    runs_dir: RunsDir = None,
    json: AsJson = False,
) -> None:
    """Print the class and the probabilities, or the value, of new rows."""
    from nnlab.cli.predict import predict as run_predict

    run_predict(run, file, checkpoint=checkpoint, output=output, runs_dir=runs_dir, as_json=json)


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="Finished runs; several are set side by side.")],
    output: Annotated[Path | None, typer.Option("-o", "--output", help="Where to.")] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open it in a browser.")] = False,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Write one HTML file with the results, pictures and experiment of runs."""
    from nnlab.cli.report import report as run_report

    run_report(
        runs,
        output=output,
        open_page=open_page,
        data_dir=data_dir,
        data_file=data_file,
        runs_dir=runs_dir,
    )


@app.command()
def plot(
    run: Run,
    kind: Annotated[str, typer.Argument(help="curves, boundary, confusion, ...; any word lists.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to: .svg or .png.")
    ] = None,
    data_dir: DataDir = None,
    data_file: DataFile = None,
    runs_dir: RunsDir = None,
) -> None:
    """Draw one picture of a finished run and print its file."""
    from nnlab.cli.plot import plot as run_plot

    run_plot(run, kind, output=output, data_dir=data_dir, data_file=data_file, runs_dir=runs_dir)


for command in (compare, plan, check, bench, gradcheck, graph):
    app.command()(command)
