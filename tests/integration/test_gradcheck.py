"""``nnlab gradcheck`` passes right gradients; test_wrong_gradients.py has the wrong ones."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from nnlab import api
from nnlab.cli.gradcheck import gradcheck
from nnlab.errors import DivergedError
from nnlab.inspection import gradients
from nnlab.inspection.gradcheck import ParameterCheck, check_parameters
from nnlab.inspection.gradients import (
    FiniteDifferences,
    LossAtInit,
    gradients_of_autograd,
    gradients_of_learner,
    relative_difference,
    without_dropout,
)
from tests.helpers.command import Command
from tests.helpers.command import nnlab as nnlab_command

DENSE = ("autograd", "fused", "native", "numpy")
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
        pytest.param(["regression_mlp"], DENSE, id="mse"),
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


def test_a_large_weight_does_not_round_its_gradient() -> None:
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


@pytest.mark.parametrize("found", [1.01e-10, math.nan, math.inf])
def test_a_difference_beyond_the_tolerance_fails(found: float) -> None:
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


def test_the_same_entries_are_checked_every_time(forked: Command) -> None:
    """In processes whose hashes differ."""
    first = forked("gradcheck", "spiral_mlp", COLUMNS="200")
    second = nnlab_command("gradcheck", "spiral_mlp", env={"COLUMNS": "200"})
    assert first.code == 0
    assert first.stdout == second.stdout
    assert "30 of 200" in first.stdout
    assert first.stderr == ""


def test_a_learner_that_cannot_train_the_experiment_is_reported_as_unchecked(
    forked: Command,
) -> None:
    process = forked("gradcheck", "digits_cnn")
    assert "numpy: not checked: the numpy engine trains logistic and mlp" in process.stdout
    assert "fused: not checked" in process.stdout
    assert process.code == 0


def test_a_loss_that_is_not_finite_has_no_gradient() -> None:
    with pytest.raises(DivergedError, match=r"the loss is (nan|inf) at the initial weights"):
        point_of("spiral_mlp", "model.init=normal", "model.init_std=1e300")
