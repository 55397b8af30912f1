"""Calibration of ``nnlab compare``: intervals and verdicts in trials with a known truth.

``python -m benchmarks.calibration`` prints the tables of docs/comparison.md;
tests/reference/test_calibration.py checks them with the same functions.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats
from scipy.special import expit

import nnlab
from nnlab.comparison.intervals import by_source
from nnlab.comparison.pairs import compare_pair
from nnlab.comparison.portions import Portion
from nnlab.comparison.scores import Predictions, scores
from nnlab.comparison.sequential import anytime_interval
from nnlab.runs.load import open_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

Hits = "NDArray[np.bool_]"


@dataclass(frozen=True)
class World:
    """Two simulated contenders and a test set.

    The probability of a correct answer is a logistic function of how easy the example is, how well
    it suits the contender, how lucky the seed is, and how good the contender is.

    Attributes:
        num_seeds: R.
        num_examples: N.
        luck: Standard deviation over seeds, on the logit scale.
        advantage: Lead of the first contender, on the logit scale.
    """

    num_seeds: int
    num_examples: int
    luck: float
    advantage: float = 0.0

    def draw(self, generator: np.random.Generator) -> tuple[NDArray, NDArray]:
        """Return which examples each seed of each contender gets right, two ``(R, N)``."""
        ease = generator.normal(2.5, 1.5, self.num_examples)
        return tuple(
            generator.random((self.num_seeds, self.num_examples))
            < expit(
                ease
                + generator.normal(0, 0.5, self.num_examples)
                + generator.normal(0, self.luck, (self.num_seeds, 1))
                + advantage
            )
            for advantage in (self.advantage, 0.0)
        )

    def true_difference(self) -> float:
        """Return the expected difference of accuracies over all seeds and examples."""
        nodes, weights = np.polynomial.hermite_e.hermegauss(100)
        spread = np.sqrt(1.5**2 + 0.5**2 + self.luck**2)
        means = [weights @ expit(2.5 + a + spread * nodes) for a in (self.advantage, 0.0)]
        return float((means[0] - means[1]) / weights.sum())


@dataclass(frozen=True)
class Rate:
    """A rate of events.

    Attributes:
        count: Number of events.
        trials: Number of trials.
    """

    count: int
    trials: int

    @property
    def share(self) -> float:
        """Fraction of the trials."""
        return self.count / self.trials

    def __str__(self) -> str:
        limits = stats.binomtest(self.count, self.trials).proportion_ci()
        return f"{self.share:.1%} ({limits.low:.1%} to {limits.high:.1%})"


def coverage(world: World, trials: int) -> tuple[Rate, float]:
    """Return how often the interval covers the true difference, and its mean width."""
    truth, inside, width = world.true_difference(), 0, 0.0
    for first, second in _draws(world, trials):
        interval = by_source(first.astype(float) - second).interval()
        inside += interval.low <= truth <= interval.high
        width += interval.width / trials
    return Rate(inside, trials), width


def claims(world: World, trials: int) -> Rate:
    """Return how often the verdict is that one contender beats the other."""
    differences = (first.astype(float) - second for first, second in _draws(world, trials))
    return Rate(sum(by_source(d).interval().excludes_zero for d in differences), trials)


def claims_of_peeking(world: World, trials: int, *, is_valid: bool = True) -> Rate:
    """Return how often a claim is made at any number of seeds, from two on.

    Args:
        world: The world; its number of seeds is the last checked.
        trials: Number of comparisons.
        is_valid: Use the interval for repeated looks, not the one for a fixed number of seeds.
    """
    count = 0
    for first, second in _draws(world, trials):
        differences = first.astype(float) - second
        looks = (differences[:seeds] for seeds in range(2, world.num_seeds + 1))
        count += any(
            (anytime_interval(d) if is_valid else by_source(d).interval()).excludes_zero
            for d in looks
        )
    return Rate(count, trials)


def claims_on_real_runs(trials: int, num_seeds: int, runs_dir: Path | None = None) -> Rate:
    """Return how often one half of an experiment's seeds is said to beat the other half.

    Every trial has its own 2 R seeds; all of them train in one pass.
    """
    run = nnlab.train(
        "spiral_mlp",
        ["train.epochs=40", "train.eval_every=40", "model.hidden_sizes=[30]"],
        seeds=2 * num_seeds * trials,
        runs_dir=runs_dir,
    )
    hits = scores(
        Predictions.load(Portion.whole(open_run(run)), "test", Path()), "accuracy"
    ).astype(bool)  # (2 R trials, N)
    groups = hits.reshape(trials, 2, num_seeds, -1)
    return Rate(sum(_is_decided(*group) for group in groups), trials)


def _is_decided(first: NDArray, second: NDArray) -> bool:
    tables = (first.astype(float), second.astype(float))
    return compare_pair(("first", "second"), tables, hits=(first, second)).is_decided


def _draws(world: World, trials: int) -> Iterator[tuple[NDArray, NDArray]]:
    generator = np.random.default_rng(2026)
    for _ in range(trials):
        yield world.draw(generator)


def missed(name: str, held: Rate, claimed: Rate) -> list[str]:
    """Return what is outside the promised band, in words."""
    low, high = COVERAGE
    found = []
    if not low <= held.share <= high:
        found.append(f"{name}: coverage {held}, not {low:.0%} to {high:.0%}")
    if claimed.share > MOST_CLAIMS:
        found.append(f"{name}: false claims {claimed}, more than {MOST_CLAIMS:.0%}")
    return found


COVERAGE = (0.92, 0.98)
MOST_CLAIMS = 0.06
WORLDS = [
    World(3, 1_000, 0.5),
    World(5, 1_000, 0.1),
    World(5, 1_000, 0.5),
    World(5, 10_000, 0.1),
    World(5, 225, 0.1),
    World(10, 1_000, 0.5),
    World(10, 225, 0.1),
]


def main() -> None:
    """Print every table; exit with 1 if an interval is outside the promised band."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=2000)
    parser.add_argument(
        "--only", choices=("accuracy", "metrics", "grid", "plan", "real"), help="some of the tables"
    )
    args = parser.parse_args()
    misses = []
    if args.only in {None, "accuracy"}:
        misses += _print_accuracy(args.trials)
        _print_power(args.trials)
        _print_peeking(args.trials // 5)
        with tempfile.TemporaryDirectory() as folder:
            found = claims_on_real_runs(60, 5, Path(folder))
        print(
            f"False claims in 60 real comparisons of one experiment, 5 seeds against 5: {found}.\n"
        )
    if args.only in {None, "metrics"}:
        from benchmarks.calibration_metrics import print_table

        misses += print_table(args.trials)
    if args.only in {None, "grid"}:
        from benchmarks.calibration_grid import print_grid

        misses += print_grid(args.trials)
    if args.only in {None, "real"}:
        from benchmarks.calibration_real import print_pools

        misses += print_pools(args.trials)
    if args.only in {None, "plan"}:
        from benchmarks.calibration_plan import print_plans

        misses += print_plans(args.trials // 5)
    if misses:
        print("\n" + "\n".join(misses), file=sys.stderr)
        sys.exit(1)


def _print_accuracy(trials: int) -> list[str]:
    """Print the table of accuracies, and return what misses the band."""
    print("| seeds | examples | luck | coverage of 95 % | width | claims without a difference |")
    print("|---|---|---|---|---|---|")
    misses = []
    for world in WORLDS:
        shape = (world.num_seeds, world.num_examples, world.luck)
        held, width = coverage(World(*shape, advantage=0.12), trials)
        claimed = claims(world, trials)
        print(f"| {' | '.join(map(str, shape))} | {held} | {width:.3f} | {claimed} |", flush=True)
        misses += missed(str(world), held, claimed)
    return misses


def _print_power(trials: int) -> None:
    print("\n| true difference | 3 seeds | 5 seeds | 10 seeds |\n|---|---|---|---|")
    for advantage in (0.05, 0.1, 0.2, 0.4):
        worlds = [World(seeds, 10_000, 0.05, advantage) for seeds in (3, 5, 10)]
        found = " | ".join(f"{claims(world, trials).share:.0%}" for world in worlds)
        print(f"| {100 * worlds[0].true_difference():.2f} points | {found} |", flush=True)


def _print_peeking(trials: int) -> None:
    print("\n| checked after every seed, up to 30 | claims without a difference |\n|---|---|")
    world = World(30, 1_000, 0.2)
    print(f"| interval for repeated looks | {claims_of_peeking(world, trials)} |")
    wrong = claims_of_peeking(world, trials, is_valid=False)
    print(f"| interval for a fixed number of seeds | {wrong} |\n", flush=True)


if __name__ == "__main__":
    main()
