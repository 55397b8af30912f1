"""What a run's numbers say went wrong: each rule by a run that has it and one that nearly does.

These runs have no data; ``test_ill_runs`` has runs with theirs.
"""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

import nnlab
from nnlab.check.diagnosis import diagnose, find_all
from nnlab.check.in_data import LINTED
from nnlab.check.remedies import EXPLAINS, settle
from nnlab.check.run_facts import Facts, rates_of
from nnlab.config.load import config_from_mapping
from nnlab.runs.load import open_run
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
    flaws: dict[str, str] | None = None,
    steps: int = 1000,
    supports: tuple[int, ...] = (),
) -> Facts:
    per_class = {"a": {"support": 600}, "b": {"support": 400}}
    part = {"accuracy": val, "per_class": per_class}
    in_training = {
        name: {"support": n, "recall": train} for name, n in zip("ab", supports, strict=False)
    }
    summary = {
        "steps": steps,
        "train": {"accuracy": train},
        "val": {"accuracy": val},
        "per_seed": [{"val": part, "train": {"accuracy": train, "per_class": in_training}}],
    }
    return Facts(summary, list(curves), list(probe_records), config, flaws or {})


def look(dead=None, saturated=None, norms=(1.0, 1.0)) -> dict:
    named = {f"layers.{i}.weight": norm for i, norm in enumerate(norms)}
    return {"epoch": 1, "dead": dead, "saturated": saturated, "gradient_norms": named}


def found(given: Facts) -> set[str]:
    return {finding.name for finding in find_all(given)}


def names(given: Facts) -> list[str]:
    return [diagnosis.name for diagnosis in settle(find_all(given), given.config)]


REGRESSION, FULL = "dataset={name: regression}", "train={epochs: 1, batch_size: full}"
POOR = {"train": 0.5, "val": 0.5}
FALLING = [(e, 2 / e, 0.5 + 0.05 * abs(e - 5)) for e in range(1, 21)]
RISING = [(e, 1 + 0.004 * e, 1 + 0.05 * e) for e in range(1, 21)]
STRAIGHT = [(e, 1 - 0.02 * e, None) for e in range(1, 21)]
SETTLED = [(e, 0.5 + 0.5**e, None) for e in range(1, 21)]


def turned(rise: float, at: int, train: float = -0.02) -> list[tuple[int, float, float]]:
    """Curves whose validation loss rises after an epoch."""
    return [(e, 1 + train * e, 0.2 + rise * abs(e - at)) for e in range(1, 21)]


CASES = [
    ("chance", facts(train=0.95, val=0.62), facts(train=0.95, val=0.86)),
    ("overfitting", facts(train=0.95, val=0.84), facts(train=0.95, val=0.86)),
    ("underfitting", facts(train=0.79, val=0.78), facts(train=0.81, val=0.80)),
    ("overfitting", facts(curves=turned(0.004, 6)), facts(curves=turned(0.003, 6))),
    ("overfitting", facts(curves=turned(0.02, 15)), facts(curves=turned(0.02, 17))),
    ("overfitting", facts(curves=turned(0.02, 6)), facts(curves=turned(0.02, 6, train=0.01))),
    (
        "overfitting",
        facts(curves=turned(0.02, 6)),
        facts(curves=turned(0.02, 6), config=experiment("train.select=best")),
    ),
    (
        "still improving",
        facts(**POOR, curves=STRAIGHT, steps=90),
        facts(curves=STRAIGHT, steps=90),
    ),
    (
        "learning rate too small",
        facts(**POOR, curves=STRAIGHT, config=experiment("optimizer.lr=1e-4")),
        facts(curves=STRAIGHT, config=experiment("optimizer.lr=1e-4")),
    ),
]
INSIDE = [
    ("dead units", look(dead=0.51), look(dead=0.49)),
    ("saturated units", look(saturated=0.51), look(saturated=0.49)),
    ("vanishing gradients", look(norms=(0.9e-3, 0.5, 1.0)), look(norms=(1.1e-3, 0.5, 1.0))),
    ("exploding gradients", look(norms=(1.0, 1.1e3)), look(norms=(1.0, 0.9e3))),
]


@pytest.mark.parametrize(("name", "has_it", "nearly"), CASES)
def test_each_rule_finds_its_fault_and_spares_the_near_miss(
    name: str, has_it: Facts, nearly: Facts
) -> None:
    assert name in found(has_it)
    assert found(nearly) == set()


@pytest.mark.parametrize(("name", "has_it", "nearly"), INSIDE, ids=[case[0] for case in INSIDE])
def test_what_went_wrong_inside_is_blamed_for_a_poor_fit_alone(
    name: str, has_it: dict, nearly: dict
) -> None:
    assert name in found(facts(**POOR, curves=SETTLED, probe_records=[has_it]))
    assert name not in found(facts(**POOR, curves=SETTLED, probe_records=[nearly]))
    assert found(facts(probe_records=[has_it])) == set()


