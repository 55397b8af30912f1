"""Expressions: what is allowed, what they are worth, and that nothing else gets through."""

from __future__ import annotations

import builtins
import math
import re
import time
import warnings

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from nnlab.errors import ConfigError
from nnlab.inspection.derivatives import derivatives
from nnlab.inspection.expressions import CONSTANTS, FUNCTIONS, read_expression


def refusal(text: str, *words: str) -> str:
    with pytest.raises(ConfigError) as error:
        derivatives(read_expression(text, words or ["x=1", "y=2"]))
    return str(error.value)


def test_nothing_is_warned_of() -> None:
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        refusal("0x1for x in x")
    assert found == []


@pytest.mark.parametrize(
    ("text", "column", "said"),
    [
        ("x.real", 1, "this is not allowed"),
        ("1 + x.__class__.__bases__", 5, "this is not allowed"),
        ("2 * open(x)", 5, "there is no function open"),
        ("__import__(x)", 1, "there is no function __import__"),
        ("eval(x)", 1, "there is no function eval"),
        ("exq(x)", 1, "did you mean 'exp'?"),
        ("x + [x for x in x]", 5, '"[" is not allowed'),
        ("(x for x in x)", 1, "this is not allowed"),
        ("lambda: x", 7, '":" is not allowed'),
        ("x + 'a'", 5, '"\'" is not allowed'),
        ('"x"', 1, "is not allowed"),
        ("x; x", 2, '";" is not allowed'),
        ("x\nx", 2, "is not allowed"),
        ("x ^ 2", 3, "use ** for powers"),
        ("x # y", 3, '"#" is not allowed'),
        ("x if x else y", 1, "this is not allowed"),
        ("x and y", 1, "this is not allowed"),
        ("not x", 1, "this is not allowed"),
        ("(yield)", 2, "this is not allowed"),
        ("(await x)", 2, "this is not allowed"),
        ("x is y", 1, "this is not allowed"),
        ("x // y", 1, "this is not allowed"),
        ("+x", 1, "this is not allowed"),
        ("True * x", 1, "this is not allowed"),
        ("None", 1, "this is not allowed"),
        ("... * x", 1, "this is not allowed"),
        ("x * 2j", 5, "this is not allowed"),
        ("x()", 1, "there is no function x"),
        ("exp(x)(y)", 1, "this is not allowed"),
        ("exp(*x)", 5, "this is not allowed"),
        ("exp()", 1, "exp is a function of one argument"),
        ("exp(x, y)", 6, '"," is not allowed'),
        ("exp(**x)", 1, "exp is a function of one argument"),
        ("x + exp", 5, "exp is a function of one argument"),
        ("x + z", 5, "z has no value: give z=..."),
        ("x + 1e999", 5, "numbers must be at most 1e+100"),
        ("x + 9**9**9", 5, "the exponent is 3.8742e+08; its magnitude must be at most 1000"),
        ("9**9**9**9**x", 4, "the exponent is"),
        ("x**1001", 1, "the exponent is 1001"),
        ("x + log(0)", 5, "this is -inf here"),
        ("x + sqrt(0-x)", 5, "this is nan here"),
        ("x / (x - x)", 1, "choose a point where it is finite"),
        ("sqrt(x - 1)", 1, "the derivative with respect to x is inf"),
        ("1 + 2", 1, "this does not depend on x or y"),
        ("-" * 200 + "x", 62, "nested deeper than 60 levels"),
    ],
)
def test_what_is_not_on_the_list_is_refused_with_its_place(
    text: str, column: int, said: str
) -> None:
    message = refusal(text)
    assert said in message
    assert message.startswith(f"--expr:1:{column}: "), message


@pytest.mark.parametrize(
    "text", ["x +", "(x", "x)", "x y", "3x", "exp(x", "1.2.3", "0123 * x", "(" * 300 + ")" * 100]
)
def test_what_python_cannot_parse_is_refused(text: str) -> None:
    assert re.match(r"--expr:1:[1-9]\d*: cannot be parsed from here on; allowed: ", refusal(text))


