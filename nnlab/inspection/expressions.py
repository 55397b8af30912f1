"""Expressions such as ``(1 - log(1 + exp(theta)))**2``: parsed, checked and evaluated.

Nothing is evaluated as Python: the text is parsed to a syntax tree, every node is checked against
an allowlist, and the tree is evaluated here.
"""

from __future__ import annotations

import ast
import keyword
import math
import operator
import re
import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NoReturn

import torch
from torch import Tensor

from nnlab.config.messages import (
    ConfigProblems,
    Location,
    Problem,
    SourceText,
    format_value,
)
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

MAX_LENGTH = 500
MAX_DEPTH = 60
MAX_VARIABLES = 20
MAX_NUMBER = 1e100
MAX_EXPONENT = 1000

OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
}
FUNCTIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "exp": torch.exp,
    "log": torch.log,
    "sqrt": torch.sqrt,
    "sin": torch.sin,
    "cos": torch.cos,
    "tan": torch.tan,
    "sinh": torch.sinh,
    "cosh": torch.cosh,
    "tanh": torch.tanh,
    "sigmoid": torch.sigmoid,
    "abs": torch.abs,
}
CONSTANTS = {"pi": math.pi, "e": math.e}


@dataclass(frozen=True)
class Expression:
    """An expression at a point; see ``read_expression``.

    Attributes:
        text: The expression.
        tree: Its syntax tree.
        point: Value of each variable.
    """

    text: str
    tree: ast.expr
    point: Mapping[str, float]

    def variables(self) -> dict[str, Tensor]:
        """Return new variables ``()`` float64 at the point, by name."""
        return {
            name: torch.tensor(value, dtype=torch.float64, requires_grad=True)
            for name, value in self.point.items()
        }

    def compute(self, variables: Mapping[str, Tensor]) -> Tensor:
        """Return the value ``()`` float64 with its autograd graph.

        Raises:
            ConfigError: If a subexpression is not finite, or an exponent is too large.
        """
        result = self.fold({**FUNCTIONS, **CONSTANTS, **variables}, self._apply)
        if not isinstance(result, Tensor):
            self.fail(f"this does not depend on {' or '.join(self.point)}", self.tree)
        return result

    def fold(self, names: Mapping[str, Any], apply: Callable[..., Any]) -> Any:
        """Evaluate the tree from its leaves to its root.

        Args:
            names: What each function, constant and variable stands for.
            apply: Given a node, its operator or function, and its operands, returns its value.

        Raises:
            ConfigError: If a node is not allowed.
        """

        def visit(node: ast.expr, depth: int) -> Any:
            if depth > MAX_DEPTH:
                self.fail(f"nested deeper than {MAX_DEPTH} levels here", node)
            match node:
                case ast.Constant(value=int() | float() as value) if not isinstance(value, bool):
                    if abs(value) > MAX_NUMBER:
                        self.fail(f"numbers must be at most {MAX_NUMBER:g}", node)
                    return value
                case ast.Name(id=name) if name in CONSTANTS or name in self.point:
                    return names[name]
                case ast.UnaryOp(op=op, operand=operand) if type(op) in OPERATORS:
                    function, operands = OPERATORS[type(op)], [operand]
                case ast.BinOp(op=op, left=left, right=right) if type(op) in OPERATORS:
                    function, operands = OPERATORS[type(op)], [left, right]
                case ast.Call(func=ast.Name(id=name), args=[operand], keywords=[]) if (
                    name in FUNCTIONS
                ):
                    function, operands = names[name], [operand]
                case _:
                    self.fail(f"{self._why_not(node)}; {_allowed(self.point)}", node)
            return apply(node, function, [visit(operand, depth + 1) for operand in operands])

        return visit(self.tree, 0)

    def _apply(
        self, node: ast.expr, function: Callable[..., Tensor], operands: Sequence[float | Tensor]
    ) -> float | Tensor:
        """Evaluate a node; constant subexpressions stay numbers, outside the graph."""
        is_constant = not any(isinstance(operand, Tensor) for operand in operands)
        tensors = [torch.as_tensor(operand, dtype=torch.float64) for operand in operands]
        if function is operator.pow and abs(exponent := tensors[1].item()) > MAX_EXPONENT:
            problem = f"the exponent is {exponent:g}; its magnitude must be at most {MAX_EXPONENT}"
            self.fail(problem, node)
        result = function(*(tensors if is_constant else operands))
        if not result.isfinite():
            self.fail(f"this is {result.item()} here; choose a point where it is finite", node)
        return result.item() if is_constant else result

    def _why_not(self, node: ast.expr) -> str:
        """Return why a node is not allowed."""
        match node:
            case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
                return f"there is no function {name}{did_you_mean(name, FUNCTIONS)}"
            case ast.Name(id=name) if name not in FUNCTIONS:
                return f"{name} has no value{did_you_mean(name, self.point)}: give {name}=..."
            case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
                return f"{name} is a function of one argument: {name}(...)"
            case _:
                return "this is not allowed"

    def fail(self, problem: str, node: ast.expr) -> NoReturn:
        """Raise a ConfigError that points at a node."""
        length = (node.end_col_offset or 0) - node.col_offset
        raise _error(self.text, node.col_offset, length, problem)


