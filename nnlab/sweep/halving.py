"""Synchronous successive halving: who goes on is a function of the plan and the metrics alone."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import fmean
from typing import TYPE_CHECKING

from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence


@dataclass(frozen=True)
class Rung:
    """A step of the ladder.

    Attributes:
        epochs: Epochs, from the start, to which its trials are trained.
        num_trials: Number of trials that train to there.
    """

    epochs: int
    num_trials: int


def rungs_of(num_trials: int, epochs: int, factor: int, first: int) -> tuple[Rung, ...]:
    """Return the rungs of successive halving.

    Each keeps one trial in ``factor``, and trains it ``factor`` times as long; the last one trains to
    the end, which is at least ``factor`` times as far as the rung before.

    Args:
        num_trials: Number of trials.
        epochs: Epochs of the experiment.
        factor: One trial in so many goes on.
        first: Epochs of the first rung.
    """
    rungs = []
    while num_trials > 1 and first * factor <= epochs:
        rungs.append(Rung(first, num_trials))
        num_trials, first = max(num_trials // factor, 1), first * factor
    return (*rungs, Rung(epochs, num_trials))


def score_of(values: Sequence[float | None]) -> float | None:
    """Return the mean of a trial's seeds; None, worse than any number, if one has diverged."""
    if any(value is None or not math.isfinite(value) for value in values):
        return None
    return fmean(value for value in values if value is not None)


def survivors(
    scores: Mapping[int, float | None], keep: int, *, lower_is_better: bool
) -> tuple[int, ...]:
    """Return the numbers of the best trials, the best first.

    Args:
        scores: The score of each trial by its number; None for a trial that has diverged.
        keep: How many go on.
        lower_is_better: Whether a small score is good.
    """
    sign = 1 if lower_is_better else -1

    def rank(number: int) -> tuple[bool, float, int]:
        score = scores[number]
        return (True, 0.0, number) if score is None else (False, sign * score, number)

    return tuple(sorted(scores, key=rank)[:keep])


def audited_of(pruned: Iterable[int], count: int, seed: int) -> tuple[int, ...]:
    """Return the pruned trials that are trained to the end, drawn at random.

    Args:
        pruned: Numbers of the pruned trials.
        count: How many.
        seed: Seed of the sampler.
    """
    drawn = sorted(pruned, key=lambda number: derive_seed("audit", seed, number))
    return tuple(sorted(drawn[:count]))
