"""The command line of what shows how training works and where its time goes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from nnlab.cli.options import AsJson, Config, DataDir, Device, Overrides


def bench(
    config: Config,
    overrides: Overrides = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="How long to measure.")] = 3.0,
    seeds: Annotated[int | None, typer.Option(help="Replicas to train together.")] = None,
    device: Device = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Say where the time of an experiment goes, and how far that is from its products alone."""
    from nnlab.cli.bench import bench as run_bench

    run_bench(
        config,
        overrides or [],
        seconds=seconds,
        seeds=seeds,
        device=device,
        data_dir=data_dir,
        as_json=json,
    )


Experiment = Annotated[
    str | None, typer.Argument(help="An experiment file or a bundled experiment.")
]
Words = Annotated[
    list[str] | None,
    typer.Argument(help="key.path=value; with --expr the value of each variable, name=value."),
]
Expression = Annotated[
    str | None,
    typer.Option("--expr", metavar="EXPRESSION", help="Such as '(1 - log(1 + exp(theta)))**2'."),
]


def gradcheck(
    config: Experiment = None,
    words: Words = None,
    expression: Expression = None,
    data_dir: DataDir = None,
    json: AsJson = False,
) -> None:
    """Compare the learners' gradients with autograd's, and that with finite differences.

    With --expr, compare the derivatives of an expression by autograd, by finite differences and
    in symbols.
    """
    from nnlab.cli.gradcheck import gradcheck as run_gradcheck

    given = [word for word in (config, *(words or [])) if word is not None]
    run_gradcheck(given, expression=expression, data_dir=data_dir, as_json=json)


def graph(
    config: Experiment = None,
    words: Words = None,
    expression: Expression = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Where to: .svg or .dot.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the backward functions of a loss or of an expression, and print the file."""
    from nnlab.cli.graph import graph as run_graph

    given = [word for word in (config, *(words or [])) if word is not None]
    run_graph(given, expression=expression, output=output, data_dir=data_dir)
