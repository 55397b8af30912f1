"""Calibration of ``nnlab compare`` from two seeds and 50 examples up to 99.9 % accuracy.

``python -m benchmarks.calibration --only grid`` prints the tables of docs/calibration.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from math import sqrt
from multiprocessing import get_context
from typing import TYPE_CHECKING

import torch
from scipy import stats

from benchmarks.calibration import MOST_CLAIMS, Rate
from benchmarks.calibration_metrics import NUMBERS_AT_ONCE, ScoredWorld
from nnlab.comparison.evidence import FEWEST, num_differing
from nnlab.comparison.intervals import Strata, by_source
from nnlab.comparison.scores import Predictions, scores, strata_of
from nnlab.tasks.classification import NUM_CONFIDENCE_BINS
from nnlab.tasks.regression import Regression

if TYPE_CHECKING:
    from numpy.typing import NDArray

SEEDS = (2, 3, 5, 10)
EXAMPLES = (50, 269, 1_000, 10_000)
LEVELS = (0.7, 0.88, 0.99, 0.999)
OF_CLASSES = ("accuracy", "macro_f1", "roc_auc", "log_loss", "ece")
OF_VALUES = ("mse", "r2")
COVERAGE = (0.92, 0.985)
LUCK, ADVANTAGE = 0.2, 0.2
MANY = 40_000


@dataclass(frozen=True)
class ValuedWorld:
    """Two simulated contenders that predict a number for every example, and a test set.

    An error is a sum of what the example, the contender, the seed, and the seed on the example add.

    Attributes:
        num_seeds: R.
        num_examples: N.
        r2: Share of the variance of the targets that the second contender explains.
        advantage: By which fraction the errors of the first are smaller.
    """

    num_seeds: int
    num_examples: int
    r2: float
    advantage: float = 0.0

    def draw(self, num_trials: int, generator: torch.Generator) -> tuple[Predictions, ...]:
        """Return the predictions of both contenders, and of the first without its advantage."""

        def normal(*shape: int) -> torch.Tensor:
            return torch.randn(num_trials, *shape, generator=generator)

        shape = (self.num_seeds, self.num_examples)
        targets, shared = normal(1, self.num_examples), normal(1, self.num_examples)
        parts = ((0.6, (1, self.num_examples)), (0.1, (self.num_seeds, 1)), (0.4, shape))
        size = sqrt((1 - self.r2) / (0.6**2 + 0.6**2 + 0.1**2 + 0.4**2))
        errors = [0.6 * shared + sum(w * normal(*s) for w, s in parts) for _ in range(2)]
        scaled = (errors[0] * (1 - self.advantage), errors[1], errors[0])
        return tuple(self._predictions(targets + size * error, targets) for error in scaled)

    def _predictions(self, values: torch.Tensor, targets: torch.Tensor) -> Predictions:
        rows = targets.expand_as(values).flatten(0, 1)
        return Predictions(values.flatten(0, 1), rows, Regression(_squares), False)


def _squares(preds: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    return (preds - values).square()


Grid = ScoredWorld | ValuedWorld


@dataclass(frozen=True)
class Cell:
    """What a number of trials gave; trials without a verdict count for nothing else.

    Attributes:
        coverage: How often the interval covers the true difference.
        claims: How often one of two equal contenders is said to beat the other.
        refused: How often there is no verdict.
    """

    coverage: Rate
    claims: Rate
    refused: Rate

    @classmethod
    def of(cls, held: Sequence[int], claimed: Sequence[int], trials: int) -> Cell:
        """Return the cell of as many trials with a difference as without.

        Args:
            held: Number of intervals that cover the difference, and of verdicts.
            claimed: Number of false claims, and of verdicts.
            trials: Number of trials of each kind.
        """
        return cls(
            Rate(held[0], max(held[1], 1)),
            Rate(claimed[0], max(claimed[1], 1)),
            Rate(2 * trials - held[1] - claimed[1], 2 * trials),
        )

    @property
    def is_refused(self) -> bool:
        """Whether most trials have no verdict."""
        return self.refused.share > 0.5

    def __str__(self) -> str:
        if self.is_refused:
            return "refused"
        return f"{100 * self.claims.share:.1f} / {100 * self.coverage.share:.1f}"

    @property
    def is_right(self) -> bool:
        """Whether the cell is in the promised band."""
        low, high = COVERAGE
        is_covered = low <= self.coverage.share <= high
        return self.is_refused or (is_covered and self.claims.share <= MOST_CLAIMS)


def world_of(metric: str, num_seeds: int, num_examples: int, level: float) -> Grid:
    """Return the world in which a contender has this accuracy, or R2."""
    if metric in OF_VALUES:
        return ValuedWorld(num_seeds, num_examples, level, ADVANTAGE / 2)
    # The standard deviation of the difference of the two scores.
    spread = sqrt(2 * (1 + 0.5**2 + 0.4**2 + LUCK**2) + LUCK**2)
    gain = float(stats.norm.ppf(level)) * spread
    return ScoredWorld(num_seeds, num_examples, luck=LUCK, gain=gain, advantage=ADVANTAGE)


def true_difference(world: Grid, metric: str) -> float:
    """Return the expected difference of a metric.

    ``ece`` is biased by the number of examples: its truth is for test sets of the same size.
    """
    number = world.num_examples if metric == "ece" else MANY
    repeats = max(4 * MANY // (10 * number), 6)
    large = replace(world, num_seeds=10, num_examples=number)
    generator, total = torch.Generator().manual_seed(1), 0.0
    for _ in range(repeats):
        first, _, equal = large.draw(1, generator)
        total += float(scores(first, metric).mean() - scores(equal, metric).mean())
    return total / repeats


def measure(world: Grid, metrics: Sequence[str], trials: int) -> dict[str, Cell]:
    """Return how often verdicts are refused, claims are false, and intervals are right."""
    truth = {metric: true_difference(world, metric) for metric in metrics}
    held = {metric: [0, 0] for metric in metrics}
    claimed = {metric: [0, 0] for metric in metrics}
    for metric, (ahead, equal), strata in _tables(world, metrics, trials):
        if has_verdict(ahead, metric):
            interval = by_source(ahead, strata).interval()
            held[metric][0] += interval.low <= truth[metric] <= interval.high
            held[metric][1] += 1
        if has_verdict(equal, metric):
            claimed[metric][0] += by_source(equal, strata).interval().excludes_zero
            claimed[metric][1] += 1
    return {metric: Cell.of(held[metric], claimed[metric], trials) for metric in metrics}


def has_verdict(differences: NDArray, metric: str) -> bool:
    """Return whether differences ``(R, N)`` rest on enough examples for a verdict."""
    bins = NUM_CONFIDENCE_BINS if metric == "ece" else 1
    return num_differing(differences, bins) >= FEWEST


def _tables(
    world: Grid, metrics: Sequence[str], trials: int
) -> Iterator[tuple[str, tuple[NDArray, NDArray], Strata | None]]:
    """Yield the differences with and without advantage of each metric in each trial, ``(R, N)``."""
    generator = torch.Generator().manual_seed(2026)
    at_once = max(NUMBERS_AT_ONCE // (2 * world.num_seeds * world.num_examples), 1)
    for start in range(0, trials, at_once):
        number = min(at_once, trials - start)
        drawn = world.draw(number, generator)
        targets = drawn[1].targets[:: world.num_seeds]
        for metric in metrics:
            first, second, equal = (
                scores(p, metric).reshape(number, world.num_seeds, -1) for p in drawn
            )
            for trial in range(number):
                strata = strata_of(replace(drawn[1], targets=targets[trial]), metric)
                base = second[trial]
                yield metric, (first[trial] - base, equal[trial] - base), strata


def print_grid(trials: int) -> list[str]:
    """Print a table for each number of examples; return the cells outside the band.

    Args:
        trials: Number of trials in each cell.
    """
    metrics, misses = (*OF_CLASSES, *OF_VALUES), []
    print("False claims / coverage in per cent, of the trials with a verdict:\n")
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        for number in EXAMPLES:
            print(f"\n| {number:,} examples | seeds | {' | '.join(f'`{m}`' for m in metrics)} |")
            print(f"|---|---|{'---|' * len(metrics)}")
            places = [(seeds, number, level) for level in LEVELS for seeds in SEEDS]
            for place, row in zip(places, pool.map(partial(_row, trials), places), strict=True):
                seeds, _, level = place
                print(f"| {100 * level:g} % | {seeds} | {' | '.join(map(str, row.values()))} |")
                sys.stdout.flush()
                misses += _misses(place, row)
    return misses


def _row(trials: int, place: tuple[int, int, float]) -> dict[str, Cell]:
    torch.set_num_threads(1)
    cells: dict[str, Cell] = {}
    for group in (OF_CLASSES, OF_VALUES):
        cells |= measure(world_of(group[0], *place), group, trials)
    return cells


def _misses(place: tuple[int, int, float], row: dict[str, Cell]) -> list[str]:
    seeds, number, level = place
    where = f"{seeds} seeds, {number} examples, {100 * level:g} %"
    return [f"{metric}, {where}: {cell}" for metric, cell in row.items() if not cell.is_right]
