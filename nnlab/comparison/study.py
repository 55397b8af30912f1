"""Running a comparison: which runs to reuse, what to train and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.comparison import costs as costing
from nnlab.comparison.portions import Portion

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.comparison.contenders import Contender
    from nnlab.comparison.result import Comparison
    from nnlab.config.experiment import ExperimentConfig

    Get = Callable[[ExperimentConfig], list[Portion]]
    Judge = Callable[..., Comparison]


@dataclass(frozen=True)
class StoppingRule:
    """When to stop adding seeds.

    Attributes:
        width: Maximum width of the interval of every difference, in the unit of the metric.
        most_seeds: Maximum number of seeds per contender.
    """

    width: float
    most_seeds: int


def run_study(
    contenders: Sequence[Contender],
    *,
    seeds: int,
    get: Get,
    judge: Judge,
    stop: StoppingRule | None = None,
) -> Comparison:
    """Train the contenders without a run, on the same seeds, and compare all.

    Args:
        contenders: Two or more.
        seeds: Seeds per contender; with ``stop``, the number added each time.
        get: Returns the finished replicas of an experiment, reused or trained.
        judge: Compares the runs by a metric; see ``compare_runs``.
        stop: When to stop adding seeds; the intervals are then anytime-valid. None adds none.
    """
    runs = {c.name: _first_portions(c, seeds, get) for c in contenders}
    costs = {name: costing.measure(of_contender[0].run) for name, of_contender in runs.items()}
    comparison = judge(runs, costs=costs, is_sequential=stop is not None)
    while stop and _needs_seeds(comparison, _num_seeds(runs[contenders[0].name]), stop):
        done = _num_seeds(runs[contenders[0].name])
        more = min(seeds, stop.most_seeds - done)
        for contender in contenders:
            config = _of_seeds(contender.config, done, more)
            runs[contender.name] += get(config)
        comparison = judge(runs, costs=costs, is_sequential=True)
    return comparison


def _first_portions(contender: Contender, seeds: int, get: Get) -> list[Portion]:
    if contender.run is not None:
        return [Portion.whole(contender.run)]
    return get(_of_seeds(contender.config, 0, seeds))


def _of_seeds(config: ExperimentConfig, skipped: int, number: int) -> ExperimentConfig:
    """Return the experiment with ``number`` replicas, after skipping ``skipped`` seeds."""
    first = config.train.seed + skipped
    train = config.train.model_copy(update={"seed": first, "seeds": number})
    return config.model_copy(update={"train": train})


def _num_seeds(portions: Sequence[Portion]) -> int:
    """Return the number of seeds trained, whether they have diverged or not."""
    return sum(len(portion.replicas) for portion in portions)


def _needs_seeds(comparison: Comparison, num_seeds: int, stop: StoppingRule) -> bool:
    """Return whether more seeds are allowed, needed and useful."""
    wide = [pair for pair in comparison.pairs if pair.interval.width > stop.width]
    is_allowed = num_seeds < stop.most_seeds
    return is_allowed and any(2 * pair.least_reach <= stop.width for pair in wide)
