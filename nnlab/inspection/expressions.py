"""Expressions such as ``(1 - log(1 + exp(theta)))**2``: read, computed and differentiated.

Nothing is evaluated as Python: the text is parsed to a syntax tree, whose nodes have to be on a
list, and what they stand for is computed here, once with tensors and once with symbols.
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
    from collections.abc import Callable, Mapping, Sequence

MAX_LENGTH = 500
MAX_DEPTH = 60
MAX_VARIABLES = 20
MAX_NUMBER = 1e100
MAX_EXPONENT = 1000
MAX_BITS = 2000

OPERATORS: dict[str, Callable[..., Any]] = {
    "Add": operator.add,
    "Sub": operator.sub,
    "Mult": operator.mul,
    "Div": operator.truediv,
    "Pow": operator.pow,
    "USub": operator.neg,
}
# Each derivative at z, in terms of f, the functions by name.
DERIVATIVES: dict[str, Callable[[Any, Any], Any]] = {
    "exp": lambda f, z: f["exp"](z),
    "log": lambda _, z: 1 / z,
    "sqrt": lambda f, z: 1 / (2 * f["sqrt"](z)),
    "sin": lambda f, z: f["cos"](z),
    "cos": lambda f, z: -f["sin"](z),
    "tan": lambda f, z: 1 + f["tan"](z) ** 2,
    "sinh": lambda f, z: f["cosh"](z),
    "cosh": lambda f, z: f["sinh"](z),
    "tanh": lambda f, z: 1 - f["tanh"](z) ** 2,
    "sigmoid": lambda f, z: f["sigmoid"](z) * (1 - f["sigmoid"](z)),
    "abs": lambda f, z: f["sign"](z),
    "sign": lambda _, z: 0 * z,
}
IN_FORMULAS: dict[str, Callable[..., Tensor]] = {
    "Add": lambda *terms: torch.stack(terms).sum(),
    "Mul": lambda *factors: torch.stack(factors).prod(),
    "Pow": torch.pow,
    **{name: getattr(torch, name) for name in DERIVATIVES},
}
FUNCTIONS = {name: IN_FORMULAS[name] for name in DERIVATIVES if name != "sign"}
CONSTANTS = {"pi": math.pi, "e": math.e}

Place = tuple[int, int]


@dataclass(frozen=True)
class Node:
    """A part of an expression.

    Attributes:
        kind: ``number``, ``name``, or a key of ``OPERATORS`` or ``FUNCTIONS``.
        args: What the operator or function is of.
        place: Where the part begins in the text, and how long it is.
        value: What it is at the point: a tensor ``()`` float64 where it depends on a variable.
        name: Name of the variable or constant.
    """

    kind: str
    args: Sequence[Node]
    place: Place
    value: float | Tensor
    name: str = ""


class Expression:
    """An expression, computed at a point.

    Args:
        text: The expression.
        words: The point: ``name=value`` for every variable.

    Attributes:
        variables: The variables ``()`` float64, by name.
        root: The whole expression.
        result: Its value ``()`` float64, with the graph of how it was computed.

    Raises:
        ConfigError: If either cannot be used, with what is wrong and where.
    """

    def __init__(self, text: str, words: Sequence[str]) -> None:
        self.text = text.strip()
        self.variables = _read_point(words)
        self.root = self._read(self._parse(), 0)
        if not isinstance(self.root.value, Tensor):
            self.fail(f"depends on none of {', '.join(self.variables)}", self.root.place)
        self.result = self.root.value

    def fail(self, problem: str, place: Place) -> NoReturn:
        """Raise a ConfigError that points to a place in the text."""
        start, length = place
        location = Location(SourceText("--expr", self.text), 0, start, length)
        raise ConfigProblems([Problem((), problem, location)])

    def _refuse(self, problem: str, place: Place) -> NoReturn:
        self.fail(
            f"{problem}; allowed are numbers, + - * / **, parentheses, the variables "
            f"{', '.join(self.variables)}, the constants {', '.join(CONSTANTS)}, and the "
            f"functions {', '.join(FUNCTIONS)}",
            place,
        )

    def _parse(self) -> ast.expr:
        if not 0 < len(self.text) <= MAX_LENGTH:
            msg = f"--expr: an expression has 1 to {MAX_LENGTH} characters, not {len(self.text)}"
            raise ConfigError(msg)
        if strange := re.search(r"[^A-Za-z0-9_+\-*/(). ]", self.text):
            hint = ": a power is written **" if strange[0] == "^" else ""
            self._refuse(f"{format_value(strange[0])} is not allowed{hint}", (strange.start(), 1))
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse(self.text, mode="eval").body
        except (SyntaxError, ValueError, MemoryError, RecursionError) as error:
            # Python says 0 for the end.
            column = getattr(error, "offset", None) or len(self.text)
            self._refuse("cannot be read from here on", (column - 1, 1))

    def _read(self, tree: ast.expr, depth: int) -> Node:
        place = tree.col_offset, (tree.end_col_offset or 0) - tree.col_offset
        if depth > MAX_DEPTH:
            self.fail(f"is nested deeper than {MAX_DEPTH} levels here", place)
        inner: list[ast.expr]
        match tree:
            case ast.Constant(value=int() | float() as number) if not isinstance(number, bool):
                if abs(number) > MAX_NUMBER:
                    self.fail(f"a number is at most {MAX_NUMBER:g}", place)
                return Node("number", (), place, float(number))
            case ast.Name(id=name) if name in CONSTANTS:
                return Node("name", (), place, CONSTANTS[name], name)
            case ast.Name(id=name) if name in self.variables:
                return Node("name", (), place, self.variables[name], name)
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                kind, inner = "USub", [operand]
            case ast.BinOp(op=op, left=left, right=right) if type(op).__name__ in OPERATORS:
                kind, inner = type(op).__name__, [left, right]
            case ast.Call(func=ast.Name(id=kind), args=[inside], keywords=[]) if kind in FUNCTIONS:
                inner = [inside]
            case _:
                self._refuse(_why_not(tree, self.variables), place)
        args = [self._read(part, depth + 1) for part in inner]
        return Node(kind, args, place, self._compute(kind, [arg.value for arg in args], place))

    def _compute(self, kind: str, values: list[Any], place: Place) -> float | Tensor:
        if kind == "Pow" and abs(_float(values[1])) > MAX_EXPONENT:
            exponent = f"{_float(values[1]):g}"
            self.fail(f"the exponent is {exponent}; at most {MAX_EXPONENT} in size", place)
        is_constant = not any(isinstance(value, Tensor) for value in values)
        if is_constant:
            values = [torch.tensor(value, dtype=torch.float64) for value in values]
        result: Tensor = (OPERATORS.get(kind) or FUNCTIONS[kind])(*values)
        if not result.isfinite():
            self.fail(f"this is {result.item()} here; choose a point where it is finite", place)
        return result.item() if is_constant else result


def _float(value: float | Tensor) -> float:
    return value.item() if isinstance(value, Tensor) else value


def _why_not(tree: ast.expr, variables: Mapping[str, Tensor]) -> str:
    """Return what is wrong with a node that is not on the list."""
    match tree:
        case ast.Call(func=ast.Name(id=name)) if name not in FUNCTIONS:
            return f"there is no function {name}{did_you_mean(name, FUNCTIONS)}"
        case ast.Name(id=name) if name not in FUNCTIONS:
            return f"{name} has no value{did_you_mean(name, variables)}: give {name}=..."
        case ast.Name(id=name) | ast.Call(func=ast.Name(id=name)):
            return f"{name} is a function of one value: {name}(...)"
        case _:
            return "this is not allowed"


def _read_point(words: Sequence[str]) -> dict[str, Tensor]:
    if not 0 < len(words) <= MAX_VARIABLES:
        msg = f"--expr needs 1 to {MAX_VARIABLES} words like theta=1, not {len(words)}"
        raise ConfigError(msg)
    point: dict[str, Tensor] = {}
    for word in words:
        name, _, text = word.partition("=")
        if problem := _problem_with(name, text, point):
            place = Location(SourceText(word, word, is_argument=True), 0, 0)
            raise ConfigProblems([Problem((), problem, place)])
        point[name] = torch.tensor(float(text), dtype=torch.float64, requires_grad=True)
    return point


def _problem_with(name: str, text: str, taken: Mapping[str, Tensor]) -> str | None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,30}", name) or keyword.iskeyword(name):
        return "should look like theta=1: a name of letters, digits and _, then a number"
    if name in {*taken, *CONSTANTS, *FUNCTIONS}:
        return f"{name} has a meaning already; choose another name"
    try:
        is_number = abs(float(text)) <= MAX_NUMBER
    except ValueError:
        is_number = False
    return (
        None
        if is_number
        else f"{format_value(text)} is no number of at most {MAX_NUMBER:g} in size"
    )


class Formula:
    """An expression as sympy's, to differentiate it.

    Args:
        expression: What it is of.

    Raises:
        ConfigError: If its numbers would take too many digits.
    """

    def __init__(self, expression: Expression) -> None:
        import sympy  # type: ignore[import-untyped] # half a second, and only needed here

        self.sympy: Any = sympy
        self.expression = expression
        self.functions = _functions(sympy)
        self.values = {name: value.item() for name, value in expression.variables.items()}
        self.values |= CONSTANTS
        self.root = self._build(expression.root)

    def derivative(self, name: str) -> tuple[float, str]:
        """Return the value and the text of the derivative by a variable."""
        derivative = self.sympy.diff(self.root, self.sympy.Symbol(name))
        return self._compute(derivative).item(), self.sympy.sstr(derivative, full_prec=False)

    def _build(self, node: Node) -> Any:
        value = _float(node.value)
        if node.kind == "number":
            return self._number(value)
        if node.kind == "name":
            return self.sympy.Symbol(node.name)
        args = [self._build(arg) for arg in node.args]
        if node.kind == "Pow":
            self._limit_power(args[0], node)
        part = (OPERATORS.get(node.kind) or self.functions[node.kind])(*args)
        if isinstance(node.value, Tensor) and part.is_Number:  # the variables have cancelled
            return self._number(value)
        if part.is_number and not part.is_Number:  # irrational: sympy would look into it
            start, length = node.place
            text = f"({self.expression.text[start : start + length]})"
            self.values[text] = value
            return self.sympy.Symbol(text)
        return part

    def _number(self, value: float) -> Any:
        is_exact = value.is_integer() and abs(value) < 2**53
        return self.sympy.Integer(int(value)) if is_exact else self.sympy.Float(value)

    def _limit_power(self, base: Any, node: Node) -> None:
        """Refuse a power that would make exact numbers explode."""
        fractions = base.atoms(self.sympy.Rational)
        bits = sum(number.p.bit_length() + number.q.bit_length() for number in fractions)
        if bits * max(1.0, abs(_float(node.args[1].value))) > MAX_BITS:
            self.expression.fail("the numbers in this power are too large", node.place)

    def _compute(self, part: Any) -> Tensor:
        """Return the value ``()`` of what sympy made; nan for what no real number is."""
        if not part.args:
            number = part if part.is_real else self.values.get(str(part), math.nan)
            return torch.tensor(float(number), dtype=torch.float64)
        args = [self._compute(arg) for arg in part.args]
        name = part.func.__name__
        return IN_FORMULAS[name](*args) if name in IN_FORMULAS else math.nan * args[0]


def _functions(sympy: Any) -> dict[str, Any]:
    """Return functions of which sympy knows the derivative and nothing else.

    What it knows of its own functions it tries on every part of a formula, for hours if need be.
    """
    made: dict[str, Any] = {}

    def make(name: str, derivative: Callable[[Any, Any], Any]) -> Any:
        prime = {"fdiff": lambda self, _=1: derivative(made, self.args[0]), "is_number": False}
        return type(name, (sympy.Function,), prime)

    made |= {name: make(name, derivative) for name, derivative in DERIVATIVES.items()}
    return made
