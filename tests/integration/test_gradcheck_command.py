from __future__ import annotations

import json

import pytest

from nnlab.cli.gradcheck import gradcheck
from nnlab.errors import CheckFailedError, ConfigError
from nnlab.inspection import expressions
from tests.helpers.command import Command
from tests.integration.test_wrong_gradients import WrongTanh

D6 = "(1 - log(1 + exp(theta)))**2"


def test_d6_on_the_command_line(command: Command) -> None:
    process = command("gradcheck", "--expr", D6, "theta=1")
    assert process.code == 0, process.stderr
    assert process.stdout.startswith(f"{D6} = 0.0981328848667")
    assert process.stdout.count("0.4580252880326") == 2
    assert "d/dtheta = -2*(1 - log(exp(theta) + 1))*exp(theta)/(exp(theta) + 1)" in process.stdout
    printed = command("gradcheck", "theta=1", "--expr", D6, "--json")
    result = json.loads(printed.stdout)
    assert result["value"] == pytest.approx(0.0981328848667647, abs=1e-12)
    (row,) = result["derivatives"]
    assert row["autograd"] == pytest.approx(0.4580252880326, abs=1e-12)
    assert row["difference"] <= 1e-12
    assert row["finite_difference"] == pytest.approx(0.4580252880326, abs=1e-9)


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, ["1", "0.4580252880326", "0.4580252880326", "0.458025288"]),
        (50, ["1", "0.4580253", "0.4580253", "0.4580253"]),
    ],
)
def test_formula_autograd_and_differences_stand_side_by_side(
    width: int, shown: list[str], command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))

    lines = command("gradcheck", "--expr", D6, "theta=1").stdout.splitlines()

    (row,) = [line.split() for line in lines if line.startswith(" theta ")]
    assert row == ["theta", *shown]
    assert max(len(line) for line in lines[:-1]) <= width


def test_derivatives_that_disagree_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(expressions.FUNCTIONS, "tanh", WrongTanh.apply)
    with pytest.raises(CheckFailedError) as error:
        gradcheck(["theta=1"], expression="tanh(theta)", data_dir=None, as_json=False)
    by_formula, by_difference = str(error.value).splitlines()
    assert by_formula.startswith(
        "the derivatives with respect to theta differ by 4.2e-05 (tolerance 1e-12)"
    )
    assert by_difference.startswith(
        "the derivatives with respect to theta differ by 4.2e-05 (tolerance 1e-05)"
    )


@pytest.mark.parametrize(
    ("words", "expression", "said"),
    [
        ([], None, "which experiment?"),
        (["no_such"], None, "there is no file no_such"),
        (["spiral_mlp", "train.batch_size=0"], None, "should be"),
        ([], "x", "needs 1 to 20 words"),
        (["spiral_mlp"], "x", "argument 'spiral_mlp': "),
        (["x=1"], "9**9**9", "the exponent is"),
        (["x=1"], "", "1 to 500 characters"),
    ],
)
def test_unusable_arguments_are_refused(
    words: list[str], expression: str | None, said: str
) -> None:
    with pytest.raises(ConfigError) as error:
        gradcheck(words, expression=expression, data_dir=None, as_json=False)
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ([], "error: which experiment?"),
        (["--expr", "().__class__", "x=1"], "error: --expr:1:1: this is not allowed"),
        (["--expr", "-x'", "x=1"], "is not allowed"),
    ],
)
def test_the_process_ends_with_2_and_a_message(forked: Command, args: list[str], said: str) -> None:
    process = forked("gradcheck", *args)
    assert process.code == 2
    assert said in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
