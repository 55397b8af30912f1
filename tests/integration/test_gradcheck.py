"""nnlab gradcheck: gradients that are right are said to be right, and wrong ones wrong."""

from __future__ import annotations

import dataclasses
import json
import math
import sys
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from nnlab import api
from nnlab.cli.gradcheck import gradcheck
from nnlab.errors import CheckFailedError, ConfigError, DivergedError
from nnlab.inspection import expressions, gradients
from nnlab.inspection.gradcheck import ParameterCheck, check_parameters
from nnlab.inspection.gradients import (
    FiniteDifferences,
    LossAtInit,
    gradients_of_autograd,
    gradients_of_learner,
    relative_difference,
    without_dropout,
)
from nnlab.learners.autograd import AutogradLearner
from nnlab.learners.fused import FusedLearner
from nnlab.learners.numpy_mlp import Network
from tests.command import nnlab as nnlab_command

D6 = "(1 - log(1 + exp(theta)))**2"
DENSE = ("autograd", "fused", "numpy")
D4 = [
    "xor_mlp",
    "model.output_activation=sigmoid",
    "loss={name: quadratic}",
    "train.batch_size=full",
]


def point_of(name: str, *overrides: str) -> LossAtInit:
    return LossAtInit.load(
        without_dropout(api.as_config(name, overrides)), Path("no data is needed")
    )


def slopes_of(point: LossAtInit, name: str) -> tuple[float | None, int, int]:
    return FiniteDifferences(point).compare(name, gradients_of_autograd(point)[name], 1e-6)


