"""The graph of autograd's backward functions, in Graphviz's DOT language."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from torch.autograd.graph import get_gradient_edge

from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

TIMEOUT_SECONDS = 60


def to_dot(root: Tensor, parameters: Mapping[str, Tensor], title: str) -> str:
    """Return the graph in the DOT language; its edges follow the backward pass.

    Args:
        root: Tensor on which ``backward`` would be called.
        parameters: Tensors that receive gradients, by name.
        title: Line above the graph.
    """
    names = {id(parameter): name for name, parameter in parameters.items()}
    first: Any = get_gradient_edge(root).node
    # Breadth first: nodes are numbered when first reached, and visited in that order.
    numbers, edges = {first: 0}, []
    queue = [first]
    for node in queue:
        for next_node, _ in node.next_functions:
            if next_node is None:  # no gradient flows there
                continue
            if next_node not in numbers:
                numbers[next_node] = len(numbers)
                queue.append(next_node)
            edges.append(f"  n{numbers[node]} -> n{numbers[next_node]};")
    nodes = [f"  n{number} [{_attributes(node, names)}];" for node, number in numbers.items()]
    head = [
        "digraph backward {",
        f"  label={_quoted(title)};",
        "  labelloc=t;",
        "  node [shape=box];",
    ]
    return "\n".join([*head, *nodes, *edges, "}"]) + "\n"


def _attributes(node: Any, names: Mapping[int, str]) -> str:
    label = node.name().rpartition("::")[2]
    variable = getattr(node, "variable", None)
    if variable is None:
        return f"label={_quoted(label)}"
    name = names.get(id(variable), "")
    text = f"{label}\n{name} {tuple(variable.shape)}"
    return f"label={_quoted(text)}, style=filled, fillcolor=lightblue"


def _quoted(text: str) -> str:
    """Return the text as a string of the DOT language."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{escaped}"'


def has_graphviz() -> bool:
    """Return whether Graphviz's ``dot`` is on the PATH."""
    return shutil.which("dot") is not None


def to_svg(dot: str) -> bytes:
    """Return a graph as an SVG drawn by Graphviz.

    Raises:
        ConfigError: If Graphviz is absent, fails, or takes longer than a minute.
    """
    program = shutil.which("dot")
    advice = "write the graph as text instead, with -o NAME.dot"
    if program is None:
        msg = f"SVG output needs Graphviz, but 'dot' is not on the PATH; install it, or {advice}"
        raise ConfigError(msg)
    try:
        drawn = subprocess.run(
            [program, "-Tsvg"],
            input=dot.encode(),
            capture_output=True,
            check=True,
            timeout=TIMEOUT_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        msg = f"Graphviz took longer than {TIMEOUT_SECONDS} s; {advice}"
        raise ConfigError(msg) from error
    except (subprocess.CalledProcessError, OSError) as error:
        reason = getattr(error, "stderr", b"").decode(errors="replace").strip() or str(error)
        msg = f"Graphviz failed: {reason}; {advice}"
        raise ConfigError(msg) from error
    return drawn.stdout
