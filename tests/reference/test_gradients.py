from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from nnlab.config.losses import CrossEntropyConfig, QuadraticConfig
from nnlab.config.resolve import build_task
from nnlab.learners.autograd import AutogradLearner
from nnlab.learners.numpy_mlp import ACTIVATIONS, Network
from nnlab.models.mlp import MLP
from nnlab.training.runtime import seeded

NUM_FEATURES, HIDDEN_SIZES, NUM_CLASSES, NUM_EXAMPLES = 4, (5, 3), 3, 9
CLASS_NAMES = ("a", "b", "c")
LOSSES = {
    "cross_entropy": CrossEntropyConfig(),
    "weighted_cross_entropy": CrossEntropyConfig(class_weight=(0.5, 1.0, 3.0)),
    "smoothed_cross_entropy": CrossEntropyConfig(label_smoothing=0.1),
    "smoothed_weighted_cross_entropy": CrossEntropyConfig(
        label_smoothing=0.3, class_weight=(0.5, 1.0, 3.0)
    ),
    "quadratic": QuadraticConfig(),
}

every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)
every_output_activation = pytest.mark.parametrize(
    "output_activation", ["none", "softmax", "sigmoid"]
)
every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())


def make_inputs():
    generator = torch.Generator().manual_seed(1)
    shape = (NUM_EXAMPLES, NUM_FEATURES)
    return torch.randn(shape, generator=generator, dtype=torch.float64)


def make_classes():
    return torch.tensor([0, 1, 2, 2, 1, 0, 2, 2, 1])


def make_values():
    generator = torch.Generator().manual_seed(2)
    return torch.randn(NUM_EXAMPLES, generator=generator, dtype=torch.float64)


def make_model(activation, output_activation="none", num_outputs=NUM_CLASSES):
    with seeded(0):
        return MLP(
            NUM_FEATURES,
            HIDDEN_SIZES,
            num_outputs,
            activation=activation,
            output_activation=output_activation,
        ).double()


def make_task(loss, targets, output_activation="none"):
    class_names = () if targets.is_floating_point() else CLASS_NAMES
    return build_task(loss, class_names, targets, output_activation)


def as_network(model, task, loss, activation, output_activation="none"):
    weight = task.relative_weight
    return Network(
        weights=[layer.weight.detach().numpy().copy() for layer in model.layers],
        biases=[layer.bias.detach().numpy().copy() for layer in model.layers],
        activation=activation,
        output_activation=output_activation,
        cost=loss.name,
        class_weight=None if weight is None else weight.numpy(),
        label_smoothing=loss.smoothing,
    )


def by_autograd(model, task, inputs, targets):
    loss = task.criterion(model(inputs), targets)
    gradients = torch.autograd.grad(loss, list(model.parameters()))
    return loss.item(), list(gradients)


def by_finite_differences(network, inputs, targets, width=1e-5):
    pairs = zip(network.weights, network.biases, strict=True)
    gradients = []
    for parameter in [parameter for pair in pairs for parameter in pair]:
        gradient = np.empty_like(parameter)
        for index, value in np.ndenumerate(parameter):
            parameter[index] = value + width
            above, _ = network.loss_and_gradients(inputs, targets)
            parameter[index] = value - width
            below, _ = network.loss_and_gradients(inputs, targets)
            parameter[index] = value
            gradient[index] = (above - below) / (2 * width)
        gradients.append(torch.from_numpy(gradient))
    return gradients


def as_tensors(arrays):
    return [torch.from_numpy(array) for array in arrays]


@every_activation
@every_output_activation
@every_loss
def test_numpy_gradients_of_classes_equal_autograd(activation, output_activation, loss):
    inputs, targets = make_inputs(), make_classes()
    model = make_model(activation, output_activation)
    task = make_task(loss, targets, output_activation)
    network = as_network(model, task, loss, activation, output_activation)

    cost, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    expected_cost, expected = by_autograd(model, task, inputs, targets)
    assert cost == pytest.approx(expected_cost, rel=1e-12)
    assert_close(as_tensors(gradients), expected, rtol=0, atol=1e-10)


@every_activation
@every_output_activation
@every_loss
def test_numpy_gradients_of_classes_equal_finite_differences(activation, output_activation, loss):
    inputs, targets = make_inputs(), make_classes()
    model = make_model(activation, output_activation)
    task = make_task(loss, targets, output_activation)
    network = as_network(model, task, loss, activation, output_activation)

    _, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    expected = by_finite_differences(network, inputs.numpy(), targets.numpy())
    # A width of 1e-5 leaves errors near 1e-10 of the third derivative and of rounding.
    assert_close(as_tensors(gradients), expected, rtol=0, atol=1e-8)


@every_activation
def test_numpy_gradients_of_values_equal_autograd(activation):
    inputs, targets, loss = make_inputs(), make_values(), QuadraticConfig()
    model = make_model(activation, num_outputs=1)
    task = make_task(loss, targets)
    network = as_network(model, task, loss, activation)

    cost, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    expected_cost, expected = by_autograd(model, task, inputs, targets)
    assert cost == pytest.approx(expected_cost, rel=1e-12)
    assert_close(as_tensors(gradients), expected, rtol=0, atol=1e-10)


