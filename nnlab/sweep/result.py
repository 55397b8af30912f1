"""The result of a sweep: what the search found, and what was left of it on fresh seeds."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.comparison.intervals import t_interval
from nnlab.comparison.words import verdict
from nnlab.metrics import METRICS
from nnlab.seeding import derive_seed
from nnlab.storage import versions
from nnlab.sweep.halving import score_of, survivors
from nnlab.sweep.optimism import accuracies, optimism

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.comparison.intervals import Interval
    from nnlab.comparison.result import Comparison
    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.confirm import Confirmation
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.search import RungResult


@dataclass(frozen=True)
class Audited:
    """A pruned trial that was trained to the end.

    Attributes:
        trial: Its number.
        score: Its score at the end, None if it has diverged.
        rank: Its rank among the trials that were not pruned, from 1.
    """

    trial: int
    score: float | None
    rank: int


@dataclass(frozen=True)
class SweepResult:
    """What a sweep has found.

    Attributes:
        plan: Its plan.
        rungs: What each rung has shown.
        confirmation: What fresh seeds have shown.
        optimism: How much of the winner's score in the search is the luck of the validation examples,
            in the unit of the metric; None if the metric is not the accuracy.
        audited: The pruned trials that were trained to the end.
    """

    plan: Plan
    rungs: Sequence[RungResult]
    confirmation: Confirmation
    optimism: float | None
    audited: tuple[Audited, ...]

    @property
    def metric(self) -> str:
        """Name of the metric, without its split."""
        return self.plan.metric.partition(".")[2]

    @property
    def best(self) -> int:
        """Number of the best trial of the search."""
        return self.rungs[-1].survivors[0]

    @property
    def winner(self) -> int:
        """Number of the trial that was best on fresh seeds."""
        return self.confirmation.winner

    @property
    def winner_score(self) -> float:
        """The winner's score in the search."""
        return self.rungs[-1].scores[self.winner] or 0.0

    @property
    def fresh(self) -> float | None:
        """The winner's validation metric on fresh seeds; None if one has diverged."""
        return score_of(self.confirmation.val)

    @property
    def fresh_interval(self) -> Interval | None:
        """Its 95 % interval for other seeds and the same examples."""
        known = [value for value in self.confirmation.val if value is not None]
        return t_interval(np.array(known)) if len(known) > 1 else None

    @property
    def luck_of_seeds(self) -> float | None:
        """How much better the winner looked in the search than on fresh seeds; positive is better."""
        if self.fresh is None:
            return None
        sign = -1 if METRICS[self.metric].lower_is_better else 1
        return sign * (self.winner_score - self.fresh)

    @property
    def test(self) -> Comparison:
        """The winner against the base on the test examples."""
        return self.confirmation.test

    def to_json(self) -> dict[str, Any]:
        """Return the content of result.json; it holds no time, so that it is the same everywhere."""
        return {
            "schema_version": versions.SWEEP,
            "status": "finished",
            "metric": self.plan.metric,
            "num_trials": len(self.plan.trials),
            "num_finished": len(self.rungs[-1].survivors),
            "seeds": list(self.plan.seeds),
            "replica_epochs": self.plan.replica_epochs,
            "best": self._trial(self.best),
            "winner": self._trial(self.winner),
            "finalists": self._finalists(),
            "fresh": {
                "val": self.fresh,
                "interval": _interval(self.fresh_interval),
                "per_seed": self.confirmation.val,
            },
            "luck": {"seeds": self.luck_of_seeds, "examples": self.optimism},
            "audited": [asdict(audited) for audited in self.audited],
            "test": _comparison(self.test),
        }

    def _trial(self, number: int) -> dict[str, Any]:
        score = self.rungs[-1].scores[number]
        return {"trial": number, "overrides": self.plan.trials[number].overrides, "score": score}

    def _finalists(self) -> list[dict[str, Any]]:
        return [
            {**self._trial(trial), "fresh": score_of(values), "per_seed": values}
            for trial, values in self.confirmation.finalists.items()
        ]


def result_of(
    folder: SweepDir, plan: Plan, rungs: Sequence[RungResult], confirmation: Confirmation
) -> SweepResult:
    """Return the result of a sweep that has been searched and confirmed."""
    lucky = None
    if plan.metric == "val.accuracy" and len(rungs[-1].survivors) > 1:
        finished = {t for t, score in rungs[-1].scores.items() if score is not None}
        table = accuracies(folder, plan, finished - set(rungs[0].audited))
        lucky = optimism(table, derive_seed("optimism", plan.sweep.sampler.seed))
    return SweepResult(plan, rungs, confirmation, lucky, tuple(_audited(plan, rungs)))


def _audited(plan: Plan, rungs: Sequence[RungResult]) -> list[Audited]:
    scores = rungs[-1].scores
    is_lower_better = METRICS[plan.metric.partition(".")[2]].lower_is_better
    found = []
    for trial in rungs[0].audited:
        rivals = {t: scores[t] for t in (*rungs[-1].survivors, trial)}
        order = survivors(rivals, len(rivals), lower_is_better=is_lower_better)
        found.append(Audited(trial, scores[trial], order.index(trial) + 1))
    return found


def _interval(interval: Interval | None) -> list[float] | None:
    return None if interval is None else [interval.low, interval.high]


def _comparison(test: Comparison) -> dict[str, Any]:
    """Return a comparison without the times that were measured."""
    (pair,) = test.pairs
    return {
        "metric": test.metric,
        "num_examples": test.num_examples,
        "contenders": [
            {
                "name": row.name,
                "mean": row.mean,
                "interval": _interval(row.interval),
                "seeds": row.seeds,
                "per_seed": row.per_seed,
                "diverged": row.diverged,
            }
            for row in test.rows
        ],
        "difference": pair.difference,
        "interval": pair.interval.to_json(),
        "is_decided": pair.is_decided,
        "verdict": verdict(test, pair),
    }
