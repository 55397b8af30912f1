"""What the page of a sweep computes: the expected best, the keys as numbers, their importance."""

from __future__ import annotations

import itertools
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from nnlab.config.load import config_from_mapping
from nnlab.config.sweep import SweepConfig
from nnlab.report.sweep.dimensions import Dimension, dimensions_of
from nnlab.report.sweep.expected import expected_best
from nnlab.report.sweep.forest import importance
from nnlab.sweep.halving import Rung
from nnlab.sweep.plan import Plan
from nnlab.sweep.trials import restore

SCORES = [0.4, 0.9, 0.9, 0.7]


@pytest.mark.parametrize("is_lower_better", [False, True])
def test_the_expected_best_is_the_mean_over_all_draws(is_lower_better: bool) -> None:
    found = expected_best(SCORES, lower_is_better=is_lower_better)
    best = min if is_lower_better else max
    for n in range(1, 5):
        all_best = sorted(best(draw) for draw in itertools.product(SCORES, repeat=n))
        assert found.mean[n - 1] == pytest.approx(np.mean(all_best))
        for end, level in ((found.low, 0.05), (found.high, 0.95)):
            quantile = np.quantile(all_best, level, method="inverted_cdf")
            assert end[n - 1] == pytest.approx(quantile)


def test_a_diverged_trial_counts_as_the_worst() -> None:
    found = expected_best([0.2, None, 0.8], lower_is_better=False)
    assert found.mean[0] == pytest.approx((0.2 + 0.2 + 0.8) / 3)
    assert expected_best([0.2, None, 0.8], lower_is_better=True).mean[0] == pytest.approx(0.6)


BASE = {
    "dataset": {"name": "digits"},
    "model": {"name": "mlp", "hidden_sizes": [32]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"seeds": 2},
}
SPACE: dict[str, Any] = {
    "optimizer": {
        "choice": [
            {"name": "sgd", "lr": {"log": [1e-3, 1.0]}, "momentum": {"choice": [0.0, 0.9]}},
            {"name": "adam", "lr": {"log": [1e-4, 0.1]}},
        ]
    },
    "model": {
        "choice": [{"name": "mlp", "hidden_sizes": [32]}, {"name": "mlp", "hidden_sizes": [64]}]
    },
    "train.batch_size": {"int": [16, 64]},
}
GIVEN = [
    ({"name": "sgd", "lr": 0.1, "momentum": 0.9}, 64, 16),
    ({"name": "adam", "lr": 0.02}, 32, 64),
    ({"name": "sgd", "lr": 0.001, "momentum": 0.0}, 32, 20),
]


def dimensions() -> dict[str, Dimension]:
    base = config_from_mapping(BASE)
    overrides = [
        {
            "optimizer": optimizer,
            "model": {"name": "mlp", "hidden_sizes": [size]},
            "train.batch_size": batch,
        }
        for optimizer, size, batch in GIVEN
    ]
    trials = tuple(restore(i, values, base, Path()) for i, values in enumerate(overrides))
    sweep = SweepConfig.model_validate({"base": BASE, "space": SPACE, "trials": 3, "seeds": 2})
    rungs = (Rung(base.train.epochs, 3),)
    plan = Plan(sweep, base, trials, ((0,), (1,), (2,)), rungs, (0, 1), "val.accuracy")
    return {dimension.key: dimension for dimension in dimensions_of(plan)}


def test_keys_inside_sections_are_dimensions_of_their_own() -> None:
    found = dimensions()

    assert [*found] == [
        "optimizer", "optimizer.lr", "optimizer.momentum", "model", "train.batch_size",
    ]  # fmt: skip
    assert found["optimizer"].options == ("sgd", "adam")
    assert found["optimizer"].values.tolist() == [0, 1, 0]
    assert found["optimizer"].base == 1
    rate = found["optimizer.lr"]
    assert (rate.is_log, rate.options, rate.base) == (True, (), 0.01)
    assert rate.values.tolist() == [0.1, 0.02, 0.001]
    assert rate.position(np.array([0.001, 0.01, 0.1])) == pytest.approx([0, 0.5, 1])
    assert np.isnan(found["optimizer.momentum"].values).tolist() == [False, True, False]
    assert found["optimizer.momentum"].text(1) == "0.9"
    assert found["train.batch_size"].base == 64


def test_options_of_one_name_are_told_apart() -> None:
    model = dimensions()["model"]

    assert len({*model.options}) == 2
    assert "64" in model.options[1]
    assert model.values.tolist() == [1, 0, 0]


def view_of(values: dict[str, list[float]], scores: list[float | None], **options: Any) -> Any:
    found = [
        Dimension(key, np.array(v), np.nan, options.get(key, ()), is_log=False)
        for key, v in values.items()
    ]
    trials = [{"trial": number, "score": score} for number, score in enumerate(scores)]
    return SimpleNamespace(
        dimensions=found,
        plan=SimpleNamespace(trials=scores),
        rungs=[{"epochs": 3, "trials": trials[::-1]}],
        is_lower_better=True,
    )


def test_the_key_that_decides_is_the_important_one() -> None:
    draws = np.random.default_rng(0)
    kind = draws.integers(3, size=60)
    noise, missing = draws.random(60), np.where(draws.random(60) < 0.3, np.nan, draws.random(60))
    scores = [None if k == 1 else float(k + 0.01 * n) for k, n in zip(kind, noise, strict=True)]
    values = {"noise": [*noise], "kind": [*kind.astype(float)], "missing": [*missing]}

    found = importance(view_of(values, scores, kind=("a", "b", "c")))

    assert found is not None
    assert found.keys[0] == "kind"
    assert found.places[0].mean() > 5 * abs(found.places[1:]).mean()
    assert found.has_learned
    assert found.error < 0.5 * found.naive_error


def test_a_forest_that_learned_nothing_says_so() -> None:
    draws = np.random.default_rng(1)
    values = {key: [*draws.random(30)] for key in "ab"}

    found = importance(view_of(values, [*draws.random(30)]))

    assert found is not None
    assert not found.has_learned


def test_one_key_or_few_trials_have_no_importance() -> None:
    assert importance(view_of({"a": [*np.arange(30.0)]}, [0.5] * 30)) is None
    assert importance(view_of({key: [*np.arange(11.0)] for key in "ab"}, [0.5] * 11)) is None