@every_activation
def test_numpy_gradients_of_values_equal_finite_differences(activation):
    inputs, targets, loss = make_inputs(), make_values(), QuadraticConfig()
    model = make_model(activation, num_outputs=1)
    network = as_network(model, make_task(loss, targets), loss, activation)

    _, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    expected = by_finite_differences(network, inputs.numpy(), targets.numpy())
    assert_close(as_tensors(gradients), expected, rtol=0, atol=1e-8)


@every_activation
def test_numpy_network_without_hidden_layer_has_autograds_gradients(activation):
    inputs, targets, loss = make_inputs(), make_classes(), CrossEntropyConfig()
    with seeded(0):
        model = MLP(NUM_FEATURES, (), NUM_CLASSES, activation=activation).double()
    task = make_task(loss, targets)
    network = as_network(model, task, loss, activation)

    _, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    _, expected = by_autograd(model, task, inputs, targets)
    assert_close(as_tensors(gradients), expected, rtol=0, atol=1e-10)


@every_activation
def test_numpy_gradients_keep_the_type_of_the_weights(activation):
    inputs, targets, loss = make_inputs().float(), make_classes(), CrossEntropyConfig()
    model = make_model(activation).float()
    network = as_network(model, make_task(loss, targets), loss, activation)

    _, gradients = network.loss_and_gradients(inputs.numpy(), targets.numpy())

    assert {gradient.dtype for gradient in gradients} == {np.dtype("float32")}


def test_numpy_cross_entropy_of_a_certain_wrong_answer_is_finite():
    logits, targets = torch.tensor([[1000.0, -1000.0]]), torch.tensor([1])
    network = Network(
        weights=[np.eye(2)],
        biases=[np.zeros(2)],
        activation="identity",
        output_activation="none",
        cost="cross_entropy",
    )

    cost, _ = network.loss_and_gradients(logits.double().numpy(), targets.numpy())

    assert cost == pytest.approx(torch.nn.functional.cross_entropy(logits, targets).item())


def test_numpy_sigmoid_saturates_without_a_warning():
    inputs = np.array([[200.0, -200.0]], dtype=np.float32)
    network = Network(
        weights=[np.eye(2, dtype=np.float32)],
        biases=[np.zeros(2, dtype=np.float32)],
        activation="identity",
        output_activation="sigmoid",
        cost="quadratic",
    )

    _, activations = network.forward(inputs)

    assert activations[-1].tolist() == [[1.0, 0.0]]


@every_output_activation
@every_loss
def test_autograd_learner_returns_the_criterion_before_the_update(output_activation, loss):
    inputs, targets = make_inputs(), make_classes()
    models = [make_model("tanh", output_activation), make_model("relu", output_activation)]
    task = make_task(loss, targets, output_activation)
    expected = [task.criterion(model(inputs), targets).item() for model in models]
    optimizers = [torch.optim.SGD(model.parameters(), lr=0.1) for model in models]
    learner = AutogradLearner(models, optimizers, task, seeds=(0, 1))

    losses = learner.train_step(inputs.expand(2, -1, -1), targets.expand(2, -1), lrs=[0.1, 0.1])

    assert losses.tolist() == expected


def test_autograd_learner_adds_half_the_squared_weights_but_not_biases():
    inputs, targets, loss = make_inputs(), make_classes(), CrossEntropyConfig()
    model, task = make_model("tanh"), make_task(loss, targets)
    squares = sum(layer.weight.square().sum().item() for layer in model.layers)
    expected = task.criterion(model(inputs), targets).item() + 0.3 * squares / 2
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    learner = AutogradLearner([model], [optimizer], task, seeds=(0,), l2=0.3)

    losses = learner.train_step(inputs[None], targets[None], lrs=[0.1])

    assert losses.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize(("share", "expected"), [(0.5, 0.5), (2.0, 1.0)], ids=["longer", "shorter"])
def test_autograd_learner_shortens_gradients_longer_than_the_limit(share, expected):
    inputs, targets, loss = make_inputs(), make_classes(), CrossEntropyConfig()
    model, task = make_model("tanh"), make_task(loss, targets)
    before = torch.nn.utils.parameters_to_vector(model.parameters()).detach().clone()
    _, gradients = by_autograd(model, task, inputs, targets)
    gradient = torch.cat([part.flatten() for part in gradients])
    learner = AutogradLearner(
        [model],
        [torch.optim.SGD(model.parameters(), lr=1.0)],
        task,
        seeds=(0,),
        clip_norms=[share * gradient.norm().item()],
    )

    learner.train_step(inputs[None], targets[None], lrs=[1.0])

    after = torch.nn.utils.parameters_to_vector(model.parameters()).detach()
    # torch adds 1e-6 to the norm it divides by.
    assert_close(before - after, expected * gradient, rtol=1e-5, atol=1e-12)


def test_autograd_learner_leaves_a_stopped_replica_as_it_is():
    inputs, targets, loss = make_inputs(), make_classes(), CrossEntropyConfig()
    models, task = [make_model("tanh"), make_model("tanh")], make_task(loss, targets)
    optimizers = [torch.optim.Adam(model.parameters()) for model in models]
    learner = AutogradLearner(models, optimizers, task, seeds=(0, 1))
    before = learner.weights()

    learner.train_step(inputs.expand(2, -1, -1), targets.expand(2, -1), lrs=[0.1, None])

    after = learner.weights()
    assert all(torch.equal(after[name][1], before[name][1]) for name in before)
    assert not any(torch.equal(after[name][0], before[name][0]) for name in before)
