"""Expressions: what is allowed, what they are worth, and that nothing else gets through."""

from __future__ import annotations

import math

import pytest
import sympy  # so that its import is not part of the times below
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnlab.errors import ConfigError
from nnlab.inspection.derivatives import Derivative, derivatives
from nnlab.inspection.expressions import CONSTANTS, FUNCTIONS, read_expression

D6 = "(1 - log(1 + exp(theta)))**2"


def value_of(text: str, *words: str) -> float:
    expression = read_expression(text, words)
    return expression.compute(expression.variables()).item()


def by(text: str, *words: str) -> dict[str, Derivative]:
    return {row.variable: row for row in derivatives(read_expression(text, words))}


def test_d6_has_the_value_and_the_derivative_of_the_hand_calculation() -> None:
    row = by(D6, "theta=1")["theta"]
    by_hand = -2 * (1 - math.log(1 + math.e)) * math.e / (1 + math.e)
    assert value_of(D6, "theta=1") == pytest.approx(0.0981328848667647, rel=1e-12)
    assert abs(row.autograd - 0.4580252880326) < 1e-12
    assert abs(row.autograd - by_hand) < 1e-12
    assert abs(row.symbolic - by_hand) < 1e-12
    assert row.difference < 1e-12
    formula = sympy.sympify(row.formula)
    theta = sympy.Symbol("theta")
    assert sympy.simplify(formula - sympy.sympify(D6).diff(theta)) == 0


@pytest.mark.parametrize(
    ("text", "value", "slope"),
    [
        ("x + 3", 3.7, 1),
        ("3 - x", 2.3, -1),
        ("x * x", 0.49, 1.4),
        ("2 / x", 2 / 0.7, -2 / 0.49),
        ("-x", -0.7, -1),
        ("x ** 3", 0.343, 3 * 0.49),
        ("-x ** 2", -0.49, -1.4),
        ("2 ** 3 ** x", 2 ** (3**0.7), 2 ** (3**0.7) * math.log(2) * 3**0.7 * math.log(3)),
        ("x ** 0.5", 0.7**0.5, 0.5 * 0.7**-0.5),
        ("x ** x", 0.7**0.7, 0.7**0.7 * (math.log(0.7) + 1)),
        ("pi * x + e", 0.7 * math.pi + math.e, math.pi),
        ("e ** x", math.exp(0.7), math.exp(0.7)),
        ("2 ** (1/2) * x", 0.7 * math.sqrt(2), math.sqrt(2)),
        ("1e-3 * x - .5", 7e-4 - 0.5, 1e-3),
        ("exp(x)", math.exp(0.7), math.exp(0.7)),
        ("log(x)", math.log(0.7), 1 / 0.7),
        ("sqrt(x)", math.sqrt(0.7), 0.5 / math.sqrt(0.7)),
        ("sin(x)", math.sin(0.7), math.cos(0.7)),
        ("cos(x)", math.cos(0.7), -math.sin(0.7)),
        ("tan(x)", math.tan(0.7), 1 / math.cos(0.7) ** 2),
        ("sinh(x)", math.sinh(0.7), math.cosh(0.7)),
        ("cosh(x)", math.cosh(0.7), math.sinh(0.7)),
        ("tanh(x)", math.tanh(0.7), 1 / math.cosh(0.7) ** 2),
        ("sigmoid(x)", 1 / (1 + math.exp(-0.7)), math.exp(-0.7) / (1 + math.exp(-0.7)) ** 2),
        ("abs(-3 * x)", 2.1, 3),
        ("abs(log(x))", -math.log(0.7), -1 / 0.7),
        ("x - x", 0, 0),
        ("((x - x) + 9) ** 2 + x", 81.7, 1),
        ("  x", 0.7, 1),
    ],
)
def test_value_and_derivatives(text: str, value: float, slope: float) -> None:
    row = by(text, "x=0.7")["x"]
    result = value_of(text, "x=0.7")
    assert result == pytest.approx(value, rel=1e-13, abs=1e-13)
    assert row.autograd == pytest.approx(slope, rel=1e-13)
    # Rounding and curvature leave about ten digits.
    assert row.finite_difference == pytest.approx(slope, rel=1e-8)


def test_every_function_is_tested_above() -> None:
    marker = test_value_and_derivatives.pytestmark[0]
    texts = " ".join(case[0] for case in marker.args[1])
    assert [name for name in [*FUNCTIONS, *CONSTANTS] if name not in texts] == []


def test_there_is_a_derivative_by_every_variable() -> None:
    rows = by("x * y ** 2 - x", "x=2", "y=-3", "z=5")
    assert {name: row.autograd for name, row in rows.items()} == {"x": 8, "y": -12, "z": 0}
    assert {name: row.symbolic for name, row in rows.items()} == {"x": 8, "y": -12, "z": 0}
    assert rows["x"].formula == "y**2 - 1"
    assert rows["y"].at == -3