def result_of(capsys: pytest.CaptureFixture[str], *words: str) -> dict:
    gradcheck(list(words), expression=None, data_dir=None, as_json=True)
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize(
    ("words", "engines"),
    [
        pytest.param(["spiral_mlp"], DENSE, id="spiral_mlp"),
        pytest.param(["xor_mlp"], DENSE, id="xor_mlp"),
        pytest.param(D4, DENSE, id="sigmoid and quadratic"),
        pytest.param(["digits_logistic"], DENSE, id="digits_logistic"),
        pytest.param(["digits_cnn"], ("autograd",), id="digits_cnn"),
        pytest.param(["regression_mlp"], ("autograd", "fused"), id="mse"),
        pytest.param(["spiral_mlp", "model.activation=gelu"], DENSE, id="gelu"),
        pytest.param(["spiral_mlp", "model.activation=leaky_relu"], DENSE, id="leaky_relu"),
        pytest.param(
            ["spiral_mlp", "model.dropout=0.5", "train.clip_norm=1e-3", "train.seeds=3"],
            DENSE,
            id="dropout and clipping",
        ),
        pytest.param(
            ["digits_mlp", "optimizer={name: adamw, weight_decay: 0.5}"], DENSE, id="decay"
        ),
        pytest.param(["spiral_mlp", "train.precision=bf16"], DENSE, id="bf16"),
        pytest.param(
            ["digits_logistic", "optimizer={name: lbfgs, C: 1.0}", "train.batch_size=full"],
            DENSE,
            id="lbfgs",
        ),
    ],
)
def test_the_gradients_of_every_learner_are_right(
    words: list[str], engines: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    result = result_of(capsys, *words)
    assert result["schema_version"] == 1
    assert {*engines, *result["not_checked"]} == set(DENSE)
    assert result["num_examples"] <= 16
    for check in result["parameters"]:
        size = math.prod(check["shape"])
        assert set(check["learners"]) == set(engines)
        assert all(found <= 1e-10 for found in check["learners"].values()), check
        assert check["num_checked"] + check["num_at_kinks"] == min(size, 30)
        assert check["num_checked"] > 0
        assert check["differences"] <= 1e-5, check
    assert max(check["largest"] for check in result["parameters"]) > 1e-3


@pytest.mark.parametrize("engine", DENSE)
def test_a_step_gives_the_gradient_in_all_its_digits(engine: str) -> None:
    point = point_of("digits_mlp", "model.activation=tanh")
    expected = gradients_of_autograd(point)
    for name, found in gradients_of_learner(point, engine).items():
        largest = expected[name].abs().max()
        assert_close(found, expected[name], rtol=1e-11, atol=1e-15 * largest.item())


def test_the_size_of_a_weight_rounds_no_digit_of_its_gradient() -> None:
    point = point_of("digits_mlp", "model.activation=tanh")
    expected = gradients_of_autograd(point)
    for name, found in gradients_of_learner(point, "autograd").items():
        assert_close(found, expected[name], rtol=1e-14, atol=0)


def test_a_finite_difference_is_the_slope_of_the_loss() -> None:
    point = point_of("spiral_mlp", "model.activation=tanh")
    slopes = FiniteDifferences(point)
    gradient = gradients_of_autograd(point)["layers.1.weight"].flatten()
    value, rounding = slopes.slope("layers.1.weight", 17) or (0.0, 0.0)
    assert value == pytest.approx(gradient[17].item(), abs=1e-9)
    assert 0 < rounding < 1e-7
    again = slopes.slope("layers.1.weight", 17)
    assert again == (value, rounding), "the weight was not put back"
    assert slopes_of(point, "layers.1.bias")[0] < 5e-9


def scaled(gradient: torch.Tensor) -> torch.Tensor:
    return gradient.mul_(1 + 1e-6)


def break_fused(patch: pytest.MonkeyPatch) -> None:
    backward = FusedLearner._backward

    def wrong(self, *args):
        backward(self, *args)
        scaled(self.weight_grad[1])

    patch.setattr(FusedLearner, "_backward", wrong)


def break_numpy(patch: pytest.MonkeyPatch) -> None:
    right = Network.loss_and_gradients

    def wrong(self, *args):
        loss, found = right(self, *args)
        found[2] *= 1 + 1e-6
        return loss, found

    patch.setattr(Network, "loss_and_gradients", wrong)


def break_autograd(patch: pytest.MonkeyPatch) -> None:
    backward = AutogradLearner._backward

    def wrong(self, replica, loss):
        backward(self, replica, loss)
        scaled(self.models[replica].layers[1].weight.grad)

    patch.setattr(AutogradLearner, "_backward", wrong)


@pytest.mark.parametrize(
    ("engine", "break_it"),
    [("fused", break_fused), ("numpy", break_numpy), ("autograd", break_autograd)],
)
def test_a_learner_whose_gradient_is_wrong_is_named(
    engine: str, break_it, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    break_it(monkeypatch)
    with pytest.raises(CheckFailedError) as error:
        gradcheck(["spiral_mlp"], expression=None, data_dir=None, as_json=False)
    assert str(error.value) == (
        f"the {engine} learner's gradient of layers.1.weight differs from autograd's by 5e-07 "
        f"(relative; at most 1e-10)"
    )
    assert error.value.exit_code == 8
    assert "layers.1.weight" in capsys.readouterr().out


class WrongTanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx, inputs):
        ctx.save_for_backward(inputs)
        return inputs.tanh()

    @staticmethod
    def backward(ctx, gradient):
        (inputs,) = ctx.saved_tensors
        return gradient * (1 - inputs.tanh() ** 2) * (1 + 1e-4)


def test_finite_differences_find_a_wrong_backward_function(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Wrong(torch.nn.Module):
        def forward(self, inputs):
            return WrongTanh.apply(inputs)

    monkeypatch.setitem(sys.modules["nnlab.models.mlp"].ACTIVATIONS, "tanh", Wrong)
    words = ["spiral_mlp", "model.activation=tanh"]
    with pytest.raises(CheckFailedError) as error:
        gradcheck(words, expression=None, data_dir=None, as_json=True)
    assert "the finite differences' gradient of layers.0.weight differs" in str(error.value)
    assert "layers.1" not in str(error.value)
    result = json.loads(capsys.readouterr().out)
    assert result["parameters"][0]["differences"] == pytest.approx(5e-5, rel=0.1)


def test_the_process_ends_with_8_when_a_gradient_is_wrong() -> None:
    import subprocess

    code = (
        "import sys; from nnlab.learners.fused import FusedLearner as F; "
        "right = F._through_layer; "
        "F._through_layer = lambda s, l, d, b: right(s, l, d.neg(), b); "
        "sys.argv = ['nnlab', 'gradcheck', 'xor_mlp']; "
        "from nnlab.__main__ import main; main()"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert process.returncode == 8
    assert "error: the fused learner's gradient of layers.0.weight differs" in process.stderr
    assert "numpy learner" not in process.stderr


@pytest.mark.parametrize("found", [1.01e-10, math.nan, math.inf])
def test_what_is_not_within_the_tolerance_fails(found: float) -> None:
    check = ParameterCheck("w", (3,), 1.0, {"fused": found}, None, 0, 3)
    assert len(list(check.failures())) == 1
    check = ParameterCheck("w", (3,), 1.0, {"fused": 1e-10}, found * 1e5, 3, 0)
    assert len(list(check.failures())) == 1
    assert not list(ParameterCheck("w", (3,), 1.0, {"fused": 1e-10}, 1e-5, 3, 0).failures())


def test_relative_difference() -> None:
    a, b = torch.tensor([1.0, 0.0, 1e-9, -2.0]), torch.tensor([3.0, 0.0, 0.0, 2.0])
    expected = torch.tensor([0.5, 0.0, 1e-3, 1.0])
    assert_close(relative_difference(a, b, 1e-6), expected)


def test_entries_next_to_a_kink_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A width at which some units cross zero.
    monkeypatch.setattr(gradients, "WIDTHS", (1e-2,))
    point = point_of("spiral_mlp")
    with_care = slopes_of(point, "layers.0.bias")
    monkeypatch.setattr(gradients, "KINKED_AT_ZERO", set())
    without_care = slopes_of(point, "layers.0.bias")
    assert with_care[2] > 0
    assert with_care[1] + with_care[2] == without_care[1] == 30
    assert with_care[0] < 1e-5 < without_care[0]


def test_a_maximum_that_changes_hands_is_a_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradients, "WIDTHS", (1e-3,))
    monkeypatch.setattr(gradients, "KINKED_AT_ZERO", set())
    point = point_of("digits_cnn")
    with_care = slopes_of(point, "block1.0.weight")
    monkeypatch.setattr(gradients, "ARGMAX_OPS", set())
    without_care = slopes_of(point, "block1.0.weight")
    assert with_care[2] > without_care[2] == 0


def test_a_smaller_width_is_tried_next_to_a_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gradients, "WIDTHS", (1e-2, 1e-5))
    assert slopes_of(point_of("spiral_mlp"), "layers.0.bias")[1:] == (30, 0)


def test_units_that_are_zero_leave_nothing_to_check() -> None:
    point = point_of("spiral_mlp", "model.init=kaiming")
    point = dataclasses.replace(point, inputs=torch.zeros_like(point.inputs))
    assert slopes_of(point, "layers.0.bias") == (None, 0, 30)
    assert slopes_of(point, "layers.0.weight") == (0.0, 30, 0)
    (check, *_) = check_parameters(point, ["fused"])
    assert not list(check.failures())


def test_the_same_entries_are_checked_every_time() -> None:
    wide = {"COLUMNS": "200"}
    first, second = (nnlab_command("gradcheck", "spiral_mlp", env=wide) for _ in range(2))
    assert first.returncode == 0
    assert first.stdout == second.stdout
    assert "30 of 200" in first.stdout
    assert first.stderr == ""


def test_a_learner_that_cannot_train_the_experiment_is_said_not_to_be_checked() -> None:
    process = nnlab_command("gradcheck", "digits_cnn")
    assert "numpy: not checked: numpy trains logistic and mlp" in process.stdout
    assert "fused: not checked" in process.stdout
    assert process.returncode == 0


def test_a_loss_that_is_not_finite_has_no_gradient() -> None:
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) at the initial weights"):
        point_of("spiral_mlp", "model.init=normal", "model.init_std=1e300")


