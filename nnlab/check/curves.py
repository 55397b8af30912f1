"""What learning curves say: whether the loss rose, jumped, still fell at the end, or never moved."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    Curves = Sequence[tuple[int, float, float | None]]

# A training loss this much above its first is not an accident of batches.
WORSE = 1.1
# Steps upwards of this size, in this share of the epochs, are jumps.
JUMP, MANY = 1.1, 0.2
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


def last_share(curves: Curves) -> float:
    """Return which share of its whole fall the training loss fell in the last fifth of the epochs.

    It is 0.2 for a straight line, and 0 where fewer than three epochs say nothing.
    """
    losses = [loss for _, loss, _ in curves]
    if len(losses) < 3:
        return 0.0
    fallen = losses[0] - losses[-1]
    tail = losses[-1 - max(1, len(losses) // 5)] - losses[-1]
    return tail / fallen if fallen > 0 else 0.0


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
