from __future__ import annotations

import math
import typing
from pathlib import Path

import pytest
import torch
from torch import nn

from nnlab.config.datasets import AnyDataset, ImagesConfig
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
from nnlab.data.types import DataSpec
from nnlab.errors import ConfigError
from tests.helpers.models import IMAGES, TABLE

NUMBERS = DataSpec("regression", (4,), 1)


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
    assert metrics.scalars["loss"] == pytest.approx(loss.item(), rel=1e-6)
    assert all(math.isfinite(value) for value in metrics.scalars.values())


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


def test_what_torch_refuses_is_an_error_of_the_experiment():
    with pytest.raises(ConfigError, match=r"torch\.optim\.SGD rejects this: Nesterov"):
        build_optimizer(SGDConfig(nesterov=True), [nn.Parameter(torch.zeros(1))])
