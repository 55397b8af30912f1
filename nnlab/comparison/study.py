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

    GetAll = Callable[[Sequence[ExperimentConfig]], list[list[Portion]]]
    Judge = Callable[..., Comparison]


@dataclass(frozen=True)
class StoppingRule:
    """When to stop adding seeds.

    Attributes:
        width: Maximum width of the interval of every difference, in the unit of the metric; None adds
            seeds up to the maximum.
        most_seeds: Maximum number of seeds per contender.
    """

    width: float | None
    most_seeds: int


def run_study(
    contenders: Sequence[Contender],
    *,
    seeds: int,
    get_all: GetAll,
    judge: Judge,
    stop: StoppingRule | None = None,
) -> Comparison:
    """Train the contenders without a run, on the same seeds, and compare all.

    Args:
        contenders: Two or more.
        seeds: Seeds per contender; with ``stop``, the number added each time.
        get_all: Returns the finished replicas of each experiment, reused or trained.
        judge: Compares the runs by a metric; see ``compare_runs``.
        stop: When to stop adding seeds; the intervals are then anytime-valid. None adds none.
    """
    runs = _first_portions(contenders, seeds, get_all)
    costs = {name: costing.measure(of_contender[0].run) for name, of_contender in runs.items()}
    comparison = judge(runs, costs=costs, is_sequential=stop is not None)
    while stop and _needs_seeds(comparison, _num_seeds(runs[contenders[0].name]), stop):
        done = _num_seeds(runs[contenders[0].name])
        more = min(seeds, stop.most_seeds - done)
        added = get_all([_of_seeds(c.config, done, more) for c in contenders])
        for contender, portions in zip(contenders, added, strict=True):
            runs[contender.name] += portions
        comparison = judge(runs, costs=costs, is_sequential=True)
    return comparison


def _first_portions(
    contenders: Sequence[Contender], seeds: int, get_all: GetAll
) -> dict[str, list[Portion]]:
    """Return what each contender begins with: its run, or seeds that are trained for it."""
    found = {c.name: [Portion.whole(c.run)] for c in contenders if c.run is not None}
    others = [c for c in contenders if c.run is None]
    trained = get_all([_of_seeds(c.config, 0, seeds) for c in others])
    found |= {c.name: portions for c, portions in zip(others, trained, strict=True)}
    return {c.name: found[c.name] for c in contenders}


def _of_seeds(config: ExperimentConfig, skipped: int, number: int) -> ExperimentConfig:
    """Return the experiment with ``number`` replicas, after skipping ``skipped`` seeds."""
    first = config.train.seed + skipped
    train = config.train.model_copy(update={"seed": first, "seeds": number})
    return config.model_copy(update={"train": train})


def _num_seeds(portions: Sequence[Portion]) -> int:
    """Return the number of seeds trained, whether they have diverged or not."""
    return sum(len(portion.replicas) for portion in portions)


def _needs_seeds(comparison: Comparison, num_seeds: int, stop: StoppingRule) -> bool:
    """Return whether more seeds are allowed, needed and useful.

    The interval of one seed is for other examples alone, however narrow it is.
    """
    if num_seeds >= stop.most_seeds or stop.width is None:
        return num_seeds < stop.most_seeds
    wide = [
        pair
        for pair in comparison.pairs
        if pair.method == "examples" or pair.interval.width > stop.width
    ]
    return any(2 * pair.least_reach <= stop.width for pair in wide)
