"""nnlab graph."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from nnlab import console
from nnlab.cli.options import DataDir, ExpressionText, ExpressionWords, Overwrite
from nnlab.errors import ConfigError
from nnlab.storage.outputs import check_output

if TYPE_CHECKING:
    from torch import Tensor


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
    as_text: Annotated[
        bool,
        typer.Option("--text", help="Print the graph as a tree instead of drawing it."),
    ] = False,
    overwrite: Overwrite = False,
    data_dir: DataDir = None,
) -> None:
    """Draw the autograd graph of a loss.

    Draws the backward functions of an experiment's loss, or of an expression, and prints the
    path of the file. With --text, or without Graphviz and -o, prints them as a tree: each function
    above its next_functions, down to the parameters.

    Example: nnlab graph xor_mlp --text
    """
    from nnlab.inspection.backward_graph import has_graphviz

    _check_output(output, as_text=as_text)
    if expression is not None:
        source = _of_expression(expression, words or [])
    elif words:
        source = _of_experiment(words[0], words[1:], data_dir)
    else:
        msg = "which experiment? give a config file, a bundled experiment, or --expr"
        raise ConfigError(msg)
    if as_text or (output is None and not has_graphviz()):
        _print(source)
    else:
        path = output or Path(f"{source.name}-graph.svg")
        check_output(path, overwrite=overwrite)
        _draw(source, path)


class _Source(NamedTuple):
    """A tensor whose graph is shown, and the tensors that receive its gradients."""

    name: str
    title: str
    root: Tensor
    parameters: dict[str, Tensor]


def _check_output(output: Path | None, *, as_text: bool) -> None:
    if output is not None and as_text:
        msg = f"--text prints the graph; leave out -o {output}"
        raise ConfigError(msg)
    if output is not None and output.suffix not in {".svg", ".dot"}:
        msg = f"-o {output}: the file name must end in .svg or .dot"
        raise ConfigError(msg)


def _of_expression(text: str, words: Sequence[str]) -> _Source:
    from nnlab.inspection.expressions import read_expression

    expression = read_expression(text, words)
    variables = expression.variables()
    return _Source("expression", expression.text, expression.compute(variables), variables)


def _of_experiment(config: str, overrides: Sequence[str], data_dir: str | None) -> _Source:
    from nnlab import api
    from nnlab.inspection.gradients import LossAtInit
    from nnlab.storage.folders import Folders
    from nnlab.training.runtime import deterministic

    experiment = api.as_config(config, overrides)
    with deterministic():
        at_init = LossAtInit.load(experiment, Folders.choose(data_dir=data_dir).data)
        model = at_init.model()
        loss = at_init.loss(model)
    title = f"{experiment.name}: the loss"
    return _Source(experiment.name, title, loss, dict(model.named_parameters()))


def _print(source: _Source) -> None:
    from nnlab.inspection.backward_graph import to_text

    console.print_line(f"{source.title} = {source.root.item():.13g}")
    console.print_line(to_text(source.root, source.parameters))


def _draw(source: _Source, path: Path) -> None:
    from nnlab.inspection.backward_graph import to_dot, to_svg
    from nnlab.storage.atomic import write_atomic
    from nnlab.storage.outputs import MARK

    dot = to_dot(source.root, source.parameters, source.title)
    is_svg = path.suffix == ".svg"
    content = to_svg(dot) + f"<!-- {MARK} -->\n".encode() if is_svg else dot.encode()
    write_atomic(path, content)
    console.print_line(str(path))
