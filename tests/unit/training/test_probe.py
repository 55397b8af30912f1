"""What the probe measures: dead and saturated units, gradients by layer, and not too often."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn

from nnlab.tasks.classification import Classification
from nnlab.training import probe
from nnlab.training.probe import Probe


class Fixed:
    """A learner with the weights of a module."""

    def __init__(self, model: nn.Module) -> None:
        self.model = model

    def weights(self) -> dict[str, torch.Tensor]:
        return {name: tensor[None] for name, tensor in self.model.state_dict().items()}


def probe_of(model: nn.Module, inputs: torch.Tensor) -> Probe:
    task = Classification(
        ("a", "b"), lambda o, y: nn.functional.cross_entropy(o, y, reduction="none")
    )
    return Probe(model, inputs, torch.zeros(len(inputs), dtype=torch.long), task)


def test_the_probe_counts_dead_units() -> None:
    model = nn.Sequential(nn.Linear(1, 4), nn.ReLU(), nn.Linear(4, 2))
    with torch.no_grad():
        model[0].weight.copy_(torch.tensor([[1.0], [-1.0], [1.0], [0.0]]))
        model[0].bias.copy_(torch.tensor([0.0, 0.0, -9.0, 0.0]))
    health = probe_of(model, torch.linspace(0, 1, 8)[:, None]).measure(Fixed(model))
    assert health.dead == 0.75
    assert health.saturated is None


@pytest.mark.parametrize(("function", "ends"), [(nn.Tanh, 2.65), (nn.Sigmoid, 4.6)])
def test_the_probe_counts_saturated_values(function: type[nn.Module], ends: float) -> None:
    model = nn.Sequential(nn.Linear(1, 1), function(), nn.Linear(1, 2))
    with torch.no_grad():
        model[0].weight.fill_(1.0)
        model[0].bias.fill_(0.0)
    inputs = torch.tensor([[-ends - 0.1], [0.0], [ends - 0.1], [ends + 0.1]])
    assert probe_of(model, inputs).measure(Fixed(model)).saturated == 0.5


def test_the_probe_sees_the_gradient_of_each_matrix() -> None:
    model = nn.Sequential(nn.Linear(3, 2))
    inputs = torch.randn(8, 3)
    health = probe_of(model, inputs).measure(Fixed(model))
    nn.functional.cross_entropy(model(inputs), torch.zeros(8, dtype=torch.long)).backward()
    # The gradient of the look was added to by this one, which is the same.
    assert health.gradient_norms == {"0.weight": pytest.approx(model[0].weight.grad.norm() / 2)}


def test_probing_is_rare_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = itertools.count()  # each look at the clock, and so each look at the network, lasts 1 s
    monkeypatch.setattr(probe, "time", SimpleNamespace(monotonic=lambda: float(next(clock))))
    model = nn.Sequential(nn.Linear(3, 2))
    patient = probe_of(model, torch.randn(8, 3))
    measured = [patient.measure_if_due(Fixed(model)) is not None for _ in range(1000)]
    assert measured[0]
    assert 5 <= sum(measured) <= 0.01 * next(clock)
