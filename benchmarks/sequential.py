"""Intervals for repeated looks on the same data, while seeds or examples arrive.

``python -m benchmarks.sequential`` compares ``nnlab compare --until`` with confidence sequences by
betting, which the R package seqbench offers; docs/comparison.md has the table.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.calibration import Rate, World
from nnlab.comparison.sequential import anytime_interval

if TYPE_CHECKING:
    from numpy.typing import NDArray

RISK = 0.05
MEANS = np.linspace(0, 1, 1_001)
LARGEST_BET = 0.5
METHODS = ("seeds, nnlab", "seeds, betting", "examples, betting")
WORLDS = [World(10, n, luck, 0.4) for n in (269, 1_000, 10_000) for luck in (0.0, 0.2, 0.5)]


def betting_interval(values: NDArray[np.float64], risk: float = RISK) -> tuple[float, float]:
    """Return the limits of the mean of bounded values, valid after every one of them.

    A mean is rejected when the hedged capital of bets against it has ever exceeded 1 / risk.

    Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting"
    (2024), Theorem 3, with the bets of their equation 26.

    Args:
        values: ``(N,)``, from 0 to 1, in the order of their arrival.
        risk: Probability that the true mean is ever outside.

    Returns:
        The least and the greatest mean on a grid of 0.001 that is not rejected; NaN if there is none.
    """
    bets = _bets(values, risk)[:, None]
    gains = values[:, None] - MEANS
    with np.errstate(divide="ignore"):
        long = np.log1p(np.minimum(bets, LARGEST_BET / MEANS) * gains).cumsum(0)
        short = np.log1p(-np.minimum(bets, LARGEST_BET / (1 - MEANS)) * gains).cumsum(0)
    capital = (np.maximum(long, short) - np.log(2)).max(0)
    kept = MEANS[capital < -np.log(risk)]
    return (float(kept.min()), float(kept.max())) if kept.size else (np.nan, np.nan)


def _bets(values: NDArray[np.float64], risk: float) -> NDArray[np.float64]:
    """Return the bet on each value, ``(N,)``, which depends on those before it only."""
    times = np.arange(1, len(values) + 1)
    means = (0.5 + values.cumsum()) / (times + 1)
    variances = (0.25 + np.square(values - means).cumsum()) / (times + 1)
    before = np.concatenate([[0.25], variances[:-1]])
    bets: NDArray[np.float64] = np.sqrt(2 * np.log(2 / risk) / (before * times * np.log(times + 1)))
    return bets


def by_bets(means: NDArray[np.float64]) -> tuple[float, float]:
    """Return the betting interval of differences from -1 to 1 that arrive one by one."""
    low, high = betting_interval((means + 1) / 2)
    return 2 * low - 1, 2 * high - 1


def by_seeds(differences: NDArray[np.float64]) -> tuple[float, float]:
    """Return the interval of ``compare --until`` when seeds arrive, over all its looks."""
    looks = [anytime_interval(differences[:seeds]) for seeds in range(2, len(differences) + 1)]
    return max(look.low for look in looks), min(look.high for look in looks)


def measure(world: World, trials: int) -> dict[str, tuple[Rate, float, Rate]]:
    """Return coverage at all looks, median width in points, and the share of decisions of each."""
    generator, truth = np.random.default_rng(2026), world.true_difference()
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in METHODS}
    for _ in range(trials):
        first, second = world.draw(generator)
        differences = first.astype(float) - second
        found["seeds, nnlab"].append(by_seeds(differences))
        found["seeds, betting"].append(by_bets(differences.mean(1)))
        found["examples, betting"].append(by_bets(differences.mean(0)))
    return {name: _summary(np.array(limits), truth) for name, limits in found.items()}


def _summary(limits: NDArray[np.float64], truth: float) -> tuple[Rate, float, Rate]:
    low, high = limits.T
    held, decided = (low <= truth) & (truth <= high), (low > 0) | (high < 0)
    width = 100 * float(np.nanmedian(high - low))
    return Rate(int(held.sum()), len(limits)), width, Rate(int(decided.sum()), len(limits))


def main() -> None:
    """Print a table with a row for each world."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=200)
    trials = parser.parse_args().trials
    print("Coverage at every look / width in points / decided / claims without a difference:\n")
    print(f"| examples | luck | difference | {' | '.join(METHODS)} |\n|---|---|---|---|---|---|")
    for world in WORLDS:
        real, equal = measure(world, trials), measure(replace(world, advantage=0.0), trials)
        cells = [
            f"{held.share:.1%} / {width:.1f} / {decided.share:.0%} / {equal[name][2].share:.1%}"
            for name, (held, width, decided) in real.items()
        ]
        difference = 100 * world.true_difference()
        print(
            f"| {world.num_examples:,} | {world.luck} | {difference:.2f} | {' | '.join(cells)} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