def test_d6_on_the_command_line() -> None:
    process = nnlab_command("gradcheck", "--expr", D6, "theta=1")
    assert process.returncode == 0, process.stderr
    assert process.stdout.startswith(f"{D6} = 0.0981328848667")
    assert process.stdout.count("0.4580252880326") == 2
    assert "d/dtheta = -2*(1 - log(exp(theta) + 1))*exp(theta)/(exp(theta) + 1)" in process.stdout
    printed = nnlab_command("gradcheck", "theta=1", "--expr", D6, "--json")
    result = json.loads(printed.stdout)
    assert result["value"] == pytest.approx(0.0981328848667647, abs=1e-12)
    (row,) = result["derivatives"]
    assert row["autograd"] == pytest.approx(0.4580252880326, abs=1e-12)
    assert row["difference"] <= 1e-12
    assert row["finite_difference"] == pytest.approx(0.4580252880326, abs=1e-9)


def test_derivatives_that_disagree_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(expressions.FUNCTIONS, "tanh", WrongTanh.apply)
    with pytest.raises(CheckFailedError) as error:
        gradcheck(["theta=1"], expression="tanh(theta)", data_dir=None, as_json=False)
    by_formula, by_difference = str(error.value).splitlines()
    assert by_formula.startswith("the derivatives by theta differ by 4.2e-05 (at most 1e-12)")
    assert by_difference.startswith("the derivatives by theta differ by 4.2e-05 (at most 1e-05)")


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
def test_what_cannot_be_used_is_refused(
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
def test_the_process_ends_with_2_and_a_message(args: list[str], said: str) -> None:
    process = nnlab_command("gradcheck", *args)
    assert process.returncode == 2
    assert said in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stdout == ""
