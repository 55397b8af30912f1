"""A plan is written once, and read back as a stranger's file."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.load import config_from_mapping
from nnlab.config.sweep import SweepConfig
from nnlab.errors import RunError
from nnlab.sweep.halving import Rung, rungs_of
from nnlab.sweep.packs import packs_of
from nnlab.sweep.plan import Plan
from nnlab.sweep.trials import restore

BASE = {
    "name": "base",
    "dataset": {"name": "digits"},
    "model": {"name": "mlp"},
    "optimizer": {"name": "sgd", "lr": 0.1},
    "train": {"epochs": 9, "seeds": 2},
}
SPACE = {"optimizer.lr": {"log": [1e-3, 1]}, "train.batch_size": {"choice": [16, 32]}}


@pytest.fixture
def plan() -> Plan:
    base = config_from_mapping(BASE)
    given = [
        {"optimizer.lr": 0.1 * (i + 1), "train.batch_size": 16 * (1 + i % 2)} for i in range(4)
    ]
    trials = tuple(restore(i, values, base, Path()) for i, values in enumerate(given))
    value = {"base": "base.yaml", "space": SPACE, "trials": 4, "seeds": 2, "audit": 3}
    sweep = SweepConfig.model_validate({**value, "prune": "halving"})
    rungs = rungs_of(4, 9, 3, 1)
    return Plan(sweep, base, trials, packs_of(trials, 2), rungs, (0, 1), "val.loss")


def test_a_plan_is_read_back_as_it_was_written(plan: Plan) -> None:
    stored = Plan.from_json(json.loads(plan.text), Path())

    assert stored == plan
    assert stored.text == plan.text
    assert stored.sha256 == plan.sha256


def test_overrides_decide_defaults_that_follow_from_them(plan: Plan) -> None:
    changed = restore(0, {"train.early_stopping": {"patience": 3}}, plan.base, Path())

    assert (plan.base.train.select, changed.config.train.select) == ("last", "best")


def test_a_section_is_replaced_before_its_keys_whatever_their_order(plan: Plan) -> None:
    values = {"optimizer.lr": 0.5, "optimizer": {"name": "adam"}}
    trial = restore(0, values, plan.base, Path())

    assert (trial.config.optimizer.name, trial.config.optimizer.lr) == ("adam", 0.5)
    assert list(trial.overrides) == ["optimizer.lr", "optimizer"]
    assert plan.base.optimizer.name == "sgd"


def test_replica_epochs_are_counted_with_and_without_pruning(plan: Plan) -> None:
    assert plan.rungs == (Rung(1, 4), Rung(9, 1))
    assert plan.replica_epochs == 2 * (4 * 1 + 1 * 8)
    assert plan.unpruned_replica_epochs == 2 * 4 * 9
    assert plan.audited == 3


SPOILT: dict[str, Callable[[dict[str, Any]], object]] = {
    "packs: each trial must be in one": lambda p: p["packs"].pop(),
    "packs.0: its trials differ": lambda p: p.update(packs=[[0, 1], [2, 3]]),
    "packs.0: List should have at least": lambda p: p["packs"].insert(0, []),
    "packs.0.0: Input should be less": lambda p: p["packs"][0].__setitem__(0, 10**9),
    "trials: List should have at least": lambda p: p.update(trials=[]),
    "optimizer.lr: should be more than 0": lambda p: p["trials"][1].update({"optimizer.lr": -1.0}),
    "optimizer.typo: unknown key": lambda p: p["trials"][1].update({"optimizer.typo": 1}),
    "rungs: they do not lead": lambda p: p.update(rungs=p["rungs"][:1]),
    "rungs.0.num_trials: Input": lambda p: p["rungs"][0].update(num_trials=0),
    "seeds: they are not those": lambda p: p.update(seeds=[5, 6]),
    "metric: String should match": lambda p: p.update(metric="test.accuracy"),
    "sweep.space: optimizer.lr.log: the bounds are reversed": (
        lambda p: p["sweep"]["space"].update({"optimizer.lr": {"log": [1, 0.1]}})
    ),
    "sweep.trials: Input should be less": lambda p: p["sweep"].update(trials=10**9),
    "sweep.space.dataset.path: trials on other data": (
        lambda p: p["sweep"]["space"].update({"dataset.path": {"choice": ["/etc/passwd"]}})
    ),
    "trials.2: its keys are not those": lambda p: p["trials"][2].pop("optimizer.lr"),
    "trials.0: its keys are not": lambda p: p["trials"][0].update({"dataset.name": "digits"}),
    "metric: it is not that of the sweep": lambda p: p["sweep"].update(metric="test.loss"),
    "sweep: Field required": lambda p: p.pop("sweep"),
    "dataset: needs a name": lambda p: p["base"].update(dataset={}),
    "no_such.py": lambda p: p["base"].update(model={"name": "no_such.py:Net"}),
}


@pytest.mark.parametrize("text", SPOILT)
def test_a_plan_that_is_none_is_refused_with_the_place(plan: Plan, text: str) -> None:
    value = json.loads(plan.text)
    SPOILT[text](value)

    with pytest.raises(RunError, match=rf"^plan\.json: (.*\n)*.*{text}"):
        Plan.from_json(value, Path("nowhere"))


def test_a_plan_may_hold_more(plan: Plan) -> None:
    value = json.loads(plan.text)
    value["rungs"][0]["later"] = value["later"] = 1

    assert Plan.from_json(value, Path()) == plan


@pytest.mark.parametrize("value", [None, [], 1, "text", {"trials": [[]]}])
def test_what_is_no_plan_at_all_is_refused(value: object) -> None:
    with pytest.raises(RunError, match=r"^plan\.json: "):
        Plan.from_json(value, Path())
