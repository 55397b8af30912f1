from __future__ import annotations

import numpy as np
import pytest
import torch

from nnlab.assembly.job import build_models
from nnlab.config.load import config_from_mapping
from tests.helpers.models import IMAGES, TABLE

MODELS = {
    "mlp": {"name": "mlp", "hidden_sizes": [5], "init": "xavier"},
    "cnn": {"name": "fashion_cnn", "channels": [2, 3], "hidden_sizes": [5, 4]},
}
every_drawn_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS.keys())


def states_of(model, seeds):
    config = config_from_mapping(
        {"dataset": {"name": "digits"}, "model": model, "optimizer": {"name": "sgd"}}
    )
    return [module.state_dict() for module in build_models(config, IMAGES, seeds)]


@every_drawn_model
def test_same_seed_draws_the_same_weights(model):
    (alone,) = states_of(model, [3])

    among_others = states_of(model, [1, 2, 3])[2]

    assert all(torch.equal(among_others[name], alone[name]) for name in alone)


@every_drawn_model
def test_different_seeds_draw_different_weights(model):
    states = states_of(model, [0, 1, 2])

    weights = [state[name] for state in states for name in state if name.endswith("1.weight")]
    drawn = {tuple(weight.flatten().tolist()) for weight in weights if weight.ndim > 1}
    assert len(drawn) == 3


def test_drawing_weights_leaves_the_global_generator_alone():
    before = torch.get_rng_state()

    states_of(MODELS["mlp"], [0])

    assert torch.equal(torch.get_rng_state(), before)


def test_predictions_of_classes_are_probabilities():
    config = config_from_mapping(
        {
            "dataset": {"name": "spiral"},
            "model": {"name": "mlp", "output_activation": "softmax"},
            "optimizer": {"name": "adam"},
        }
    )

    (model,) = build_models(config, TABLE, [0])

    outputs = model(torch.rand(5, 4)).detach().numpy()
    np.testing.assert_allclose(outputs.sum(1), 1, rtol=1e-6)
