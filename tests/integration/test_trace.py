"""``nnlab trace``: one update with numbers, equal to autograd's."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.testing import assert_allclose

import nnlab
from nnlab.errors import ConfigError, DataError
from nnlab.learners.numpy_mlp import Network
from tests.helpers.command import Command

XOR = ("xor_mlp", "model.hidden_sizes=[3]")


def quantities(trace) -> dict[str, np.ndarray]:
    return {q.name: q.values for _, section in trace.sections for q in section}


def test_the_numbers_of_each_step_are_those_of_its_formula() -> None:
    trace = nnlab.trace(XOR[0], [*XOR[1:], "optimizer={name: sgd, lr: 0.5}"], examples=[7])

    q = quantities(trace)
    assert_allclose(q["z1"], q["a0"] @ q["W1"].T + q["b1"])
    assert_allclose(q["a1"], 1 / (1 + np.exp(-q["z1"])))
    assert_allclose(q["a2"], q["a1"] @ q["W2"].T + q["b2"])
    assert_allclose(q["p"], np.exp(q["a2"]) / np.exp(q["a2"]).sum())
    assert_allclose(q["C"], -np.log((q["p"] * q["y"]).sum(axis=1)))
    assert_allclose(q["delta2"], q["p"] - q["y"])
    assert_allclose(q["delta1"], (q["delta2"] @ q["W2"]) * q["a1"] * (1 - q["a1"]))
    assert_allclose(q["dW1"], q["delta1"].T @ q["a0"])
    assert_allclose(q["db1"], q["delta1"][0])
    assert_allclose(q["W1 new"], q["W1"] - 0.5 * q["dW1"])
    assert trace.loss_after < trace.loss_before == pytest.approx(q["C"][0])


@pytest.mark.parametrize(
    ("words", "examples"),
    [
        pytest.param(XOR, [0], id="adamw by torch"),
        pytest.param(("xor_logistic",), [3], id="logistic, L-BFGS"),
        pytest.param(("regression_mlp", "train.clip_norm=1"), [0, 5, 2], id="mse"),
        pytest.param(("regression_linear", "loss={name: quadratic}"), [1], id="linear regression"),
        pytest.param(("spiral_mlp", "model.output_activation=softmax"), [4, 1], id="two softmaxes"),
        pytest.param(
            ("spiral_mlp", "model.output_activation=sigmoid", "loss={name: quadratic}"),
            [8],
            id="sigmoid and quadratic",
        ),
        pytest.param(
            ("spiral_mlp", "loss={name: cross_entropy, class_weight: [1, 2, 3]}"),
            [0, 1, 2],
            id="class weights",
        ),
        pytest.param(
            ("xor_mlp", "model.dropout=0.5", "optimizer={name: adam, weight_decay: 0.1}"),
            [0],
            id="dropout and decay",
        ),
    ],
)
def test_gradients_and_update_equal_those_of_torch(words: tuple, examples: list[int]) -> None:
    name, *overrides = words

    trace = nnlab.trace(name, overrides, examples=examples)

    assert trace.gradient_difference < 1e-12
    assert trace.update_difference is None or trace.update_difference < 1e-12
    assert trace.examples == examples


def test_a_wrong_gradient_shows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Network, "_through_output", lambda self, a, delta: 2 * delta)

    assert nnlab.trace("spiral_mlp").gradient_difference > 1e-3


def test_what_differs_from_training_is_said(command: Command) -> None:
    shown = command("trace", "regression_linear", "train.clip_norm=null").stdout

    assert "note: lbfgs searches along lines; here is one step of plain sgd instead\n" in shown


def test_the_screen_shows_formula_shape_and_numbers(command: Command) -> None:
    shown = command("trace", *XOR).stdout.splitlines()

    at = shown.index("  z1 = a0 W1^T + b1   [1 x 3]   (weighted inputs)")
    numbers = [float(word) for word in shown[at + 1].strip(" []").split()]
    assert_allclose(
        numbers, quantities(nnlab.trace(XOR[0], XOR[1:]))["z1"][0], rtol=1e-3, atol=1e-3
    )
    assert [line for line in shown if line.endswith("(BP2)")]


def test_many_inputs_do_not_flood_the_screen(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    words = (
        *("dataset={name: random, num_features: 784}", "model.hidden_sizes=[512]"),
        "loss={name: cross_entropy}",
    )

    shown = command("trace", "spiral_mlp", *words).stdout.splitlines()

    assert len(shown) < 110
    assert max(map(len, shown)) <= 80


def test_of_an_image_the_pixels_that_matter_are_shown(command: Command) -> None:
    shown = command("trace", "digits_logistic").stdout.splitlines()

    inputs = quantities(nnlab.trace("digits_logistic"))["a0"][0]
    (line,) = {line for line in shown if line.startswith("    columns ")}
    columns = [int(word.strip(",")) for word in line.split()[1:7]]
    assert line.endswith(" of 64:")
    assert sorted(inputs[columns]) == sorted(inputs)[-6:]


def test_json_has_the_numbers_of_arrays_that_are_not_large(command: Command) -> None:
    found = json.loads(command("trace", *XOR, "--json").stdout)

    (first, *_) = found["sections"][1]["quantities"]
    assert (first["name"], first["shape"]) == ("W1", [3, 2])
    assert np.array(first["values"]).shape == (3, 2)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["digits_cnn"], "digits_cnn cannot be traced: the numpy engine trains logistic and mlp"),
        (
            ["xor_mlp", "--example", "140"],
            "the training split has no example 140: it has 140, 0 to 139",
        ),
        (["xor_mlp", "--example", "1,x"], "--example 1,x: 'x' is not a number"),
        (["xor_mlp", "--example", "0,1,2,3,4,5,6,7,8"], "1 to 8 examples, not 9"),
    ],
)
def test_what_cannot_be_traced_is_refused(command: Command, words: list, message: str) -> None:
    refused = command("trace", *words)

    expected = DataError if "no example" in message else ConfigError
    assert refused.code == expected.exit_code
    assert message in refused.stderr
