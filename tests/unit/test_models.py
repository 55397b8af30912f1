from __future__ import annotations

import math
import typing
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.testing import assert_close

from nnlab.assembly.job import build_models
from nnlab.config.datasets import AnyDataset, ImagesConfig
from nnlab.config.load import config_from_mapping
from nnlab.config.losses import AnyLoss
from nnlab.config.models import AnyModel, FashionCNNConfig
from nnlab.config.optimizers import AnyOptimizer, SGDConfig
from nnlab.config.resolve import (
    build_model,
    build_optimizer,
    build_schedule,
    build_task,
    load_examples,
)
from nnlab.config.schedules import AnySchedule
from nnlab.data.prepare import prepare
from nnlab.data.types import Spec
from nnlab.errors import ConfigError
from nnlab.models.cnn import FashionCNN
from nnlab.models.layers import ACTIVATIONS, Dropout
from nnlab.models.logistic import Logistic
from nnlab.models.mlp import MLP
from nnlab.tasks import scalars
from nnlab.training.runtime import seeded

IMAGES = Spec("classification", (1, 8, 8), 3)
TABLE = Spec("classification", (4,), 3)
NUMBERS = Spec("regression", (4,), 1)


def members(union, keep=lambda member: True):
    """Parametrize a test with the members of a union of the config, by name."""
    found = filter(keep, typing.get_args(typing.get_args(union)[0]))
    return pytest.mark.parametrize(
        "member", [pytest.param(m, id=m.model_fields["name"].default) for m in found]
    )


def comes_with_nnlab(dataset):
    """Return whether a data set needs neither a download nor a file of the user's."""
    needs_file = any(field.is_required() for field in dataset.model_fields.values())
    return not needs_file and not issubclass(dataset, ImagesConfig)


@members(AnyDataset, comes_with_nnlab)
def test_every_generated_dataset_becomes_parts_of_the_shape_it_declares(member, tmp_path: Path):
    config = member()

    examples = load_examples(config, tmp_path)
    dataset = prepare(examples, config, device=torch.device("cpu"), dtype=torch.float32)

    parts = (dataset.train, dataset.val, dataset.test)
    assert sum(map(len, parts)) == len(examples.inputs) == len(examples.targets)
    assert len(examples.sha256) == 64
    for part in parts:
        assert part.inputs.shape == (len(part), *dataset.spec.input_shape)
        assert part.targets.shape == (len(part),)
        if config.task == "classification":
            assert part.targets.unique().tolist() == list(range(dataset.spec.num_outputs))
            assert len(examples.class_names) == dataset.spec.num_outputs
        else:
            assert part.targets.dtype == torch.float32
            assert dataset.spec.num_outputs == 1


@members(AnyModel)
@pytest.mark.parametrize("spec", [IMAGES, TABLE, NUMBERS], ids=["images", "table", "numbers"])
def test_every_model_maps_inputs_to_one_output_per_class(member, spec):
    config = member()
    if isinstance(config, FashionCNNConfig) and spec is not IMAGES:
        with pytest.raises(ConfigError):
            build_model(config, spec)
        return

    model = build_model(config, spec)

    outputs = model(torch.rand(5, *spec.input_shape))
    assert outputs.shape == (5, spec.num_outputs)
    assert outputs.isfinite().all()
    outputs.sum().backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize(
    ("member", "task_name"),
    [
        pytest.param(member, task, id=f"{member.model_fields['name'].default}-{task}")
        for member in typing.get_args(typing.get_args(AnyLoss)[0])
        for task in member.tasks
    ],
)
def test_every_loss_measures_the_tasks_it_is_for(member, task_name):
    config = member()
    class_names, targets, outputs = {
        "classification": (("a", "b", "c"), torch.tensor([0, 1, 2, 1]), torch.rand(4, 3)),
        "regression": ((), torch.tensor([0.5, 1.0, 2.0, 3.0]), torch.rand(4, 1)),
    }[task_name]
    outputs.requires_grad_()

    task = build_task(config, class_names, targets, "none")
    loss = task.criterion(outputs, targets)
    loss.backward()
    (metrics,) = task.metrics(task.sums(outputs.detach()[None], targets))

    assert loss.shape == ()
    assert outputs.grad.isfinite().all()
    assert metrics["loss"] == pytest.approx(loss.item(), rel=1e-6)
    assert all(math.isfinite(value) for value in scalars(metrics).values())


@members(AnyOptimizer)
def test_every_optimizer_makes_a_convex_loss_smaller(member):
    config = member()
    parameter = nn.Parameter(torch.tensor([1.0, -2.0, 3.0]))
    optimizer = build_optimizer(config, [parameter])
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = parameter.square().sum()
        loss.backward()
        losses.append(loss.item())
        return loss

    for _ in range(20):
        optimizer.step(closure)

    assert closure().item() < 0.99 * losses[0]


@members(AnyOptimizer)
def test_every_optimizer_has_the_options_of_its_config(member):
    config = member()

    optimizer = build_optimizer(config, [nn.Parameter(torch.zeros(1))])

    (group,) = optimizer.param_groups
    for name, value in config.model_dump(exclude={"name", "C"}).items():
        assert group[name] == value


@members(AnySchedule)
def test_every_schedule_gives_a_factor_for_every_step(member):
    config = member()

    schedule = build_schedule(config, 30, 10)

    factors = [schedule(step) for step in range(30)]
    assert all(isinstance(factor, float) and 0 <= factor <= 1 for factor in factors)
    assert max(factors) > 0


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())


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

    model = build_model(config, Spec("classification", (1, *size), 7))

    assert model(torch.rand(2, 1, *size)).shape == (2, 7)


def test_cnn_refuses_smaller_images():
    config = FashionCNNConfig()

    with pytest.raises(ConfigError, match=r"at least 8 x 8 pixels, not inputs of \(1, 28, 7\)"):
        build_model(config, Spec("classification", (1, 28, 7), 10))


def test_mlp_has_as_many_parameters_as_computed_by_hand():
    model = MLP(784, (512, 512), 10)

    assert count(model) == 785 * 512 + 513 * 512 + 513 * 10


def test_mlp_without_hidden_layer_is_linear():
    model = MLP(3, (), 2, activation="relu", dropout=0.5)
    inputs = torch.randn(5, 3, generator=torch.Generator().manual_seed(0))

    outputs = model(inputs)

    (layer,) = model.layers
    assert torch.equal(outputs, inputs @ layer.weight.T + layer.bias)


def test_mlp_drops_hidden_units_in_training_and_no_outputs():
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


def test_logistic_begins_at_zero():
    model = Logistic(64, 10)

    assert not model(torch.rand(3, 1, 8, 8)).any()
    assert count(model) == 650


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


def test_normal_weights_have_the_asked_deviation():
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


def test_what_torch_refuses_is_an_error_of_the_experiment():
    with pytest.raises(ConfigError, match=r"torch\.optim\.SGD refuses this: Nesterov"):
        build_optimizer(SGDConfig(nesterov=True), [nn.Parameter(torch.zeros(1))])
