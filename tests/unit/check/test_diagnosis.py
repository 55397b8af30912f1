"""What a run's numbers say went wrong: each rule by a run that has it and one that nearly does."""

from __future__ import annotations

import itertools
import random
from types import SimpleNamespace

import pytest
import torch
from torch import nn

import nnlab
from nnlab.check.diagnosis import diagnose, find_all
from nnlab.check.remedies import settle
from nnlab.check.run_facts import Facts
from nnlab.config.load import config_from_mapping
from nnlab.runs.load import open_run
from nnlab.tasks.classification import Classification
from nnlab.training import probe
from nnlab.training.probe import Probe
from tests.helpers.command import Command


def experiment(*overrides: str):
    base = {
        "dataset": {"name": "spiral"},
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "adam", "lr": 1e-3},
    }
    return config_from_mapping(base, overrides)


def facts(
    *,
    train: float = 0.95,
    val: float = 0.94,
    curves: object = (),
    probe_records: object = (),
    config: object = experiment(),
    order: str | None = None,
    supports: tuple[int, ...] = (),
) -> Facts:
    per_class = {"a": {"support": 600}, "b": {"support": 400}}
    part = {"accuracy": val, "per_class": per_class}
    in_training = {name: {"support": n} for name, n in zip("ab", supports, strict=False)}
    summary = {
        "train": {"accuracy": train},
        "val": {"accuracy": val},
        "per_seed": [{"val": part, "train": {"accuracy": train, "per_class": in_training}}],
    }
    return Facts(summary, list(curves), list(probe_records), config, order)


def look(dead=None, saturated=None, norms=(1.0, 1.0)) -> dict:
    named = {f"layers.{i}.weight": norm for i, norm in enumerate(norms)}
    return {"epoch": 1, "dead": dead, "saturated": saturated, "gradient_norms": named}


def found(given: Facts) -> set[str]:
    return {finding.name for finding in find_all(given)}


def names(given: Facts) -> list[str]:
    return [diagnosis.name for diagnosis in settle(find_all(given), given.config)]


REGRESSION, FULL = "dataset={name: regression}", "train={epochs: 1, batch_size: full}"
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
    assert found(regression(r2=0.97, test=-3.0)) == {"gap"}


def regression(*, r2: float, test: float, mse: float = 1.0, **options) -> Facts:
    given = {"config": experiment(REGRESSION), "order": None, **options}
    summary = {"train": {"r2": r2, "mse": mse}, "test": {"r2": test}, "per_seed": [{}]}
    return Facts(summary, [], [], given["config"], given["order"])


def test_extrapolation_is_the_splits_fault_not_the_models() -> None:
    ordered = "regression is generated in order"
    (found,) = settle(find_all(b2 := regression(r2=0.97, test=-9.0, order=ordered)), b2.config)
    assert found.name == "extrapolation"
    assert found.message.startswith("extrapolation: r2 is 0.97 in training and -9 in test: regress")
    assert found.advice.startswith("dataset.split.order=random; model size and weight decay do not")
    assert names(regression(r2=0.97, test=0.95, order=ordered)) == []


def test_a_target_in_the_hundreds_is_named_before_the_model() -> None:
    hundreds = regression(r2=-2.37, test=-2.4, mse=77.0**2 * 3.37)
    (found,) = settle(find_all(hundreds), hundreds.config)
    assert found.name == "target scale"
    expected = "standard deviation of 77, the errors are about 141, and outputs start near 0"
    assert expected in found.message
    expected = "dataset.standardize_target=true, more train.epochs, or a larger optimizer.lr"
    assert found.advice == expected
    assert names(regression(r2=-2.37, test=-2.4, mse=3.37)) == ["underfitting"]


def test_a_target_far_from_0_is_named_before_the_model() -> None:
    offset = regression(r2=-1e12, test=-1.1e12, mse=1.7e9**2)
    assert names(offset) == ["target scale"]
    tiny = regression(r2=-50.0, test=-60.0, mse=51 * 1e-6)
    assert names(tiny) == ["target scale"]
    assert names(regression(r2=0.2, test=0.1, mse=0.8 * 1e-6)) == ["underfitting"]