def read_expression(text: str, words: Sequence[str]) -> Expression:
    """Return an expression that can be evaluated at a point.

    Args:
        text: The expression.
        words: The point: ``name=value`` for every variable.

    Raises:
        ConfigError: If either is invalid, with the location.
    """
    text = text.strip()
    point = _read_point(words)
    expression = Expression(text, _parse(text, point), point)
    expression.compute(expression.variables())
    return expression


def _parse(text: str, names: Collection[str]) -> ast.expr:
    if not 0 < len(text) <= MAX_LENGTH:
        msg = f"--expr: an expression has 1 to {MAX_LENGTH} characters, not {len(text)}"
        raise ConfigError(msg)
    if strange := re.search(r"[^A-Za-z0-9_+\-*/(). ]", text):
        hint = ": use ** for powers" if strange[0] == "^" else ""
        problem = f"{format_value(strange[0])} is not allowed{hint}; {_allowed(names)}"
        raise _error(text, strange.start(), 1, problem)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
        # Python reports offset 0 for the end.
        column = getattr(error, "offset", None) or len(text)
        problem = f"cannot be parsed from here on; {_allowed(names)}"
        raise _error(text, column - 1, 1, problem) from error


def _allowed(names: Collection[str]) -> str:
    return (
        f"allowed: numbers, + - * / **, parentheses, the variables {', '.join(names)}, the "
        f"constants {', '.join(CONSTANTS)}, and the functions {', '.join(FUNCTIONS)}"
    )


def _error(text: str, start: int, length: int, problem: str) -> ConfigError:
    location = Location(SourceText("--expr", text), 0, start, length)
    return ConfigProblems([Problem((), problem, location)])


def _read_point(words: Sequence[str]) -> dict[str, float]:
    if not 0 < len(words) <= MAX_VARIABLES:
        msg = f"--expr needs 1 to {MAX_VARIABLES} words like theta=1, not {len(words)}"
        raise ConfigError(msg)
    point: dict[str, float] = {}
    for word in words:
        name, _, text = word.partition("=")
        if problem := _problem_with(name, text, point):
            place = Location(SourceText(word, word, is_argument=True), 0, 0)
            raise ConfigProblems([Problem((), problem, place)])
        point[name] = float(text)
    return point


def _problem_with(name: str, text: str, taken: Collection[str]) -> str | None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,30}", name) or keyword.iskeyword(name):
        return "should look like theta=1: a name of letters, digits and _, then a number"
    if name in {*taken, *CONSTANTS, *FUNCTIONS}:
        return f"{name} is already defined; choose another name"
    try:
        is_number = abs(float(text)) <= MAX_NUMBER
    except ValueError:
        is_number = False
    return (
        None
        if is_number
        else f"{format_value(text)} is not a number of magnitude at most {MAX_NUMBER:g}"
    )
