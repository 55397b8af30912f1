from __future__ import annotations

import math

import pytest
import torch
from torch import nn
from torch.testing import assert_close

from nnlab.models.layers import ACTIVATIONS, Dropout
from nnlab.models.mlp import MLP
from nnlab.training.runtime import seeded

SIZES = (300, 200, 100)  # inputs, hidden units, outputs


def make_mlp(init, activation="relu", **options):
    with seeded(0):
        return MLP(SIZES[0], SIZES[1:2], SIZES[2], activation=activation, init=init, **options)


RELU_GAIN, TANH_GAIN = math.sqrt(2), 5 / 3
DEVIATIONS = {
    "default": ("default", "relu", (1 / math.sqrt(3 * 300), 1 / math.sqrt(3 * 200))),
    "normal": ("normal", "relu", (0.01, 0.01)),
    "xavier-relu": (
        "xavier",
        "relu",
        (RELU_GAIN * math.sqrt(2 / 500), RELU_GAIN * math.sqrt(2 / 300)),
    ),
    "xavier-tanh": (
        "xavier",
        "tanh",
        (TANH_GAIN * math.sqrt(2 / 500), TANH_GAIN * math.sqrt(2 / 300)),
    ),
    "xavier-sigmoid": ("xavier", "sigmoid", (math.sqrt(2 / 500), math.sqrt(2 / 300))),
    "kaiming-relu": ("kaiming", "relu", (RELU_GAIN / math.sqrt(300), RELU_GAIN / math.sqrt(200))),
    "kaiming-identity": ("kaiming", "identity", (1 / math.sqrt(300), 1 / math.sqrt(200))),
}


@pytest.mark.parametrize(
    ("init", "activation", "expected"), DEVIATIONS.values(), ids=DEVIATIONS.keys()
)
def test_initial_weights_have_the_deviation_of_their_scheme(init, activation, expected):
    model = make_mlp(init, activation)

    found = [layer.weight.std().item() for layer in model.layers]

    # Of 20,000 weights or more, the deviation is within 0.5 %; 2 % is four times that.
    assert found == pytest.approx(expected, rel=0.02)
    assert all(abs(layer.weight.mean()) < 0.03 * layer.weight.std() for layer in model.layers)


def test_normal_weights_have_the_requested_deviation():
    model = make_mlp("normal", init_std=0.3)

    found = [layer.weight.std().item() for layer in model.layers]

    assert found == pytest.approx([0.3, 0.3], rel=0.02)


@pytest.mark.parametrize("init", ["xavier", "kaiming", "normal"])
def test_chosen_schemes_set_biases_to_zero(init):
    model = make_mlp(init)

    assert not any(layer.bias.any() for layer in model.layers)


def test_default_scheme_is_torchs():
    model = make_mlp("default")

    with seeded(0):
        expected = [nn.Linear(300, 200), nn.Linear(200, 100)]
    for layer, reference in zip(model.layers, expected, strict=True):
        assert torch.equal(layer.weight, reference.weight)
        assert torch.equal(layer.bias, reference.bias)


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("init", ["xavier", "kaiming"])
def test_every_activation_has_a_gain(init, activation):
    model = make_mlp(init, activation)

    assert all(layer.weight.isfinite().all() for layer in model.layers)
    assert all(layer.weight.std() > 0 for layer in model.layers)


def make_dropout(p, seed=0):
    dropout = Dropout(p).train()
    dropout.generator = torch.Generator().manual_seed(seed)
    return dropout


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_scales_the_rest(p):
    outputs = make_dropout(p)(torch.full((200, 500), 2.0))

    kept = outputs[outputs != 0]
    # 100,000 draws: the deviation of the share is at most 0.0016.
    assert 1 - len(kept) / outputs.numel() == pytest.approx(p, abs=0.007)
    assert_close(kept, torch.full_like(kept, 2 / (1 - p)), rtol=1e-6, atol=0)


def test_dropout_in_evaluation_is_the_identity():
    inputs = torch.rand(10, 10)

    outputs = make_dropout(0.5).eval()(inputs)

    assert outputs is inputs


def test_dropout_of_nothing_is_the_identity():
    inputs = torch.rand(10, 10)

    outputs = make_dropout(0.0)(inputs)

    assert outputs is inputs


def test_dropout_depends_on_its_generator_alone():
    inputs = torch.ones(100)
    with seeded(1):
        first = make_dropout(0.5, seed=7)(inputs)

    with seeded(2):
        second = make_dropout(0.5, seed=7)(inputs)

    assert torch.equal(first, second)
    assert not torch.equal(first, make_dropout(0.5, seed=8)(inputs))


def test_dropout_leaves_its_inputs_alone_and_scales_their_gradient():
    inputs = torch.ones(100, requires_grad=True)

    outputs = make_dropout(0.5)(inputs)
    outputs.sum().backward()

    assert (inputs == 1).all()
    assert torch.equal(inputs.grad, outputs.detach())
