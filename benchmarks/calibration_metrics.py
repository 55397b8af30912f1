"""Calibration of ``nnlab compare`` for metrics of classes that count the same.

``python -m benchmarks.calibration`` prints the table of docs/comparison.md;
tests/reference/test_calibration.py checks a part of it with the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.calibration import Rate, missed
from nnlab.comparison.intervals import Strata, by_source
from nnlab.comparison.scores import Predictions, scores, strata_of
from nnlab.tasks.classification import Classification
from nnlab.tasks.scoring import TOP

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRICS = ("accuracy", "log_loss", "balanced_accuracy", "macro_f1", "roc_auc", "pr_auc", *TOP)
EVEN, UNEVEN, RARE = (0.5, 0.5), (0.8, 0.2), (0.95, 0.05)
THREE = (0.8, 0.15, 0.05)
EIGHT = (0.125,) * 8
NUMBERS_AT_ONCE = 600_000


@dataclass(frozen=True)
class ScoredWorld:
    """Two simulated contenders that give every example a score for each class, and a test set.

    The score of a class is the log of its share, higher for the true class, and varies with the
    example, the contender, the seed, and the seed on the example.

    Attributes:
        num_seeds: R.
        num_examples: N.
        shares: Frequency of each class.
        luck: Standard deviation over seeds, of the gain of the true class and of every class.
        gain: How much higher the true class is scored.
        advantage: What the first contender adds to the gain.
    """

    num_seeds: int
    num_examples: int
    shares: tuple[float, ...] = EVEN
    luck: float = 0.2
    gain: float = 2.5
    advantage: float = 0.0

    def draw(self, num_trials: int, generator: torch.Generator) -> tuple[Predictions, ...]:
        """Return the predictions of both contenders, and of the first without its advantage.

        Every trial has a test set of its own with at least two examples of each class; the seeds of
        the trials follow one another, ``(T R, N, C)``.
        """
        targets = self._draw_targets(num_trials, generator)
        ease = _normal((num_trials, 1, self.num_examples, len(self.shares)), generator)
        first, second = (self._draw_scores(targets, ease, generator) for _ in range(2))
        advantage = self.advantage * F.one_hot(targets, len(self.shares))[:, None]
        tables = (first + advantage, second, first)
        return tuple(self._predictions(logits, targets) for logits in tables)

    @property
    def metrics(self) -> tuple[str, ...]:
        """The metrics that this number of classes defines."""
        return tuple(m for m in METRICS if TOP.get(m, 0) < len(self.shares))

    def _draw_targets(self, num_trials: int, generator: torch.Generator) -> Tensor:
        shares = torch.tensor(self.shares)
        targets = torch.zeros(num_trials, self.num_examples, dtype=torch.long)
        while (few := F.one_hot(targets, len(shares)).sum(1).amin(1) < 2).any():
            rows = shares.expand(int(few.sum()), -1)
            targets[few] = torch.multinomial(rows, self.num_examples, True, generator=generator)
        return targets

    def _draw_scores(self, targets: Tensor, ease: Tensor, generator: torch.Generator) -> Tensor:
        shares, (num_trials, _, *shape) = torch.tensor(self.shares), ease.shape
        seeds = (num_trials, self.num_seeds)
        gains = self.gain + self.luck * _normal((*seeds, 1, 1), generator)
        biases = self.luck * _normal((*seeds, 1, len(shares)), generator)
        fit = 0.5 * _normal(ease.shape, generator)
        noise = 0.4 * _normal((*seeds, *shape), generator)
        own = F.one_hot(targets, len(shares))[:, None]
        return gains * own + shares.log() + ease + fit + biases + noise

    def _predictions(self, logits: Tensor, targets: Tensor) -> Predictions:
        task = Classification([str(c) for c in range(len(self.shares))], _cross_entropy)
        rows = targets.repeat_interleave(logits.shape[1], 0)
        return Predictions(logits.flatten(0, 1), rows, task, has_class_weights=False)


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


def _normal(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


@cache
def true_differences(world: ScoredWorld, repeats: int) -> dict[str, float]:
    """Return the difference of each metric over many seeds and examples of a large world."""
    totals = dict.fromkeys(world.metrics, 0.0)
    if not world.advantage:
        return totals
    generator = torch.Generator().manual_seed(1)
    for _ in range(repeats):
        first, _, without = world.draw(1, generator)
        for metric in world.metrics:
            gain = scores(first, metric).mean() - scores(without, metric).mean()
            totals[metric] += float(gain) / repeats
    return totals


class Measured(NamedTuple):
    """What a number of trials gave.

    Attributes:
        coverage: How often the interval covers the true difference.
        claims: How often one of two equal contenders is said to beat the other.
        width: Mean width of the interval.
    """

    coverage: Rate
    claims: Rate
    width: float


def measure(world: ScoredWorld, trials: int, repeats: int = 8) -> dict[str, Measured]:
    """Return how often the intervals of each metric are right.

    Args:
        world: The world.
        trials: Number of comparisons.
        repeats: Number of large test sets over which the true difference is averaged.
    """
    truth = true_differences(replace(world, num_seeds=10, num_examples=20_000), repeats)
    held, claimed = dict.fromkeys(world.metrics, 0), dict.fromkeys(world.metrics, 0)
    widths = dict.fromkeys(world.metrics, 0.0)
    for metric, differences, strata in _tables(world, trials):
        with_advantage, without = (by_source(d, strata).interval() for d in differences)
        held[metric] += with_advantage.low <= truth[metric] <= with_advantage.high
        widths[metric] += with_advantage.width / trials
        claimed[metric] += without.excludes_zero
    return {
        m: Measured(Rate(held[m], trials), Rate(claimed[m], trials), widths[m])
        for m in world.metrics
    }


def _tables(world: ScoredWorld, trials: int) -> Iterator[tuple[str, list[NDArray], Strata | None]]:
    """Yield the differences with and without advantage of each metric in each trial, ``(R, N)``."""
    generator = torch.Generator().manual_seed(2026)
    size = world.num_seeds * world.num_examples * len(world.shares)
    at_once = max(NUMBERS_AT_ONCE // size, 1)
    for start in range(0, trials, at_once):
        number = min(at_once, trials - start)
        first, second, equal = world.draw(number, generator)
        targets = second.targets[:: world.num_seeds]
        for metric in world.metrics:
            tables = [
                scores(p, metric).reshape(number, world.num_seeds, -1)
                for p in (first, second, equal)
            ]
            for trial in range(number):
                strata = strata_of(replace(second, targets=targets[trial]), metric)
                yield metric, [tables[i][trial] - tables[1][trial] for i in (0, 2)], strata


WORLDS = [
    *(
        ScoredWorld(num_seeds, 100, shares)
        for shares in (EVEN, UNEVEN, EIGHT)
        for num_seeds in (3, 5, 10)
    ),
    *(
        ScoredWorld(num_seeds, 1_000, shares)
        for shares in (EVEN, RARE, THREE)
        for num_seeds in (3, 5, 10)
    ),
    ScoredWorld(3, 1_000, EIGHT),
    ScoredWorld(5, 1_000, EIGHT),
]


def print_table(trials: int, worlds: Sequence[ScoredWorld] = WORLDS) -> list[str]:
    """Print false claims and coverage of every metric in every world; return what misses the band.

    Args:
        trials: Number of trials with 100 examples; half as many with more.
        worlds: The worlds.
    """
    torch.set_num_threads(1)
    print("False claims / coverage in per cent:\n")
    print(f"| seeds | examples | classes | {' | '.join(f'`{metric}`' for metric in METRICS)} |")
    print(f"|---|---|---|{'---|' * len(METRICS)}")
    misses = []
    for world in worlds:
        number = trials if world.num_examples == 100 else trials // 2
        found = measure(replace(world, advantage=0.2), number)
        classes = "8 equal" if world.shares == EIGHT else _in_percent(world.shares)
        cells = [_cell(found.get(metric)) for metric in METRICS]
        name = f"{world.num_seeds} | {world.num_examples} | {classes}"
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
        for metric, (held, claimed, _) in found.items():
            misses += missed(f"{metric} of {world}", held, claimed)
    return misses


def _in_percent(shares: Sequence[float]) -> str:
    return " : ".join(f"{100 * share:g}" for share in shares)


def _cell(measured: Measured | None) -> str:
    if measured is None:
        return ""
    return f"{100 * measured.claims.share:.1f} / {100 * measured.coverage.share:.1f}"