def test_a_refusal_says_what_is_allowed() -> None:
    message = refusal("x.real")
    assert "the variables x, y, the constants pi, e, and the functions exp, log, sqrt" in message
    assert "1 | x.real\n      | ^^^^^^" in message


@pytest.mark.parametrize("text", ["", "   ", "x" + " + x" * 125])
def test_an_expression_has_1_to_500_characters(text: str) -> None:
    assert "an expression has 1 to 500 characters" in refusal(text)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "1 to 20 words like theta=1, not 0"),
        ([f"x{i}=1" for i in range(21)], "not 21"),
        (["spiral_mlp"], "argument 'spiral_mlp': \"\" is not a number"),
        (["x=1", "x=2"], "argument 'x=2': x is already defined"),
        (["pi=3"], "pi is already defined"),
        (["exp=3"], "exp is already defined"),
        (["x=nan"], '"nan" is not a number'),
        (["x=inf"], '"inf" is not a number'),
        (["x=1e101"], '"1e101" is not a number of magnitude at most 1e+100'),
        (["x=__import__('os')"], "is not a number"),
        (["x.y=1"], "argument 'x.y=1': should look like theta=1"),
        (["lambda=1"], "should look like theta=1"),
        (["=1"], "should look like theta=1"),
        (["\u03b8=1"], "should look like theta=1"),
    ],
)
def test_a_point_that_cannot_be_used(words: list[str], said: str) -> None:
    with pytest.raises(ConfigError) as error:
        read_expression("x", words)
    assert said in str(error.value)


def test_nothing_is_evaluated_as_python(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise AssertionError("evaluated as Python")

    text = "x ** 2.5 * sigmoid(x) + tan(x) / e"
    derivatives(read_expression(text, ["x=1"]))  # sympy imports what it needs, which is an exec
    monkeypatch.setattr(builtins, "eval", refuse)
    monkeypatch.setattr(builtins, "exec", refuse)
    rows = derivatives(read_expression(text, ["x=2"]))
    assert rows[0].difference < 1e-12


pieces = [*"xyz0129()()+-*/.,", "**", "**", "0.5", "1e99", "12345678901", "lambda", "if", "1j"]
words_of_expressions = st.sampled_from([*FUNCTIONS, *CONSTANTS, *pieces, " "])
junk = st.one_of(
    st.text(st.characters(), max_size=80),
    st.text("x0129().+-*/ e_", max_size=500),
    st.lists(words_of_expressions, max_size=150).map("".join),
)
parts = st.recursive(
    st.sampled_from(["x", "y", "2", "3", "0.5", "pi", "e", "7", "100", "12345678"]),
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(list(FUNCTIONS)), inner).map(lambda t: f"{t[0]}({t[1]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/", "**"]), inner).map(
            lambda t: f"({t[0]}){t[1]}({t[2]})"
        ),
        inner.map("-{}".format),
    ),
    max_leaves=25,
)


@settings(deadline=None, max_examples=400, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(junk, parts))
@example(text="9**" * 100 + "9")
@example(text="((((x*7)**1000)**1000)**1000)**1000")
@example(text="((x/y)*0.001)**tanh(((y/0.5**y))**(100*(3+1)))")
@example(text="(sinh(7)+0.5/7)/cosh(x**100)")
@example(text="(x**y-e)*(x*3)**(7**3+(3+y)*(0*12345678))")
@example(text="(1000000001/1000000000)**((x+999)-x)")
@example(text="2**2**exp((x+700)-x)")
@example(text="x**" * 55 + "x")
@example(text="sin(" * 58 + "x" + ")" * 58)
@example(text="(" * 150 + "x" + ")" * 150)
@example(text="-" * 499 + "x")
@example(text="~" * 500)
@example(text="0x1for x in x")
def test_any_text_is_an_expression_or_an_error_within_seconds(text: str) -> None:
    start = time.process_time()
    try:
        rows = derivatives(read_expression(text, ["x=0.7", "y=1.3"]))
    except ConfigError:
        rows = []
    # Far above what any text takes, far below what a power or sympy's own search would.
    assert time.process_time() - start < 5
    assert all(math.isfinite(row.autograd) for row in rows)
    assert all(math.isfinite(row.symbolic) for row in rows if row.formula)