@pytest.mark.parametrize(
    ("lr", "steps", "expected"),
    [
        (1e-4, 1000, "learning rate too small"),
        (1e-3, 100, "still improving"),
        (1e-4, 20, "still improving"),
        (1e-6, 20, "learning rate too small"),
    ],
)
def test_few_steps_and_small_steps_are_told_apart(lr: float, steps: int, expected: str) -> None:
    config = experiment(f"optimizer.lr={lr}")
    assert names(facts(**POOR, curves=STRAIGHT, steps=steps, config=config)) == [expected]


def test_a_regression_is_judged_by_r2() -> None:
    assert found(regression(r2=0.97, test=-3.0)) == {"overfitting"}


def regression(*, r2: float, test: float, mse: float = 1.0, **options) -> Facts:
    given = {"config": experiment(REGRESSION), "flaws": {}, **options}
    summary = {
        "steps": 1000,
        "train": {"r2": r2, "mse": mse},
        "per_seed": [{}],
        "test": {"r2": test},
    }
    return Facts(summary, [], [], given["config"], given["flaws"])


def test_extrapolation_is_the_splits_fault_not_the_models() -> None:
    ordered = {"NL101": "regression is generated in order"}
    (found,) = settle(find_all(b2 := regression(r2=0.97, test=-9.0, flaws=ordered)), b2.config)
    assert found.name == "extrapolation"
    assert found.message.startswith("extrapolation: r2 is 0.97 in training and -9 in test: regress")
    assert found.advice.startswith("dataset.split.order=random; model size and weight decay do not")
    assert names(regression(r2=0.97, test=0.95, flaws=ordered)) == []


def test_a_target_in_the_hundreds_is_named_before_the_model() -> None:
    hundreds = regression(r2=-2.37, test=-2.4, mse=77.0**2 * 3.37)
    (found,) = settle(find_all(hundreds), hundreds.config)
    assert found.name == "target scale"
    expected = "standard deviation of 77, the errors are about 141, and outputs start near 0"
    assert expected in found.message
    assert found.advice == "dataset.standardize_target=true or train.epochs=30"
    assert names(regression(r2=-2.37, test=-2.4, mse=3.37)) == ["underfitting"]


def test_a_target_far_from_0_is_named_before_the_model() -> None:
    offset = regression(r2=-1e12, test=-1.1e12, mse=1.7e9**2)
    assert names(offset) == ["target scale"]
    tiny = regression(r2=-50.0, test=-60.0, mse=51 * 1e-6)
    assert names(tiny) == ["target scale"]
    assert names(regression(r2=0.2, test=0.1, mse=0.8 * 1e-6)) == ["underfitting"]


RAISED = "dataset.standardize_target=true"


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
    assert "overfitting" not in found(given)


def test_a_run_that_has_not_learned_is_compared_with_a_constant() -> None:
    (diagnosis,) = settle(find_all(given := regression(r2=-7.8, test=-9.0)), given.config)
    assert diagnosis.message.endswith("themselves; always predicting the mean gives 0")
    (diagnosis,) = settle(find_all(given := facts(train=0.6, val=0.59)), given.config)
    assert "gives 60.0 %" in diagnosis.message
    classes = facts(train=0.61, val=0.7, supports=(600, 400), curves=SETTLED)
    (diagnosis,) = settle(find_all(classes), classes.config)
    assert diagnosis.message.endswith("always predicting the most frequent class gives 0.6")


def test_a_run_that_has_learned_by_heart_still_has() -> None:
    assert "overfitting" in found(regression(r2=0.9, test=0.1))
    assert "overfitting" in found(facts(train=0.95, val=0.55, supports=(600, 400)))
    assert "overfitting" in found(facts(curves=FALLING))


@pytest.mark.parametrize("lr", [1000, 0.5])
def test_a_huge_learning_rate_is_the_only_diagnosis(lr: float) -> None:
    broken = facts(
        train=0.4,
        val=0.35,
        curves=[(e, 1 / e, 0.2 + 0.1 * e) for e in range(1, 21)],
        probe_records=[look(dead=0.9, norms=(1e5, 1e4))],
        config=experiment(f"optimizer.lr={lr}"),
    )
    assert {"underfitting", "overfitting", "dead units", "exploding gradients"} <= found(broken)
    (diagnosis,) = settle(find_all(broken), broken.config)
    assert diagnosis.name == "learning rate too large"
    smaller = 0.001 if lr > 100 * 1e-3 else 0.05
    assert diagnosis.suggestions[0].overrides == (f"optimizer.lr={smaller:g}",)
    assert diagnosis.against == ("the training loss did not rise",)


