from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from nnlab.models.mlp import MLP
from nnlab.training.runtime import seeded
from tests.helpers.models import count


def test_mlp_has_as_many_parameters_as_computed_by_hand():
    model = MLP(784, (512, 512), 10)

    assert count(model) == 785 * 512 + 513 * 512 + 513 * 10


def test_mlp_without_hidden_layer_is_linear():
    model = MLP(3, (), 2, activation="relu", dropout=0.5)
    inputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))

    outputs = model(inputs)

    (layer,) = model.layers
    assert torch.equal(outputs, inputs @ layer.weight.T + layer.bias)


def test_mlp_drops_hidden_units_but_not_outputs_in_training():
    model = MLP(3, (1000,), 2, activation="sigmoid", dropout=0.25).train()
    seen = []
    model.layers[1].register_forward_pre_hook(lambda _, args: seen.append(args[0]))

    outputs = model(torch.zeros(1, 3))

    share = (seen[0] == 0).float().mean().item()
    assert share == pytest.approx(0.25, abs=0.06)  # over 4 standard deviations
    assert (outputs != 0).all()


@pytest.mark.parametrize("output_activation", ["softmax", "sigmoid"])
def test_mlp_applies_its_output_activation(output_activation):
    with seeded(0):
        plain = MLP(3, (4,), 2)
    with seeded(0):
        model = MLP(3, (4,), 2, output_activation=output_activation)
    inputs = torch.ones(1, 3)

    outputs = model(inputs)

    expected = {"softmax": plain(inputs).softmax(-1), "sigmoid": plain(inputs).sigmoid()}
    assert_close(outputs, expected[output_activation], rtol=0, atol=0)