@pytest.mark.parametrize(
    ("text", "formula"),
    [
        ("x * log(2)", "log(2)"),
        ("x * pi / 3", "pi/3"),
        ("0.5 * x ** 3", "1.5*x**2"),
        ("2 ** x", "2**x*log(2)"),
        ("e ** x", "exp(x)"),
        ("x ** x", "x**x*(log(x) + 1)"),
        ("sin(x * y)", "y*cos(x*y)"),
        ("sigmoid(x)", "exp(-x)/(1 + exp(-x))**2"),
        ("sinh(x) / cosh(x)", "-sinh(x)**2/cosh(x)**2 + 1"),
    ],
)
def test_a_formula_has_the_value_of_autograd(text: str, formula: str) -> None:
    row = by(text, "x=2", "y=3")["x"]
    assert row.formula == formula
    assert row.symbolic == pytest.approx(row.autograd, rel=1e-13)
    assert row.difference < 1e-13


@pytest.mark.parametrize(
    "text",
    [
        "abs(x)",
        "x + 11",
        "x ** (1 / 2)",
        "((x ** 2) ** 2) ** 2 + 2 ** x",
        " + ".join(["x"] * 30),
    ],
)
def test_sympy_is_not_asked_for_what_may_take_long(text: str) -> None:
    row = by(text, "x=2")["x"]
    assert (row.formula, row.symbolic, row.difference) == (None, None, None)
    assert row.finite_difference == pytest.approx(row.autograd, rel=1e-8)
    assert list(row.failures()) == []


def test_variables_that_cancel_cannot_bring_large_numbers() -> None:
    # With tensors the exponent is 0, since x is so large; exactly it is 999999999.
    text = "(1000000001 / 1000000000) ** ((x + 999999999) - x) * x"
    assert by(text, "x=1e80")["x"].formula is None


@pytest.mark.parametrize(
    ("text", "x"),
    [("log(x)", 1e-9), ("exp(x)", 1e-9), ("sin(x)", 1e4), ("exp(x)", 0), ("sqrt(x)", 1e-12)],
)
def test_finite_differences_are_right_for_small_and_large_variables(text: str, x: float) -> None:
    row = by(text, f"x={x}")["x"]
    assert row.finite_difference == pytest.approx(row.autograd, rel=1e-6)


def test_at_the_end_of_an_expression_there_is_no_finite_difference() -> None:
    row = by("sqrt(x - 1)", f"x={1 + 1e-15!r}")["x"]
    assert row.finite_difference is None
    assert list(row.failures()) == []


@pytest.mark.parametrize("distance", [1e-3, 1e-6, 1e-8, 1e-12, 1e-100])
@pytest.mark.parametrize("text", ["abs(x - 1)", "y/(2 + abs(x - 1))", "1e-3*abs(x - 1) + x**2"])
def test_a_kink_next_to_the_point_is_no_failure(text: str, distance: float) -> None:
    for x in (1 + distance, 1 - distance):
        for row in derivatives(read_expression(text + " + 0*y", [f"x={x!r}", "y=1"])):
            assert list(row.failures()) == []


def test_next_to_zero_a_kink_is_no_failure() -> None:
    (row,) = derivatives(read_expression("1/(2 + abs(x))", ["x=1e-8"]))
    assert list(row.failures()) == []
    assert row.finite_difference is None
    (row,) = derivatives(read_expression("1/(2 + abs(x))", ["x=0.5"]))
    assert row.finite_difference == pytest.approx(-0.16)


bounded = st.recursive(
    st.sampled_from(["x", "y", "2", "0.3", "pi"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["sin", "cos", "tanh", "sigmoid"]), inner).map(
            lambda t: f"{t[0]}({t[1]})"
        ),
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(
            lambda t: f"tanh(({t[0]}){t[1]}({t[2]}))"
        ),
        st.tuples(inner, st.integers(1, 4)).map(lambda t: f"tanh({t[0]})**{t[1]}"),
        st.tuples(inner, inner).map(lambda t: f"({t[0]})/(2+abs({t[1]}))"),
    ),
    max_leaves=12,
)


@settings(deadline=None, max_examples=150, suppress_health_check=list(HealthCheck))
@given(text=bounded, x=st.floats(-2, 2), y=st.floats(0.1, 2))
@example(text="(y)/(2+abs(x))", x=1e-8, y=1.0)
def test_autograd_and_finite_differences_agree(text: str, x: float, y: float) -> None:
    try:
        rows = derivatives(read_expression(f"{text} + x", [f"x={x}", f"y={y}"]))
    except ConfigError as error:
        assert "nested deeper" in str(error)  # noqa: PT017
        return
    for row in rows:
        assert list(row.failures()) == []