def test_momentum_counts_as_a_part_of_the_learning_rate() -> None:
    config = experiment("optimizer={name: sgd, lr: 0.9, momentum: 0.99}")
    (diagnosis,) = settle(find_all(facts(**POOR, config=config)), config)
    assert "lr 0.9, 90 with its momentum, is above" in diagnosis.message
    assert diagnosis.suggestions[0].overrides == ("optimizer.lr=0.001",)


def test_a_learning_rate_that_fits_well_is_not_blamed() -> None:
    assert names(facts(config=experiment("optimizer.lr=0.5"))) == []


def test_a_learning_rate_far_above_its_range_explains_an_accurate_run_that_overfits() -> None:
    curves = turned(0.02, 6)
    assert names(facts(curves=curves, config=experiment("optimizer.lr=0.1"))) == ["overfitting"]
    far = facts(curves=curves, config=experiment("optimizer.lr=100"))
    (diagnosis,) = settle(find_all(far), far.config)
    assert diagnosis.message == (
        "learning rate too large: lr 100 is above the usual range of adam, 1e-05 to 0.03, by far; "
        "the run shows overfitting"
    )


def test_a_rising_training_loss_blames_a_usual_learning_rate() -> None:
    rising = facts(train=0.5, val=0.5, curves=[(1, 1.0, None), (2, 1.2, None)])
    assert names(rising) == ["learning rate too large"]
    falling = facts(train=0.5, val=0.5, curves=[(1, 1.0, None), (2, 1.05, None)])
    assert "learning rate too large" not in names(falling)


def test_a_loss_that_jumps_blames_a_usual_learning_rate() -> None:
    jumping = [(e, 1.0 + 0.4 * (e % 3 == 0), None) for e in range(1, 22)]
    assert names(facts(**POOR, curves=jumping)) == ["learning rate too large"]


def test_no_history_gets_advice_in_both_directions() -> None:
    seen: set[str] = set()
    chooser = random.Random(0)
    for _ in range(1000):
        given = random_history(chooser)
        all_found = find_all(given)
        diagnoses = settle(all_found, given.config)
        suggested = [text for d in diagnoses for s in d.suggestions for text in s.overrides]
        keys = [text.partition("=")[0] for text in suggested]
        assert len(set(keys)) == len(keys), suggested
        assert sum(len(diagnosis.suggestions) for diagnosis in diagnoses) <= 2
        told = {diagnosis.name for diagnosis in diagnoses}
        assert not told & {"overfitting"} or "underfitting" not in told
        assert bool(diagnoses) == bool(all_found)
        seen |= told
    measured = {"feature scale", "class imbalance", "label noise", "distribution shift"}
    assert seen == set(EXPLAINS) - measured


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
    flaws = chooser.choice([{}, *({code: "found"} for code in ("NL101", *LINTED))])
    if chooser.random() < 0.5:
        config = experiment(f"optimizer.lr={lr}")
        train = chooser.random()
        val = train * chooser.uniform(0.7, 1)
        return facts(
            train=train, val=val, curves=curves, probe_records=[health], config=config, flaws=flaws
        )
    r2 = chooser.uniform(-3, 1)
    config = experiment(REGRESSION, f"optimizer.lr={lr}")
    test, mse = r2 - chooser.uniform(0, 1), 10 ** chooser.uniform(-2, 4)
    given = regression(r2=r2, test=test, mse=mse, config=config, flaws=flaws)
    return replace(given, curves=curves, probe_records=[health])


def test_a_network_that_memorises_noise_is_diagnosed(tmp_path) -> None:
    run = nnlab.train("e9_random_overfit", seeds=3, runs_dir=tmp_path)
    found = diagnose(open_run(run), {}, tmp_path).problems
    assert [finding.name for finding in found] == ["chance", "overfitting"]
    assert found[0].evidence == ("no simple model finds a difference of the classes",)


def test_the_command_prints_the_diagnosis_and_fails_when_strict(tmp_path, command: Command) -> None:
    run = nnlab.train("e1_spiral_linear", runs_dir=tmp_path)
    process = command("check", str(run.path))
    assert process.code == 0
    assert "underfitting: balanced_accuracy is only" in process.stdout
    assert "  try: model.activation=relu" in process.stdout
    strict = command("check", str(run.path), "--strict")
    assert strict.code == 8


def test_rates_are_relative_to_the_largest_mean_of_the_seeds():
    records = [{"epoch": e, "lr": lr} for e, lr in ((1, 0.1), (1, 0.3), (2, 0.4), (3, 0.0))]
    assert rates_of(records) == pytest.approx([0.5, 1.0, 0.0])


def test_there_are_no_rates_where_every_one_is_zero():
    assert rates_of([{"epoch": 1, "lr": 0.0}]) == []
    assert rates_of([{"epoch": 1}]) == []
