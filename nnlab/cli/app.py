"""The command line: all commands, in the order a user needs them."""

from __future__ import annotations

from typing import Annotated

import typer

from nnlab.cli.bench import bench
from nnlab.cli.check import check
from nnlab.cli.compare import compare
from nnlab.cli.components import list_components
from nnlab.cli.config import config_app
from nnlab.cli.data import data_app
from nnlab.cli.evaluate import evaluate
from nnlab.cli.explain import explain
from nnlab.cli.export import export
from nnlab.cli.gradcheck import gradcheck
from nnlab.cli.graph import graph
from nnlab.cli.help import add_commands, make_app
from nnlab.cli.plan import plan
from nnlab.cli.plot import plot
from nnlab.cli.predict import predict
from nnlab.cli.report import report
from nnlab.cli.runs import runs_app
from nnlab.cli.show import show
from nnlab.cli.sweep import sweep
from nnlab.cli.trace import trace
from nnlab.cli.train import resume, train
from nnlab.cli.trust import trust
from nnlab.cli.ui import ui
from nnlab.cli.verify import verify

SUMMARY = "A lab for small neural networks: a YAML file is the experiment, a folder the result."

app = make_app(
    SUMMARY,
    name="nnlab",
    epilog="Start with: nnlab train spiral_mlp. Read about a command with: nnlab COMMAND --help.",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
add_commands(
    app,
    {
        "train": train,
        "resume": resume,
        "show": show,
        "list": list_components,
        "help": explain,
        "config": config_app,
        "data": data_app,
    },
    "Experiment",
)
add_commands(
    app,
    {
        "eval": evaluate,
        "predict": predict,
        "report": report,
        "plot": plot,
        "export": export,
        "runs": runs_app,
        "ui": ui,
        "trust": trust,
    },
    "Result",
)
add_commands(
    app,
    {"sweep": sweep, "compare": compare, "plan": plan, "check": check, "verify": verify},
    "Judgement",
)
add_commands(
    app, {"trace": trace, "gradcheck": gradcheck, "graph": graph, "bench": bench}, "Teaching"
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from nnlab import __version__
        from nnlab.console import print_line

        print_line(f"nnlab {__version__}")
        raise typer.Exit


@app.callback(help=SUMMARY)
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    """Handle the options before a command."""