RAISED = "dataset.standardize_target=true"
FALLING = [(e, 2 / e, 0.5 + 0.05 * abs(e - 5)) for e in range(1, 21)]
RISING = [(e, 1 + 0.004 * e, 1 + 0.05 * e) for e in range(1, 21)]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (regression(r2=-7.82, test=-9.05, mse=900.0), "target scale"),
        (regression(r2=-7.82, test=-9.05, mse=8.8), "underfitting"),
        (
            regression(r2=-7.82, test=-9.05, config=experiment(REGRESSION, RAISED)),
            "underfitting",
        ),
        (regression(r2=-0.001, test=-0.4), "underfitting"),
        (regression(r2=0.05, test=-0.5), "underfitting"),
        (facts(train=0.61, val=0.45, supports=(600, 400)), "chance"),
        (facts(train=0.6, val=0.49, supports=(600, 400)), "chance"),
        (facts(train=0.7, val=0.69, curves=RISING), "underfitting"),
    ],
    ids=[
        *("hundreds", "negative R2", "standardised", "a constant model", "next to nothing"),
        *("at chance in both", "a constant class", "both losses rise"),
    ],
)
def test_a_run_that_has_not_learned_has_not_memorised(given: Facts, expected: str) -> None:
    assert expected in names(given)
    assert not {"gap", "overfitting"} & found(given)


def test_a_run_that_has_not_learned_is_compared_with_a_constant() -> None:
    (diagnosis,) = settle(find_all(given := regression(r2=-7.8, test=-9.0)), given.config)
    assert diagnosis.message.endswith("themselves, where always predicting the mean gives 0")
    (diagnosis,) = settle(find_all(given := facts(train=0.6, val=0.59)), given.config)
    assert "gives 60.0 %" in diagnosis.message
    classes = facts(train=0.61, val=0.7, supports=(600, 400))
    (diagnosis,) = settle(find_all(classes), classes.config)
    assert diagnosis.message.endswith("always predicting the most frequent class gives 0.6")


def test_a_run_that_has_learned_by_heart_still_has() -> None:
    assert "gap" in found(regression(r2=0.9, test=0.1))
    assert "gap" in found(facts(train=0.95, val=0.55, supports=(600, 400)))
    assert "overfitting" in found(facts(curves=FALLING))


@pytest.mark.parametrize("lr", [1000, 0.5])
def test_a_huge_learning_rate_is_the_only_diagnosis(lr: float) -> None:
    curves = [(e, 1 / e, 0.2 + 0.1 * e) for e in range(1, 21)]
    broken = facts(
        train=0.4,
        val=0.35,
        curves=curves,
        probe_records=[look(dead=0.9, norms=(1e5, 1e4))],
        config=experiment(f"optimizer.lr={lr}"),
    )
    assert {"underfitting", "overfitting", "dead units", "exploding gradients"} <= found(broken)
    (diagnosis,) = settle(find_all(broken), broken.config)
    assert diagnosis.name == "learning rate too large"
    assert diagnosis.advice == "a smaller optimizer.lr"


def test_a_learning_rate_that_fits_well_is_not_blamed() -> None:
    assert names(facts(config=experiment("optimizer.lr=0.5"))) == []


def test_a_learning_rate_far_above_its_range_explains_an_accurate_run_that_overfits() -> None:
    curves = [(e, 1 / e, 0.2 + 0.02 * abs(e - 6)) for e in range(1, 21)]
    assert names(facts(curves=curves, config=experiment("optimizer.lr=0.1"))) == ["overfitting"]
    far = facts(curves=curves, config=experiment("optimizer.lr=100"))
    (diagnosis,) = settle(find_all(far), far.config)
    assert diagnosis.message == (
        "learning rate too large: lr 100 is far above the usual range of adam, 1e-05 to 0.03; "
        "the run shows overfitting"
    )


