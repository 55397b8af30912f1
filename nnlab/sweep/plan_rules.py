"""Whether the parts of a plan agree, whoever wrote it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from nnlab.config.sweep_rules import sweep_rules
from nnlab.sweep.packs import kind_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.sweep import SweepConfig
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.trials import Trial


def check_plan(plan: Plan) -> None:
    """Check that the parts of a plan agree.

    Raises:
        ValueError: If they do not.
    """
    if plan.metric != (plan.sweep.metric or plan.base.train.monitor):
        msg = "metric: it is not that of the sweep"
        raise ValueError(msg)
    for path, text in sweep_rules(plan.sweep, plan.base, plan.metric):
        msg = f"sweep.{'.'.join(map(str, path))}: {text}"
        raise ValueError(msg)
    check_trials(plan.trials, plan.sweep)
    check_packs(plan.trials, plan.packs)
    if plan.has_batches and len(plan.trials) > plan.sweep.sampler.batch:
        msg = "trials: they are more than the first batch"
        raise ValueError(msg)
    if len(plan.seeds) != plan.sweep.seeds or plan.seeds != tuple(plan.base.train.replica_seeds):
        msg = "seeds: they are not those of the sweep and its base"
        raise ValueError(msg)
    _check_rungs(plan)


def check_trials(trials: Sequence[Trial], sweep: SweepConfig) -> None:
    """Check that trials have values for the space.

    Raises:
        ValueError: If one has not.
    """
    for trial in trials:
        if trial.overrides.keys() != sweep.space.keys():
            msg = f"trials.{trial.number}: its keys are not those of the space"
            raise ValueError(msg)


def check_packs(trials: Sequence[Trial], packs: Sequence[tuple[int, ...]], first: int = 0) -> None:
    """Check that packs hold all trials from the first one, each together with its like.

    Raises:
        ValueError: If they do not.
    """
    numbers = [number for pack in packs for number in pack]
    if sorted(numbers) != list(range(first, len(trials))):
        msg = "packs: each trial must be in one of them"
        raise ValueError(msg)
    for index, pack in enumerate(packs):
        if len({kind_of(trials[number].config) for number in pack}) > 1:
            msg = f"packs.{index}: its trials differ in more than replicas can"
            raise ValueError(msg)


def _check_rungs(plan: Plan) -> None:
    rungs = plan.rungs
    is_ladder = all(
        low.epochs < high.epochs and low.num_trials >= high.num_trials
        for low, high in pairwise(rungs)
    )
    end = max(trial.config.train.epochs for trial in plan.trials)
    if not is_ladder or rungs[0].num_trials != len(plan.trials) or rungs[-1].epochs != end:
        msg = "rungs: they do not lead from all trials to the last epoch"
        raise ValueError(msg)
