"""nnlab graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from nnlab import console
from nnlab.cli.options import DataDir, ExpressionText, ExpressionWords
from nnlab.errors import ConfigError


def graph(
    words: ExpressionWords = None,
    expression: ExpressionText = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--output",
            metavar="FILE",
            help="Output file: .svg, which needs Graphviz, or .dot.",
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Draw the autograd graph of a loss.

    Draws the backward functions of an experiment's loss, or of an expression, and prints the
    path of the file.

    Example: nnlab graph xor_mlp -o xor.dot
    """
    from nnlab.inspection.backward_graph import has_graphviz, to_svg
    from nnlab.storage.atomic import write_atomic

    if output is not None and output.suffix not in {".svg", ".dot"}:
        msg = f"-o {output}: the file name must end in .svg or .dot"
        raise ConfigError(msg)
    if expression is not None:
        name, dot = "expression", _of_expression(expression, words or [])
    elif words:
        name, dot = _of_experiment(words[0], words[1:], data_dir)
    else:
        msg = "which experiment? give a config file, a bundled experiment, or --expr"
        raise ConfigError(msg)
    path = output or Path(f"{name}-graph.{'svg' if has_graphviz() else 'dot'}")
    write_atomic(path, to_svg(dot) if path.suffix == ".svg" else dot.encode())
    console.print_exact(str(path))


def _of_expression(text: str, words: Sequence[str]) -> str:
    from nnlab.inspection.backward_graph import to_dot
    from nnlab.inspection.expressions import read_expression

    expression = read_expression(text, words)
    variables = expression.variables()
    return to_dot(expression.compute(variables), variables, expression.text)


def _of_experiment(config: str, overrides: Sequence[str], data_dir: str | None) -> tuple[str, str]:
    from nnlab import api
    from nnlab.inspection.backward_graph import to_dot
    from nnlab.inspection.gradients import LossAtInit
    from nnlab.storage.folders import Folders
    from nnlab.training.runtime import deterministic

    experiment = api.as_config(config, overrides)
    with deterministic():
        at_init = LossAtInit.load(experiment, Folders.choose(data_dir=data_dir).data)
        model = at_init.model()
        loss = at_init.loss(model)
    title = f"{experiment.name}: the loss"
    return experiment.name, to_dot(loss, dict(model.named_parameters()), title)
