"""How often the intervals around a sweep's winner hold, in worlds whose truth is known.

python -m benchmarks.sweep_calibration              2,000 sweeps a world
python -m benchmarks.sweep_calibration --sweeps 50  a quick look
python -m benchmarks.sweep_calibration --real       learning rates of real networks (sweep_pools)

A simulated world has trials with true accuracies, luck of seeds, and examples of different difficulty which all
replicas share: replica r of trial t classifies example n correctly if

    quality[t] + luck[t, r] + difficulty[n] + noise[t, r, n] > 0,    all normal.

The procedure is nnlab's: the best by validation in the search, the best of the finalists on fresh
seeds, then winner and base on other fresh seeds and the test examples, judged by ``compare_pair``.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
from scipy.stats import norm

from nnlab.comparison.pairs import compare_pair
from nnlab.sweep.halving import survivors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Hits = NDArray[np.bool_]  # which examples the replicas of a trial classify correctly, (R, N)

NUM_FINALISTS, FRESH_SEEDS = 3, 10


class Drawn(NamedTuple):
    """The luck of one sweep; trial 0 is the base.

    Attributes:
        search: Hits of each trial on the validation examples, by the seeds of the search.
        fresh: The same of one trial, by fresh seeds.
        test: Hits of one trial on the test examples, by other fresh seeds.
        truth: Accuracy of a trial over all seeds and examples.
    """

    search: list[Hits]
    fresh: Callable[[int], Hits]
    test: Callable[[int], Hits]
    truth: Callable[[int], float]


class Source(Protocol):
    """Where sweeps are drawn from."""

    title: str

    def draw(self, generator: np.random.Generator) -> Drawn:
        """Draw the luck of a sweep."""
        ...


@dataclass(frozen=True)
class World:
    """A simulated source.

    Attributes:
        title: What is special about it.
        num_trials: Trials of the search.
        num_seeds: Seeds of each.
        spread: Standard deviation of the trials' quality.
        luck: Standard deviation of the luck of seeds.
        num_val: Validation examples.
        num_test: Test examples.
    """

    title: str
    num_trials: int = 32
    num_seeds: int = 3
    spread: float = 0.05
    luck: float = 0.05
    num_val: int = 1000
    num_test: int = 1000

    def draw(self, generator: np.random.Generator) -> Drawn:
        """Draw trials, examples and the luck of seeds."""
        quality = LEVEL + self.spread * generator.normal(size=self.num_trials)
        val = DIFFICULTY * generator.normal(size=self.num_val)
        test = DIFFICULTY * generator.normal(size=self.num_test)

        def hits(trial: int, num_seeds: int, difficulty: NDArray[np.float64]) -> Hits:
            luck = self.luck * generator.normal(size=(num_seeds, 1))
            noise = generator.normal(size=(num_seeds, len(difficulty)))
            return quality[trial] + luck + difficulty + noise > 0

        spread = math.sqrt(1 + DIFFICULTY**2 + self.luck**2)
        return Drawn(
            search=[hits(trial, self.num_seeds, val) for trial in range(self.num_trials)],
            fresh=lambda trial: hits(trial, FRESH_SEEDS, val),
            test=lambda trial: hits(trial, FRESH_SEEDS, test),
            truth=lambda trial: float(norm.cdf(quality[trial] / spread)),
        )


WORLDS = (
    World("as it is often"),
    World("all trials are equally good", spread=0.0),
    World("one seed a trial", num_seeds=1),
    World("large luck of seeds", luck=0.2),
    World("no luck of seeds", luck=0.0),
    World("few examples", num_val=200, num_test=250),
    World("many trials", num_trials=128),
)
LEVEL, DIFFICULTY = 1.3, 1.0  # about 80 % accuracy


def main() -> None:
    """Print, for each source, how often both intervals contain the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=2000)
    parser.add_argument("--real", action="store_true")
    options = parser.parse_args()
    print(f"{'source':30} {'confirmed':>10} {'search':>8} {'optimism of the search':>24}")
    for source in sources(is_real=options.real):
        generator = np.random.default_rng(0)
        held = np.array([judge(source.draw(generator)) for _ in range(options.sweeps)])
        confirmed, search, optimism = held.mean(0)
        print(
            f"{source.title:30} {confirmed:10.1%} {search:8.1%} {100 * optimism:17.2f} points",
            flush=True,
        )


def sources(*, is_real: bool) -> Iterator[Source]:
    """Yield the simulated worlds, or the pools of trained networks."""
    if not is_real:
        yield from WORLDS
        return
    from benchmarks.sweep_pools import pools

    yield from pools()


def judge(drawn: Drawn) -> tuple[bool, bool, float]:
    """Return whether the confirmed interval and the search's own hold, and the search's optimism."""
    scores = {trial: float(hits.mean()) for trial, hits in enumerate(drawn.search)}
    finalists = survivors(scores, NUM_FINALISTS, lower_is_better=False)
    fresh = {trial: float(drawn.fresh(trial).mean()) for trial in finalists}
    (winner,) = survivors(fresh, 1, lower_is_better=False)
    best = finalists[0]
    return (
        _holds(drawn, winner, drawn.test(winner), drawn.test(0)),
        _holds(drawn, best, drawn.search[best], drawn.search[0]),
        scores[best] - drawn.truth(best),
    )


def _holds(drawn: Drawn, trial: int, tuned: Hits, base: Hits) -> bool:
    """Return whether the interval of the difference to the base contains the truth."""
    if trial == 0:
        return True
    pair = (tuned.astype(float), base.astype(float))
    found = compare_pair(("tuned", "base"), pair).interval
    return found.low <= drawn.truth(trial) - drawn.truth(0) <= found.high


if __name__ == "__main__":
    main()