def test_a_rising_training_loss_blames_a_usual_learning_rate() -> None:
    rising = facts(train=0.5, val=0.5, curves=[(1, 1.0, None), (2, 1.2, None)])
    assert names(rising) == ["learning rate too large"]
    falling = facts(train=0.5, val=0.5, curves=[(1, 1.0, None), (2, 1.05, None)])
    assert "learning rate too large" not in names(falling)


def test_advice_fits_the_experiment() -> None:
    poor = {"train": 0.7, "val": 0.7}
    linear = experiment("model={name: logistic}", "optimizer={name: lbfgs}", FULL)
    (diagnosis,) = settle(find_all(given := facts(**poor, config=linear)), given.config)
    assert diagnosis.advice == "a model with hidden layers"
    at_limit = facts(**poor, config=experiment("optimizer.lr=0.03"))
    (diagnosis,) = settle(find_all(at_limit), at_limit.config)
    assert diagnosis.advice == "a larger model, or more train.epochs"


EXCLUSIVE = [
    ("a larger optimizer.lr", "a smaller optimizer.lr"),
    ("a larger model", "a smaller model"),
    ("a larger model", "fewer layers"),
    ("more train.epochs", "train.early_stopping"),
]


def test_no_history_gets_advice_in_both_directions() -> None:
    seen: set[str] = set()
    chooser = random.Random(0)
    for _ in range(1000):
        given = random_history(chooser)
        diagnoses = settle(find_all(given), given.config)
        text = "; ".join(diagnosis.advice for diagnosis in diagnoses)
        told = {diagnosis.name for diagnosis in diagnoses}
        assert not [pair for pair in EXCLUSIVE if pair[0] in text and pair[1] in text], text
        assert not told & {"overfitting", "gap"} or "underfitting" not in told
        assert bool(diagnoses) == bool(find_all(given))
        seen |= told
    assert len(seen) == 13


def random_history(chooser: random.Random) -> Facts:
    lr = 10 ** chooser.uniform(-7, 3)
    loss = [10 ** chooser.uniform(-2, 2) for _ in range(4)]
    num_epochs = chooser.choice([2, 8, 30])
    steps = [e / num_epochs for e in range(1, num_epochs + 1)]
    curves = [
        (e, loss[0] + s * (loss[1] - loss[0]), loss[2] + s * (loss[3] - loss[2]))
        for e, s in enumerate(steps, start=1)
    ]
    norms = (10 ** chooser.uniform(-6, 4), 10 ** chooser.uniform(-2, 4))
    health = look(chooser.random(), chooser.random(), norms)
    order = chooser.choice([None, "in order"])
    if chooser.random() < 0.5:
        config = experiment(f"optimizer.lr={lr}")
        train = chooser.random()
        val = train * chooser.uniform(0.7, 1)
        return facts(
            train=train, val=val, curves=curves, probe_records=[health], config=config, order=order
        )
    r2 = chooser.uniform(-3, 1)
    config = experiment(REGRESSION, f"optimizer.lr={lr}")
    test, mse = r2 - chooser.uniform(0, 1), 10 ** chooser.uniform(-2, 4)
    given = regression(r2=r2, test=test, mse=mse, config=config, order=order)
    return given._replace(curves=curves, probe_records=[health])


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
    found = [finding.name for finding in diagnose(open_run(run), {})]
    assert found[:2] == ["chance", "overfitting"]
    assert "underfitting" not in found


def test_the_command_prints_the_diagnosis_and_fails_when_strict(tmp_path, command: Command) -> None:
    run = nnlab.train("e1_spiral_linear", runs_dir=tmp_path)
    process = command("check", str(run.path))
    assert process.code == 0
    assert "underfitting" in process.stdout
    assert "try: model.activation=relu, more train.epochs" in process.stdout
    strict = command("check", str(run.path), "--strict")
    assert strict.code == 8
