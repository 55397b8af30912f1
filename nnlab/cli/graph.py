"""nnlab graph."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from nnlab import api, console
from nnlab.errors import ConfigError
from nnlab.inspection.backward_graph import has_graphviz, to_dot, to_svg
from nnlab.inspection.expressions import read_expression
from nnlab.inspection.gradients import LossAtInit
from nnlab.storage import folders
from nnlab.storage.atomic import write_atomic
from nnlab.training.runtime import deterministic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.inspection.expressions import Expression


def graph(
    words: Sequence[str], *, expression: str | None, output: Path | None, data_dir: str | None
) -> None:
    """Draw the backward functions of an experiment's loss, or of an expression, to a file.

    Args:
        words: The experiment and its overrides; with an expression, ``name=value`` words.
        expression: What to draw the graph of instead of a loss.
        output: Where to: ``.svg`` or ``.dot``; default: the former where Graphviz is installed.
        data_dir: Folder of installed data.
    """
    if output is not None and output.suffix not in {".svg", ".dot"}:
        msg = f"-o {output}: a graph is written to a name that ends in .svg or .dot"
        raise ConfigError(msg)
    if expression is not None:
        name, dot = "expression", _of_expression(read_expression(expression, words))
    elif words:
        name, dot = _of_experiment(words[0], words[1:], data_dir)
    else:
        msg = "which experiment? give a config file, a bundled experiment, or --expr"
        raise ConfigError(msg)
    path = output or Path(f"{name}-graph.{'svg' if has_graphviz() else 'dot'}")
    write_atomic(path, to_svg(dot) if path.suffix == ".svg" else dot.encode())
    console.say(str(path))


def _of_expression(expression: Expression) -> str:
    variables = expression.variables()
    return to_dot(expression.compute(variables), variables, expression.text)


def _of_experiment(config: str, overrides: Sequence[str], data_dir: str | None) -> tuple[str, str]:
    experiment = api.as_config(config, overrides)
    with deterministic():
        at_init = LossAtInit.load(experiment, folders.data_dir(data_dir))
        model = at_init.model()
        loss = at_init.loss(model)
    title = f"{experiment.name}: the loss"
    return experiment.name, to_dot(loss, dict(model.named_parameters()), title)
