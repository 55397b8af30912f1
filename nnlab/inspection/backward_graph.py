"""The graph of autograd's backward functions, as a tree of text or in Graphviz's DOT language."""

from __future__ import annotations

import shutil
import subprocess
from collections import Counter
from typing import TYPE_CHECKING, Any

from torch.autograd.graph import get_gradient_edge

from nnlab.errors import ConfigError
from nnlab.storage.outputs import MARK

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

TIMEOUT_SECONDS = 60
# A branch of the tree, and what continues below it.
MIDDLE, LAST = ("\u251c\u2500 ", "\u2502  "), ("\u2514\u2500 ", "   ")


def to_dot(root: Tensor, parameters: Mapping[str, Tensor], title: str) -> str:
    """Return the graph in the DOT language; its edges follow the backward pass.

    Args:
        root: Tensor on which ``backward`` would be called.
        parameters: Tensors that receive gradients, by name.
        title: Line above the graph.
    """
    names = _names(parameters)
    numbers, ends = _walk(root)
    edges = [f"  n{numbers[start]} -> n{numbers[end]};" for start, end in ends]
    nodes = [f"  n{number} [{_attributes(node, names)}];" for node, number in numbers.items()]
    head = [
        f"// {MARK}",
        "digraph backward {",
        f"  label={_quoted(title)};",
        "  labelloc=t;",
        "  node [shape=box];",
    ]
    return "\n".join([*head, *nodes, *edges, "}"]) + "\n"


def to_text(root: Tensor, parameters: Mapping[str, Tensor]) -> str:
    """Return the graph as a tree, each function above its ``next_functions``.

    A function that is reached twice has a number, and its own tree only at the first place.

    Args:
        root: Tensor on which ``backward`` would be called.
        parameters: Tensors that receive gradients, by name.
    """
    names = _names(parameters)
    numbers, ends = _walk(root)
    times = Counter(end for _, end in ends)
    shared = [node for node in numbers if times[node] > 1 and node.next_functions]
    seen, lines = set(), []
    stack = [(next(iter(numbers)), "", "")]  # a node, and what precedes it and those below it
    while stack:
        node, before, below = stack.pop()
        text = "  ".join(_label(node, names))
        number = f" #{shared.index(node) + 1}" if node in shared else ""
        is_again = bool(number) and node in seen
        lines.append(f"{before}{text}{number}{', see above' if is_again else ''}")
        if is_again:
            continue
        seen.add(node)
        followers = [follower for follower, _ in node.next_functions if follower is not None]
        for i, follower in reversed(list(enumerate(followers))):
            branch, trunk = LAST if i == len(followers) - 1 else MIDDLE
            stack.append((follower, below + branch, below + trunk))
    return "\n".join(lines)


def _names(parameters: Mapping[str, Tensor]) -> dict[int, str]:
    return {id(parameter): name for name, parameter in parameters.items()}


def _walk(root: Tensor) -> tuple[dict[Any, int], list[tuple[Any, Any]]]:
    """Return the numbers of the functions and the edges between them.

    Breadth first: functions are numbered when first reached, and visited in that order.
    """
    first: Any = get_gradient_edge(root).node
    numbers, edges = {first: 0}, []
    queue = [first]
    for node in queue:
        for next_node, _ in node.next_functions:
            if next_node is None:  # no gradient flows there
                continue
            if next_node not in numbers:
                numbers[next_node] = len(numbers)
                queue.append(next_node)
            edges.append((node, next_node))
    return numbers, edges


def _label(node: Any, names: Mapping[int, str]) -> list[str]:
    """Return the name of a function; of a leaf also the name and shape of its parameter."""
    label = node.name().rpartition("::")[2]
    variable = getattr(node, "variable", None)
    if variable is None:
        return [label]
    return [label, f"{names.get(id(variable), '')} {tuple(variable.shape)}"]


def _attributes(node: Any, names: Mapping[int, str]) -> str:
    lines = _label(node, names)
    color = ", style=filled, fillcolor=lightblue" if len(lines) > 1 else ""
    return f"label={_quoted(chr(10).join(lines))}{color}"


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
    advice = "print the graph as text instead, with --text"
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
