"""From a sweep file to its plan."""

from __future__ import annotations

import json
from importlib.util import find_spec
from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.messages import ConfigProblems, Problem
from nnlab.config.space import is_finite
from nnlab.config.sweep_check import check_sweep, experiment_of, raise_all
from nnlab.errors import ConfigError
from nnlab.formatting import pluralize
from nnlab.sweep.halving import rungs_of
from nnlab.sweep.packs import MAX_REPLICAS, packs_of
from nnlab.sweep.plan import Plan, to_the_end
from nnlab.sweep.sampling import Draw, draws_of, picks_of
from nnlab.sweep.tpe import NEEDS_OPTUNA
from nnlab.sweep.trials import Trial

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.sweep_file import SweepFile
    from nnlab.sweep.halving import Rung


class Planned(NamedTuple):
    """A plan, and what a user should know about how it came about."""

    plan: Plan
    notes: list[str]


def plan_of(
    file: SweepFile, max_replicas: Callable[[ExperimentConfig], int] = lambda _: MAX_REPLICAS
) -> Planned:
    """Plan a sweep, after checking the whole space.

    Args:
        file: The sweep.
        max_replicas: See ``packs_of``.

    Raises:
        ConfigProblems: With all that is wrong, each with its location.
    """
    check_sweep(file)
    sweep = file.config
    most = sweep.sampler.batch if sweep.sampler.name == "tpe" else sweep.max_trials
    draws = draws_of(sweep.space, sweep.sampler, most)
    trials, notes = _distinct(_trials(file, draws), is_space_finite=is_finite(sweep.space))
    if sweep.sampler.name == "tpe":
        notes = [] if find_spec("optuna") else [NEEDS_OPTUNA]
    rungs = _rungs(file, trials)
    packs = packs_of(trials, sweep.seeds, max_replicas)
    seeds = tuple(file.base.train.replica_seeds)
    return Planned(Plan(sweep, file.base, trials, packs, rungs, seeds, file.metric), notes)


def _trials(file: SweepFile, draws: Sequence[Draw]) -> list[Trial]:
    """Return the trials of draws, each checked as a whole experiment."""
    trials: list[Trial] = []
    problems: list[Problem] = []
    for draw in draws:
        try:
            overrides, config = experiment_of(file, picks_of(draw))
        except ConfigProblems as error:
            problems += error.problems
        else:
            trials.append(Trial(len(trials), overrides, config))
    raise_all(problems)
    return trials


def _distinct(
    trials: Sequence[Trial], *, is_space_finite: bool
) -> tuple[tuple[Trial, ...], list[str]]:
    """Return trials without those that have the values of another, and what to say about it."""
    first = {json.dumps(trial.overrides): trial for trial in reversed(trials)}
    kept = sorted(first.values(), key=lambda trial: trial.number)
    distinct = tuple(
        Trial(number, trial.overrides, trial.config) for number, trial in enumerate(kept)
    )
    num_left_out = len(trials) - len(distinct)
    if not num_left_out:
        return distinct, []
    why = "; sampler: grid tries every point once" if is_space_finite else ""
    drawn = pluralize(num_left_out, "trial")
    return distinct, [f"{drawn} had the values of an earlier one and were left out{why}"]


def _rungs(file: SweepFile, trials: Sequence[Trial]) -> tuple[Rung, ...]:
    prune = file.config.prune
    if prune.name == "none":
        return to_the_end(trials)
    epochs, eval_every = file.base.train.epochs, file.base.train.eval_every
    first = prune.first_epochs(epochs, eval_every)
    rungs = rungs_of(len(trials), epochs, prune.factor, first)
    if len(rungs) == 1:
        msg = f"halving has nothing to prune: there is only {pluralize(len(trials), 'trial')}"
        raise ConfigError(msg)
    return rungs
