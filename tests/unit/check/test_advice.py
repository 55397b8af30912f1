"""Advice that an experiment can follow: what it cannot take, or has already, is not advised."""

from __future__ import annotations

import pytest

from nnlab.check.diagnosis import find_all
from nnlab.check.remedies import settle
from nnlab.check.run_facts import Facts
from nnlab.config.load import config_from_mapping
from tests.unit.check.test_diagnosis import experiment, facts, regression

OVERFITTED = [(1, 0.9, 0.5), (2, 0.5, 0.4), (8, 0.2, 0.5), (10, 0.1, 0.6)]
SHORT = [(n, 0.9 - 0.01 * n, 0.9) for n in range(1, 8)]
FOR_NETWORKS = ("epochs", "optimizer", "early_stopping", "dropout", "hidden_sizes", "select")


def estimator(name: str, task: str = "classification", **options: object):
    dataset = {"name": "csv", "path": "t.csv", "target": "y", "task": task}
    model = {"name": "sklearn", "estimator": name, **options}
    return config_from_mapping({"dataset": dataset, "model": model})


def advice(given: Facts) -> str:
    return "; ".join(found.advice for found in settle(find_all(given), given.config))


@pytest.mark.parametrize("name", ["random_forest", "gradient_boosting", "knn", "svm"])
@pytest.mark.parametrize(
    "given",
    [
        lambda config: facts(train=0.61, val=0.6, supports=(600, 400), config=config),
        lambda config: facts(train=0.99, val=0.7, supports=(600, 400), config=config),
        lambda config: facts(train=0.7, val=0.69, config=config),
    ],
    ids=["at chance", "memorised", "underfitted"],
)
def test_an_estimator_is_not_told_to_train_like_a_network(name: str, given) -> None:
    said = advice(given(estimator(name)))

    assert said
    assert not [word for word in FOR_NETWORKS if word in said]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (estimator("random_forest"), "model.min_samples_leaf=5"),
        (estimator("gradient_boosting"), "model.max_leaf_nodes=8"),
        (estimator("knn"), "model.n_neighbors=15"),
        (estimator("svm"), "model.C=0.1"),
    ],
)
def test_a_smaller_estimator_has_the_names_of_scikit_learn(config, expected: str) -> None:
    assert expected in advice(facts(train=0.99, val=0.7, supports=(600, 400), config=config))


def test_one_neighbour_cannot_become_fewer() -> None:
    poor = facts(train=0.7, val=0.69, config=estimator("knn", n_neighbors=1))
    assert advice(poor) == "other features"


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ([], "train.early_stopping={patience: 10} train.select=best"),
        (["train.early_stopping={patience: 9}", "train.select=last"], "train.select=best"),
        (["train.early_stopping={patience: 9}"], ""),
        (["train.select=best"], ""),
    ],
    ids=["plain", "stopped, last weights", "stopped", "best weights"],
)
def test_overfitting_is_not_answered_with_what_is_there_already(
    overrides: list[str], expected: str
) -> None:
    said = advice(facts(curves=OVERFITTED, config=experiment(*overrides)))

    assert said.split(" or ")[0] == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["train.epochs=7"], "train.epochs=35"),
        (["train.epochs=50"], "train.epochs=150"),
        (
            ["train.epochs=50", "train.early_stopping={patience: 3}"],
            "train.epochs=150 train.early_stopping.patience=12",
        ),
        (["train.epochs=50", "train.max_minutes=1"], "train.epochs=150 train.max_minutes=null"),
        (["train.limit_batches=2"], "train.limit_batches=null"),
    ],
)
def test_a_longer_training_lifts_what_ended_it(overrides: list[str], expected: str) -> None:
    poor = facts(train=0.5, val=0.5, curves=SHORT, steps=90, config=experiment(*overrides))
    assert advice(poor).split(" or ")[0] == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["optimizer.lr=1e-6"], "optimizer.lr=0.001"),
        (["optimizer={name: sgd, lr: 0.001}"], "optimizer.lr=0.1"),
        (["optimizer={name: sgd, lr: 0.001, momentum: 0.9}"], "optimizer.lr=0.01"),
        (["schedule={name: constant, warmup_steps: 900}"], "schedule.warmup_steps=0"),
        (["train.clip_norm=1e-6"], "train.clip_norm=null"),
    ],
)
def test_small_steps_become_larger(overrides: list[str], expected: str) -> None:
    poor = facts(train=0.5, val=0.5, curves=SHORT, config=experiment(*overrides))
    (diagnosis,) = settle(find_all(poor), poor.config)
    assert diagnosis.name == "learning rate too small"
    assert diagnosis.suggestions[0].overrides == (expected,)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("model={name: logistic}", "model={name: mlp, hidden_sizes: [64]}"),
        ("model.hidden_sizes=[2]", "model.hidden_sizes=[32]"),
        ("model.hidden_sizes=[64, 20]", "model.hidden_sizes=[256, 80]"),
        ("model.activation=identity", "model.activation=relu"),
        ("model.dropout=0.9", "model.dropout=0"),
        ("optimizer={name: adamw, weight_decay: 30}", "optimizer.weight_decay=0"),
    ],
)
def test_a_poor_fit_gets_what_holds_it_back(model: str, expected: str) -> None:
    settled = [(n, 0.5 + 0.5**n, None) for n in range(1, 20)]
    poor = facts(train=0.7, val=0.7, curves=settled, config=experiment(model))
    (diagnosis,) = settle(find_all(poor), poor.config)
    assert diagnosis.name == "underfitting"
    assert diagnosis.suggestions[0].overrides == (expected,)


def test_a_solver_gets_no_advice_about_steps() -> None:
    full = "train={epochs: 1, batch_size: full}"
    linear = experiment("model={name: logistic}", "optimizer={name: lbfgs}", full)
    assert (
        advice(facts(train=0.7, val=0.7, config=linear)) == "model={name: mlp, hidden_sizes: [64]}"
    )


def test_numbers_get_no_dropout_and_adam_no_weight_decay() -> None:
    number = experiment("dataset={name: regression}", "model.hidden_sizes=[4]")
    said = advice(regression(r2=0.9, test=0.1, config=number))
    assert said.startswith("optimizer.name=adamw optimizer.weight_decay=0.1")
    assert "dropout" not in said


def test_a_score_above_the_most_frequent_class_is_chance_only_perhaps() -> None:
    few = facts(train=0.99, val=0.62, supports=(600, 400))
    (first, *_) = settle(find_all(few), few.config)
    assert first.message.startswith("at chance, perhaps: an accuracy of 62.0 % on 1,000 validation")
    assert "and with luck 63.1 %" in first.message


@pytest.mark.parametrize(("balanced", "is_chance"), [(0.71, False), (0.5, True)])
def test_with_class_weights_every_class_counts_the_same(balanced: float, is_chance: bool) -> None:
    weighted = experiment("loss={name: cross_entropy, class_weight: balanced}")
    rare = facts(train=0.7, val=0.67, supports=(880, 120), config=weighted)
    for split in ("train", "val"):
        rare.summary[split]["balanced_accuracy"] = balanced
    messages = [diagnosis.message for diagnosis in settle(find_all(rare), rare.config)]
    assert any("at chance: a balanced accuracy of" in text for text in messages) is is_chance
    assert not any("most frequent" in text for text in messages)
