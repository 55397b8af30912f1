"""What learning curves say: whether the loss rose, jumped, still fell at the end, or never moved."""

from __future__ import annotations

import itertools
import math
import statistics
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Curves = Sequence[tuple[int, float, float | None]]

# A training loss this much above its first is not an accident of batches.
WORSE = 1.1
# Steps upwards of this size, in this share of the epochs, are jumps.
JUMP, MANY = 1.1, 0.2
# A fall by this many standard errors is not noise.
NUM_ERRORS = 3
# A loss that fell by less than this never moved.
HARDLY = 0.05


def rise(curves: Curves) -> str | None:
    """Return how the training loss ended above its first value, in words, or None."""
    losses = [loss for _, loss, _ in curves]
    if len(losses) < 2 or losses[-1] <= WORSE * losses[0]:
        return None
    return f"the training loss rose from {losses[0]:.3g} to {losses[-1]:.3g}"


def jumps(curves: Curves) -> str | None:
    """Return how often the training loss jumped up, if it ended far above its lowest, or None."""
    losses = [loss for _, loss, _ in curves]
    if len(losses) < 5 or losses[-1] <= WORSE * min(losses):
        return None
    number = sum(after > JUMP * before for before, after in itertools.pairwise(losses))
    if number < max(2, MANY * len(losses)):
        return None
    return (
        f"the training loss jumped up in {number} of {len(losses)} epochs, and ended at "
        f"{losses[-1]:.3g} after {min(losses):.3g}"
    )


def last_share(curves: Curves, rates: Sequence[float] = ()) -> float:
    """Return which share of its whole fall the training loss fell in the last fifth of the way.

    It is 0.2 for a straight line, and 0 where fewer than three epochs say nothing.

    Args:
        curves: Epoch, training loss and validation loss.
        rates: Learning rate of each epoch, which is how far it went; empty if they are the same.
    """
    losses = [loss for _, loss, _ in curves]
    if len(losses) < 3:
        return 0.0
    fallen = losses[0] - losses[-1]
    tail = losses[-1 - _last_fifth(len(losses), rates)] - losses[-1]
    return tail / fallen if fallen > 0 else 0.0


def _last_fifth(number: int, rates: Sequence[float]) -> int:
    """Return how many of the last epochs made up a fifth of the way, at least one."""
    if len(rates) != number:
        return max(1, number // 5)
    ways = itertools.accumulate(reversed(rates))
    count = sum(way <= sum(rates) / 5 for way in ways)
    return min(max(1, count), number - 1)


def is_falling(curves: Curves) -> bool:
    """Return whether the last fifth of the training losses is below the fifth before it, beyond noise.

    It is taken for granted where a fifth has fewer than three epochs.
    """
    size = len(curves) // 5
    if size < 3:
        return True
    losses = [loss for _, loss, _ in curves]
    before, after = losses[-2 * size : -size], losses[-size:]
    variance = (statistics.variance(before) + statistics.variance(after)) / size
    return statistics.fmean(before) - statistics.fmean(after) > NUM_ERRORS * math.sqrt(variance)


def last_fall(curves: Curves) -> tuple[int, float, float] | None:
    """Return the epoch at which the last fifth begins, and the training losses there and at the end."""
    if len(curves) < 2:
        return None
    epoch, before, _ = curves[-1 - max(1, len(curves) // 5)]
    return epoch, before, curves[-1][1]


def unmoved(curves: Curves) -> bool:
    """Return whether training hardly moved the loss."""
    losses = [loss for _, loss, _ in curves]
    return len(losses) > 1 and losses[0] - losses[-1] < HARDLY * abs(losses[0])
