from __future__ import annotations

import pytest
import torch

from nnlab.config.models import FashionCNNConfig
from nnlab.config.resolve import build_model
from nnlab.data.types import DataSpec
from nnlab.errors import ConfigError
from nnlab.models.cnn import FashionCNN
from tests.helpers.models import count


def test_cnn_has_as_many_parameters_as_computed_by_hand():
    model = FashionCNN((28, 28), 10)

    found = {name: count(child) for name, child in model.named_children()}

    assert found == {
        "block1": (1 * 3 * 3 + 1) * 32 + 2 * 32,
        "block2": (32 * 3 * 3 + 1) * 64 + 2 * 64,
        "linear1": (6 * 6 * 64 + 1) * 600,
        "dropout": 0,
        "linear2": (600 + 1) * 120,
        "linear3": (120 + 1) * 10,
    }
    assert count(model) == 1_475_338


@pytest.mark.parametrize("size", [(8, 8), (9, 12), (28, 28), (33, 10)], ids=str)
def test_cnn_fits_any_image_of_at_least_8_by_8(size):
    config = FashionCNNConfig(channels=(2, 3), hidden_sizes=(4, 5))

    model = build_model(config, DataSpec("classification", (1, *size), 7))

    assert model(torch.rand(2, 1, *size)).shape == (2, 7)


def test_cnn_refuses_smaller_images():
    config = FashionCNNConfig()

    with pytest.raises(ConfigError, match=r"at least 8 x 8 pixels, not inputs \(1, 28, 7\)"):
        build_model(config, DataSpec("classification", (1, 28, 7), 10))


def test_images_in_colour_are_convolved_over_all_channels():
    model = build_model(FashionCNNConfig(), DataSpec("classification", (3, 12, 12), 5))

    assert model(torch.rand(2, 3, 12, 12)).shape == (2, 5)
    assert model.block1[0].weight.shape == (32, 3, 3, 3)
