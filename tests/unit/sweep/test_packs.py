"""Which trials train together."""

from __future__ import annotations

from typing import Any

import pytest

from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping
from nnlab.sweep.packs import MAX_REPLICAS, packs_of
from nnlab.sweep.trials import Trial

BASE = {
    "dataset": {"name": "digits"},
    "model": {"name": "mlp"},
    "loss": {"name": "cross_entropy"},
    "optimizer": {"name": "sgd"},
}


def trials_of(*changes: str) -> list[Trial]:
    return [
        Trial(number, {}, config_from_mapping(BASE, change.split()))
        for number, change in enumerate(changes)
    ]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("optimizer.lr=0.1", "optimizer.lr=0.2"),
        ("optimizer.weight_decay=0.1", "optimizer.weight_decay=0.2"),
        ("optimizer.momentum=0.1", "optimizer.momentum=0.2"),
        ("model.dropout=0.1", "model.dropout=0.2"),
        ("train.clip_norm=1.0", "train.clip_norm=2.0"),
        ("optimizer.momentum=0.0", "optimizer.momentum=0.9"),
        ("model.dropout=0.0", "model.dropout=0.5"),
        ("train.clip_norm=null", "train.clip_norm=1.0"),
        ("schedule={name: step, gamma: 0.1}", "schedule={name: step, gamma: 0.2}"),
    ],
)
def test_what_a_replica_can_vary_trains_together(one: str, other: str) -> None:
    trials = [
        Trial(i, {}, config_from_mapping(BASE, [change])) for i, change in enumerate([one, other])
    ]

    assert packs_of(trials, 1) == ((0, 1),)


@pytest.mark.parametrize(
    "change",
    [
        "optimizer.name=adam",
        "model.hidden_sizes=[32]",
        "model.activation=tanh",
        "train.batch_size=32",
        "train.epochs=20",
        "dataset.standardize=true",
        "train.precision=float64",
        "loss.label_smoothing=0.1",  # the validation loss depends on it
    ],
)
def test_what_it_cannot_vary_trains_apart(change: str) -> None:
    trials = trials_of("optimizer.lr=0.1", f"optimizer.lr=0.1 {change}", "optimizer.lr=0.2")

    assert packs_of(trials, 1) == ((0, 2), (1,))


def test_a_pack_has_at_most_so_many_replicas_and_packs_are_equal() -> None:
    trials = trials_of(*(f"optimizer.lr=0.{i + 1}" for i in range(17)))
    packs = packs_of(trials, 3)

    assert [len(pack) for pack in packs] == [8, 9]
    assert sum(packs, ()) == tuple(range(17))
    assert all(3 * len(pack) <= MAX_REPLICAS for pack in packs)


def test_a_trial_of_many_seeds_is_a_pack_all_the_same() -> None:
    assert packs_of(trials_of("optimizer.lr=0.1", "optimizer.lr=0.2"), 100) == ((0,), (1,))


def test_the_limit_can_depend_on_the_experiment() -> None:
    trials = trials_of(
        *(f"optimizer.lr=0.{i + 1} model.hidden_sizes=[{w}]" for w in (8, 512) for i in range(4))
    )

    def limit(config: ExperimentConfig) -> int:
        hidden: Any = config.model
        return 2 if hidden.hidden_sizes == (512,) else 4

    assert packs_of(trials, 1, limit) == ((0, 1, 2, 3), (4, 5), (6, 7))
