"""How often the intervals around a sweep's winner hold, in worlds whose truth is known.

python -m benchmarks.sweep_calibration              2,000 sweeps a world
python -m benchmarks.sweep_calibration --sweeps 50  a quick look

A world has trials with true accuracies, luck of seeds, and examples of different difficulty which all
replicas share: replica r of trial t classifies example n correctly if

    quality[t] + luck[t, r] + difficulty[n] + noise[t, r, n] > 0,    all normal.

The procedure is nnlab's: the best by validation in the search, the best of the finalists on fresh
seeds, then winner and base on other fresh seeds and the test examples, judged by ``compare_pair``.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from nnlab.comparison.pairs import compare_pair
from nnlab.sweep.halving import survivors

NUM_FINALISTS, FRESH_SEEDS = 3, 10


@dataclass(frozen=True)
class World:
    """What is true.

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
    """Print, for each world, how often both intervals contain the truth."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sweeps", type=int, default=2000)
    options = parser.parse_args()
    print(f"{'world':30} {'confirmed':>10} {'search':>8} {'optimism of the search':>24}")
    for world in WORLDS:
        generator = np.random.default_rng(0)
        held = np.array([sweep(world, generator) for _ in range(options.sweeps)])
        confirmed, search, optimism = held.mean(0)
        print(
            f"{world.title:30} {confirmed:10.1%} {search:8.1%} {100 * optimism:17.2f} points",
            flush=True,
        )


def sweep(world: World, generator: np.random.Generator) -> tuple[bool, bool, float]:
    """Return whether the confirmed interval and the search's own hold, and the search's optimism."""
    quality = LEVEL + world.spread * generator.normal(size=world.num_trials)
    base = quality[0]
    val = DIFFICULTY * generator.normal(size=world.num_val)
    test = DIFFICULTY * generator.normal(size=world.num_test)
    tables = [_hits(world, q, world.num_seeds, val, generator) for q in quality]
    scores = {t: float(table.mean()) for t, table in enumerate(tables)}
    finalists = survivors(scores, NUM_FINALISTS, lower_is_better=False)
    fresh = {
        t: float(_hits(world, quality[t], FRESH_SEEDS, val, generator).mean()) for t in finalists
    }
    (winner,) = survivors(fresh, 1, lower_is_better=False)
    tuned, plain = (_hits(world, q, FRESH_SEEDS, test, generator) for q in (quality[winner], base))
    truth = _accuracy(world, quality[winner]) - _accuracy(world, base)
    confirmed = compare_pair(("tuned", "base"), (tuned.astype(float), plain.astype(float))).interval
    best = finalists[0]
    own = tables[best].mean(1).mean()
    return (
        confirmed.low <= truth <= confirmed.high,
        _holds_in_search(world, tables, best, quality),
        float(own - _accuracy(world, quality[best])),
    )


def _holds_in_search(
    world: World, tables: list[NDArray[np.bool_]], best: int, quality: NDArray[np.float64]
) -> bool:
    """Return whether the difference to the base holds that the search alone would report."""
    if best == 0:
        return True
    pair = (tables[best].astype(float), tables[0].astype(float))
    found = compare_pair(("best", "base"), pair).interval
    truth = _accuracy(world, quality[best]) - _accuracy(world, quality[0])
    return found.low <= truth <= found.high


def _hits(
    world: World,
    quality: float,
    num_seeds: int,
    difficulty: NDArray[np.float64],
    generator: np.random.Generator,
) -> NDArray[np.bool_]:
    """Return which examples the replicas of a trial classify correctly, ``(R, N)``."""
    luck = world.luck * generator.normal(size=(num_seeds, 1))
    noise = generator.normal(size=(num_seeds, len(difficulty)))
    return quality + luck + difficulty + noise > 0


def _accuracy(world: World, quality: float) -> float:
    """Return the true accuracy over seeds and examples."""
    return float(norm.cdf(quality / math.sqrt(1 + DIFFICULTY**2 + world.luck**2)))


if __name__ == "__main__":
    main()
