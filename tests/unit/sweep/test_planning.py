"""From a space to trials, packs and rungs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from nnlab.config.messages import SourceText
from nnlab.config.sweep import HalvingConfig
from nnlab.config.sweep_file import read_sweep
from nnlab.config.yaml12 import parse
from nnlab.errors import ConfigError
from nnlab.sweep.halving import Rung
from nnlab.sweep.plan import Plan
from nnlab.sweep.planning import Planned, plan_of

LR = "optimizer.lr=log(1e-4,1e-1)"


def planned(*arguments: str, **options: Any) -> Planned:
    return plan_of(read_sweep("digits_mlp", arguments, options))


def test_a_sweep_of_one_range_is_one_pack() -> None:
    plan, notes = planned(LR, trials=8)

    assert plan.packs == (tuple(range(8)),)
    assert plan.rungs == (Rung(20, 8),)
    assert (plan.seeds, plan.metric, notes) == ((0, 1, 2), "val.loss", [])
    assert all(trial.config.train.seeds == 3 for trial in plan.trials)
    assert plan.trials[3].config.optimizer.lr == plan.trials[3].overrides["optimizer.lr"]


def test_without_a_number_of_trials_points_make_a_grid_and_ranges_32_draws() -> None:
    grid = planned("train.batch_size=choice(16,32)", "model.dropout=uniform(0,0.5,count=3)").plan

    assert (len(grid.trials), grid.sweep.sampler.name) == (6, "grid")
    assert len(planned(LR, "train.batch_size=choice(16,32)").plan.trials) == 32


def test_halving_prunes_at_rungs() -> None:
    plan = planned(LR, trials=27, prune="halving").plan

    assert plan.rungs == (Rung(2, 27), Rung(6, 9), Rung(20, 3))
    assert plan.replica_epochs < 0.3 * plan.unpruned_replica_epochs


@pytest.mark.parametrize(
    ("epochs", "eval_every", "first"), [(3, 1, 1), (29, 1, 2), (30, 1, 3), (20, 5, 5), (40, 2, 4)]
)
def test_a_tenth_of_the_epochs_goes_before_the_first_pruning(
    epochs: int, eval_every: int, first: int
) -> None:
    prune = HalvingConfig()
    assert prune.first_epochs(epochs, eval_every) == first
    assert HalvingConfig(first=7).first_epochs(epochs, eval_every) == 7


def test_trials_of_points_drawn_twice_are_left_out_and_it_is_said() -> None:
    plan, notes = planned("train.batch_size=choice(16,32,64)", trials=8, sampler="random")

    sizes = [trial.overrides["train.batch_size"] for trial in plan.trials]
    assert len(sizes) == len(set(sizes)) < 8
    assert [trial.number for trial in plan.trials] == list(range(len(sizes)))
    assert notes == [
        (
            f"{8 - len(sizes)} trials had the values of an earlier one and were left out; "
            "sampler: grid tries every point once"
        )
    ]


def test_packs_differ_by_section_and_shape() -> None:
    plan = planned(
        "optimizer=choice({name: sgd}, {name: adam})",
        "model.hidden_sizes=choice([8],[16])",
        LR,
        trials=16,
    ).plan

    assert len(plan.packs) == 4
    assert sorted(sum(plan.packs, ())) == list(range(16))


def test_a_plan_that_was_read_from_a_file_can_be_stored_and_read_back(tmp_path: Path) -> None:
    plan = planned(LR, "train.early_stopping=choice(null,{patience: 3})", trials=8).plan

    assert Plan.from_json(json.loads(plan.text), tmp_path) == plan
    assert {trial.config.train.select for trial in plan.trials} == {"last", "best"}


def test_halving_a_single_trial_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"nothing to prune: there is only 1 trial$"):
        planned(LR, trials=1, prune="halving")


@pytest.mark.parametrize("sampler", ["grid", "random", "sobol"])
def test_every_sampler_can_be_stored_and_read_back(sampler: str) -> None:
    plan = planned("train.batch_size=choice(16,32,64)", sampler=sampler).plan

    assert Plan.from_json(json.loads(plan.text), Path()).text == plan.text
    assert planned_text(plan.sweep_text).trials == plan.trials


def planned_text(text: str) -> Plan:
    return plan_of(read_sweep(parse(text, SourceText("sweep.yaml", text)).value)).plan
