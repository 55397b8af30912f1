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
FOR_NETWORKS = ("epochs", "optimizer", "early_stopping", "dropout", "a larger model,", "layers")


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
        (estimator("random_forest"), "a larger model.min_samples_leaf"),
        (estimator("gradient_boosting"), "a smaller model.max_leaf_nodes"),
        (estimator("knn"), "a larger model.n_neighbors"),
        (estimator("svm"), "a smaller model.C"),
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
        ([], "train.early_stopping={patience: 5}"),
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

    assert said.split(",")[0] == expected


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (["train.epochs=7"], "more train.epochs"),
        (["train.epochs=7", "train.early_stopping={}"], "more train.epochs"),
        (["train.epochs=50", "train.early_stopping={}"], "a larger train.early_stopping.patience"),
        (["train.epochs=50", "train.max_minutes=1"], "a larger train.max_minutes"),
    ],
    ids=["all epochs", "never stopped", "stopped", "out of time"],
)
def test_a_longer_training_is_what_ended_it(overrides: list[str], expected: str) -> None:
    assert expected in advice(facts(train=0.5, curves=SHORT, config=experiment(*overrides)))


def test_numbers_get_no_dropout_and_adam_no_weight_decay() -> None:
    number = experiment("dataset={name: regression}")
    said = advice(regression(r2=0.9, test=0.1, config=number))
    assert "optimizer={name: adamw}" in said
    assert "dropout" not in said
    assert "weight_decay" not in said


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
