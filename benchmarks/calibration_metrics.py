"""Calibration of ``nnlab compare`` for metrics of classes that count the same.

``python -m benchmarks.calibration`` prints the table of docs/comparison.md;
tests/reference/test_calibration.py checks a part of it with the same functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from benchmarks.calibration import Rate
from nnlab.comparison.intervals import Interval, by_source
from nnlab.comparison.scores import Predictions, scores
from nnlab.tasks.classification import Classification

METRICS = ("log_loss", "balanced_accuracy", "macro_f1", "roc_auc", "pr_auc")
EVEN, RARE = (0.5, 0.5), (0.95, 0.05)
THREE = (0.8, 0.15, 0.05)
EIGHT = (0.125,) * 8


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

    def draw(self, generator: torch.Generator) -> tuple[Predictions, Predictions]:
        """Return the predictions of both contenders for one test set with all classes."""
        targets, ease = self._draw_examples(generator)
        first, second = (self._draw_scores(targets, ease, generator) for _ in range(2))
        return self._with_advantage(first, targets), self._predictions(second, targets)

    def draw_difference(self, generator: torch.Generator) -> tuple[Predictions, Predictions]:
        """Return the predictions of one contender with and without the advantage."""
        targets, ease = self._draw_examples(generator)
        logits = self._draw_scores(targets, ease, generator)
        return self._with_advantage(logits, targets), self._predictions(logits, targets)

    def _draw_examples(self, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        shares = torch.tensor(self.shares)
        counts = torch.zeros(1)
        while counts.min() < 2:
            targets = torch.multinomial(shares, self.num_examples, True, generator=generator)
            counts = torch.bincount(targets, minlength=len(shares))
        return targets, _normal((self.num_examples, len(shares)), generator)

    def _draw_scores(self, targets: Tensor, ease: Tensor, generator: torch.Generator) -> Tensor:
        shares, num_seeds = torch.tensor(self.shares), self.num_seeds
        gains = self.gain + self.luck * _normal((num_seeds, 1, 1), generator)
        biases = self.luck * _normal((num_seeds, 1, len(shares)), generator)
        fit = 0.5 * _normal(ease.shape, generator)
        noise = 0.4 * _normal((num_seeds, *ease.shape), generator)
        return gains * F.one_hot(targets, len(shares)) + shares.log() + ease + fit + biases + noise

    def _with_advantage(self, logits: Tensor, targets: Tensor) -> Predictions:
        own = F.one_hot(targets, len(self.shares))
        return self._predictions(logits + self.advantage * own, targets)

    def _predictions(self, logits: Tensor, targets: Tensor) -> Predictions:
        task = Classification([str(c) for c in range(len(self.shares))], _cross_entropy)
        return Predictions(logits, targets, task, has_class_weights=False)


def _cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits, targets, reduction="none")


def _normal(shape: Sequence[int], generator: torch.Generator) -> Tensor:
    return torch.randn(shape, generator=generator)


@cache
def true_differences(world: ScoredWorld, metrics: tuple[str, ...]) -> dict[str, float]:
    """Return the expected difference of each metric over all seeds and examples."""
    if not world.advantage:
        return dict.fromkeys(metrics, 0.0)
    large = replace(world, num_seeds=10, num_examples=20_000)
    generator = torch.Generator().manual_seed(1)
    totals = dict.fromkeys(metrics, 0.0)
    repeats = 4
    for _ in range(repeats):
        pair = large.draw_difference(generator)
        for metric in metrics:
            first, second = (scores(predictions, metric).mean() for predictions in pair)
            totals[metric] += float(first - second) / repeats
    return totals


def intervals(
    world: ScoredWorld, metrics: Sequence[str], trials: int
) -> Iterator[dict[str, Interval]]:
    """Yield the interval of the difference that each trial finds, by metric."""
    generator = torch.Generator().manual_seed(2026)
    for _ in range(trials):
        first, second = world.draw(generator)
        classes = first.targets.numpy()
        tables = {m: scores(first, m) - scores(second, m) for m in metrics}
        yield {m: by_source(table, classes).interval() for m, table in tables.items()}


def coverage(world: ScoredWorld, metrics: tuple[str, ...], trials: int) -> dict[str, Rate]:
    """Return how often each metric's interval covers the true difference."""
    truth, inside = true_differences(world, metrics), dict.fromkeys(metrics, 0)
    for found in intervals(world, metrics, trials):
        for metric, interval in found.items():
            inside[metric] += interval.low <= truth[metric] <= interval.high
    return {metric: Rate(count, trials) for metric, count in inside.items()}


def claims(world: ScoredWorld, metrics: tuple[str, ...], trials: int) -> dict[str, Rate]:
    """Return how often the verdict by each metric is that one contender beats the other."""
    count = dict.fromkeys(metrics, 0)
    for found in intervals(world, metrics, trials):
        for metric, interval in found.items():
            count[metric] += interval.excludes_zero
    return {metric: Rate(number, trials) for metric, number in count.items()}


WORLDS = [
    ScoredWorld(3, 1_000),
    ScoredWorld(5, 1_000),
    ScoredWorld(10, 1_000),
    ScoredWorld(5, 225),
    ScoredWorld(3, 1_000, RARE),
    ScoredWorld(5, 1_000, RARE),
    ScoredWorld(10, 1_000, RARE),
    ScoredWorld(5, 500, RARE),
    ScoredWorld(5, 4_000, RARE),
    ScoredWorld(5, 1_000, THREE),
    ScoredWorld(5, 1_000, EIGHT),
]


def print_table(trials: int) -> None:
    """Print coverage and false claims of every metric in every world."""
    torch.set_num_threads(1)
    print(
        "| seeds | examples | classes | metric | coverage of 95 % | claims without a difference |"
    )
    print("|---|---|---|---|---|---|")
    for world in WORLDS:
        metrics = (*METRICS, "top_3_accuracy") if len(world.shares) > 3 else METRICS
        held = coverage(replace(world, advantage=0.2), metrics, trials)
        claimed = claims(world, metrics, trials)
        classes = " : ".join(f"{100 * share:g}" for share in world.shares)
        for metric in metrics:
            shape = f"{world.num_seeds} | {world.num_examples} | {classes}"
            print(f"| {shape} | {metric} | {held[metric]} | {claimed[metric]} |", flush=True)
