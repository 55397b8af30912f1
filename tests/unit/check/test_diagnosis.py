"""What a run's numbers say went wrong: each rule by a run that has it and one that nearly does."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import nnlab
from nnlab.check.diagnosis import RULES, Facts, diagnose
from nnlab.tasks import Classification
from nnlab.training import probe
from nnlab.training.probe import Probe
from tests.helpers.command import nnlab as nnlab_command


def facts(
    *, train: float = 0.95, val: float = 0.94, curves: object = (), probe_records: object = ()
) -> Facts:
    per_class = {"a": {"support": 600}, "b": {"support": 400}}
    part = {"accuracy": val, "per_class": per_class}
    summary = {
        "train": {"accuracy": train},
        "val": {"accuracy": val},
        "per_seed": [{"val": part}],
    }
    return Facts(summary, list(curves), list(probe_records))


def look(dead=None, saturated=None, norms=(1.0, 1.0)) -> dict:
    named = {f"layers.{i}.weight": norm for i, norm in enumerate(norms)}
    return {"epoch": 1, "dead": dead, "saturated": saturated, "gradient_norms": named}


def found(given: Facts) -> set[str]:
    return {finding.name for rule in RULES for finding in rule(given)}


FLAT = [(epoch, 0.1, 0.2) for epoch in range(1, 21)]
CASES = [
    ("chance", facts(train=0.95, val=0.62), facts(train=0.95, val=0.86)),
    ("gap", facts(train=0.95, val=0.84), facts(train=0.95, val=0.86)),
    ("underfitting", facts(train=0.79, val=0.78), facts(train=0.81, val=0.80)),
    (
        "overfitting",
        facts(curves=[(e, 1 / e, 0.2 + 0.002 * abs(e - 6)) for e in range(1, 21)]),
        facts(curves=[(e, 1 / e, 0.2 + 0.0013 * abs(e - 6)) for e in range(1, 21)]),
    ),
    (
        "overfitting",
        facts(curves=[(e, 1 / e, 0.2 + 0.02 * abs(e - 15)) for e in range(1, 21)]),
        facts(curves=[(e, 1 / e, 0.2 + 0.02 * abs(e - 17)) for e in range(1, 21)]),
    ),
    (
        "still improving",
        facts(curves=[*FLAT[:-2], (19, 0.1, 0.198), (20, 0.1, 0.195)]),
        facts(curves=[*FLAT[:-2], (19, 0.1, 0.198), (20, 0.1, 0.197)]),
    ),
    ("dead units", facts(probe_records=[look(dead=0.31)]), facts(probe_records=[look(dead=0.29)])),
    (
        "saturated units",
        facts(probe_records=[look(saturated=0.51)]),
        facts(probe_records=[look(saturated=0.49)]),
    ),
    (
        "vanishing gradients",
        facts(probe_records=[look(norms=(0.9e-4, 0.5, 1.0))]),
        facts(probe_records=[look(norms=(1.1e-4, 0.5, 1.0))]),
    ),
    (
        "exploding gradients",
        facts(probe_records=[look(), look(norms=(1.0, 1.1e3))]),
        facts(probe_records=[look(), look(norms=(1.0, 0.9e3))]),
    ),
]


@pytest.mark.parametrize(("name", "has_it", "nearly"), CASES)
def test_each_rule_finds_its_fault_and_spares_the_near_miss(
    name: str, has_it: Facts, nearly: Facts
) -> None:
    assert name in found(has_it)
    assert found(nearly) == set()


def test_a_regression_is_judged_by_r2() -> None:
    summary = {"train": {"r2": 0.97}, "test": {"r2": -3.0}, "per_seed": [{}]}
    assert found(Facts(summary, [], [])) == {"gap"}


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


def test_a_network_that_memorises_noise_is_diagnosed(tmp_path) -> None:
    run = nnlab.train("e9_random_overfit", seeds=3, runs_dir=tmp_path)
    names = {finding.name for finding in diagnose(run, run.summary)}
    assert {"chance", "overfitting"} <= names


def test_the_command_prints_the_diagnosis_and_fails_when_strict(tmp_path) -> None:
    run = nnlab.train("e1_spiral_linear", runs_dir=tmp_path)
    process = nnlab_command("check", str(run.path))
    assert process.returncode == 0
    assert "underfitting" in process.stdout
    assert "try: a larger model" in process.stdout
    strict = nnlab_command("check", str(run.path), "--strict")
    assert strict.returncode == 8
