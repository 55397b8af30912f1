"""nnlab gradcheck."""

from __future__ import annotations

import dataclasses
import math
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nnlab import console
from nnlab.cli.options import AsJson, DataDir, ExpressionText, ExpressionWords
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.formatting import Column
from nnlab.storage import versions

if TYPE_CHECKING:
    from nnlab.inspection.derivatives import Derivative
    from nnlab.inspection.gradcheck import GradientCheck, ParameterCheck

# Columns that a screen needs for all digits.
WIDE = 72


def gradcheck(
    words: ExpressionWords = None,
    expression: ExpressionText = None,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """Check gradients against autograd.

    Compares the gradients of every learner with autograd's, and autograd's with finite differences.
    With --expr, compares the derivatives of an expression by its formula, by autograd and by finite
    differences. Exits with 8 if they differ.

    Example: nnlab gradcheck xor_mlp
    """
    if expression is not None:
        failures = _check_expression(expression, words or [], as_json=as_json)
    elif words:
        failures = _check_experiment(words[0], words[1:], data_dir, as_json=as_json)
    else:
        msg = "which experiment? give a config file, a bundled experiment, or --expr"
        raise ConfigError(msg)
    if failures:
        raise CheckFailedError("\n".join(failures))


def _check_experiment(
    reference: str, overrides: Sequence[str], data_dir: str | None, *, as_json: bool
) -> list[str]:
    from nnlab import api

    result = api.gradcheck(reference, overrides, data_dir=data_dir)
    if as_json:
        console.print_json(result.to_json())
    else:
        _print_experiment(result)
    return result.failures()


def _print_experiment(result: GradientCheck) -> None:
    from nnlab.inspection.gradcheck import LEARNER_TOLERANCE
    from nnlab.inspection.gradients import DIFFERENCE_TOLERANCE

    console.print_line(
        f"{result.name}: loss {result.loss:.6g} on {result.num_examples} training "
        f"examples, at the initial weights, in float64"
    )
    engines = result.engines
    columns = ["parameter", "shape", "largest", *engines, "differences", "entries", "at kinks"]
    console.print_table(columns, [_cells(check, engines) for check in result.parameters], left=2)
    console.print_line(
        "largest: the largest entry of autograd's gradient. Learners and finite differences: the\n"
        "largest |a - b| / (|a| + |b|) from autograd, with a floor on the denominator."
    )
    console.print_line(
        f"Tolerance: {LEARNER_TOLERANCE:g} for learners and {DIFFERENCE_TOLERANCE:g} for "
        f"finite differences, which skip entries next to a kink."
    )
    for engine, reason in result.not_checked.items():
        console.print_line(f"{engine}: not checked: {reason}")


def _cells(check: ParameterCheck, engines: Sequence[str]) -> list[str]:
    return [
        check.name,
        " x ".join(map(str, check.shape)),
        f"{check.largest:.2g}",
        *(f"{check.learners[engine]:.1e}" for engine in engines),
        "-" if check.differences is None else f"{check.differences:.1e}",
        f"{check.num_checked} of {math.prod(check.shape)}",
        str(check.num_at_kinks),
    ]


def _check_expression(text: str, words: Sequence[str], *, as_json: bool) -> list[str]:
    from nnlab.inspection.derivatives import derivatives
    from nnlab.inspection.expressions import read_expression

    expression = read_expression(text, words)
    rows = derivatives(expression)
    value = expression.compute(expression.variables()).item()
    if as_json:
        derived = [dataclasses.asdict(row) for row in rows]
        result = {"expression": expression.text, "value": value, "derivatives": derived}
        console.print_json({"schema_version": versions.OUTPUT, **result})
    else:
        console.print_line(f"{expression.text} = {value:.13g}")
        _print_derivatives(rows)
    return [failure for row in rows for failure in row.failures()]


def _print_derivatives(rows: Sequence[Derivative]) -> None:
    """Print the derivative by each method side by side, with fewer digits on a narrow screen."""
    is_wide = console.screen_width(sys.stdout) >= WIDE
    digits, numerical = (13, "finite difference") if is_wide else (7, "numerical")
    cells = [
        [
            row.variable,
            f"{row.at:g}",
            "-" if row.symbolic is None else f"{row.symbolic:.{digits}g}",
            f"{row.autograd:.{digits}g}",
            "-" if row.finite_difference is None else f"{row.finite_difference:.{min(digits, 9)}g}",
            "-" if row.difference is None else f"{row.difference:.1e}",
        ]
        for row in rows
    ]
    columns = [Column("variable"), Column("at", 2), Column("formula"), Column("autograd")]
    columns += [Column(numerical), Column("difference", 1)]
    console.print_table(columns, cells)
    for row in rows:
        if row.formula is not None:
            console.print_line(f"d/d{row.variable} = {row.formula}")
