"""The derivative of an expression: by autograd, by finite differences and symbolically."""

from __future__ import annotations

import ast
import importlib.util
import math
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch

from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.inspection.expressions import Expression

FORMULA_TOLERANCE = 1e-12
DIFFERENCE_TOLERANCE = 1e-5
# At this width, rounding and truncation errors are about equal: 1e-10 of the derivative.
WIDTH = sys.float_info.epsilon ** (1 / 3)


@dataclass(frozen=True)
class Derivative:
    """The derivative with respect to one variable.

    Attributes:
        variable: Name of the variable.
        at: Its value.
        autograd: Derivative by autograd.
        finite_difference: Central difference, or None if none is usable.
        symbolic: Value of the formula, or None without one.
        formula: By sympy, or None if sympy is not installed or the expression is too large for it.
        difference: Relative difference of autograd and the formula, or None without one.
    """

    variable: str
    at: float
    autograd: float
    finite_difference: float | None
    symbolic: float | None
    formula: str | None
    difference: float | None

    def failures(self) -> Iterator[str]:
        """Yield a message for each value farther from autograd than rounding explains."""
        by_differences = _relative_difference(self.autograd, self.finite_difference)
        for difference, tolerance in (
            (self.difference, FORMULA_TOLERANCE),
            (by_differences, DIFFERENCE_TOLERANCE),
        ):
            if difference is not None and not difference <= tolerance:
                yield (
                    f"the derivatives with respect to {self.variable} differ by {difference:.2g} "
                    f"(tolerance {tolerance:g}); large numbers in an expression lose digits"
                )


def _relative_difference(a: float, b: float | None) -> float | None:
    return None if b is None else abs(a - b) / max(abs(a) + abs(b), 1.0)


def derivatives(expression: Expression) -> list[Derivative]:
    """Return the derivative with respect to every variable.

    Raises:
        ConfigError: If one is not finite.
    """
    variables = expression.variables()
    result = expression.compute(variables)
    gradients = torch.autograd.grad(result, list(variables.values()), materialize_grads=True)
    rows = []
    for name, gradient in zip(variables, gradients, strict=True):
        autograd = gradient.item()
        if not math.isfinite(autograd):
            problem = f"the derivative with respect to {name} is {autograd}"
            expression.fail(f"{problem}; choose a point where it is finite", expression.tree)
        difference = finite_difference(expression, name, autograd)
        symbolic, formula = symbolic_derivative(expression, name)
        to_formula = _relative_difference(autograd, symbolic)
        at = expression.point[name]
        rows.append(Derivative(name, at, autograd, difference, symbolic, formula, to_formula))
    return rows


def finite_difference(expression: Expression, name: str, expected: float) -> float | None:
    """Return the central difference closest to the expected derivative.

    Two widths are tried: one proportional to the variable, for expressions such as log(x) near 0,
    and a fixed one.

    Returns:
        The difference, or None if every width crosses a kink, such as abs(x) has at 0, has a
        rounding error above the tolerance, or reaches values that are not finite.
    """
    widths = [WIDTH * (abs(expression.point[name]) or 1.0), WIDTH]
    quotients = [_central_difference(expression, name, width) for width in widths]
    usable = [quotient for quotient in quotients if quotient is not None]
    return min(usable, key=lambda quotient: abs(quotient - expected), default=None)


def _central_difference(expression: Expression, name: str, width: float) -> float | None:
    at = expression.point[name]
    steps = [at, at + width, at - width, at + width / 2, at - width / 2]
    if len(set(steps)) < len(steps):  # below the spacing of floats there
        return None
    try:
        here, above, below, half_above, half_below = (
            _value_at(expression, name, step) for step in steps
        )
    except ConfigError:  # not finite there
        return None
    quotient = (above - below) / (steps[1] - steps[2])
    rounding = sys.float_info.epsilon * abs(here) / width
    jump = (above - 2 * here + below) / width
    half_jump = 2 * (half_above - 2 * here + half_below) / width
    tolerated = DIFFERENCE_TOLERANCE * max(abs(quotient), 1.0)
    # The slopes on both sides converge as the width shrinks, unless there is a kink between them.
    has_kink = abs(jump) > tolerated and abs(half_jump) > 0.75 * abs(jump)
    return None if has_kink or rounding > tolerated or not math.isfinite(quotient) else quotient


@torch.no_grad()
def _value_at(expression: Expression, name: str, value: float) -> float:
    variables = expression.variables()
    return expression.compute({**variables, name: torch.full_like(variables[name], value)}).item()


def symbolic_derivative(expression: Expression, name: str) -> tuple[float | None, str | None]:
    """Return the value and text of sympy's derivative, or (None, None) if it might take long.

    Sympy tries everything it knows on every part of a formula, for hours if need be.
    """
    if not _is_small(expression.tree) or importlib.util.find_spec("sympy") is None:
        return None, None
    import sympy  # type: ignore[import-untyped] # takes half a second

    symbols = {name: sympy.Symbol(name, real=True) for name in expression.point}
    names = {**vars(sympy), "e": sympy.E, "sigmoid": lambda z: 1 / (1 + sympy.exp(-z)), **symbols}
    formula = expression.fold(names, lambda _, function, operands: function(*operands))
    derivative = sympy.diff(formula, symbols[name])
    at = {symbols[name]: value for name, value in expression.point.items()}
    return float(derivative.evalf(subs=at)), sympy.sstr(derivative, full_prec=False)


def _is_small(tree: ast.expr) -> bool:
    nodes = list(ast.walk(tree))
    powers = [n for n in nodes if isinstance(n, ast.BinOp) and isinstance(n.op, ast.Pow)]
    has_abs = any(isinstance(n, ast.Name) and n.id == "abs" for n in nodes)
    numbers = [n.value for n in nodes if isinstance(n, ast.Constant)]
    has_small_numbers = all(isinstance(n, int | float) and n <= 10 for n in numbers)
    has_small_powers = all(isinstance(n.right, ast.Constant | ast.Name) for n in powers)
    return (
        len(nodes) <= 60
        and len(powers) <= 3
        and has_small_numbers
        and has_small_powers
        and not has_abs
    )
