"""How many examples a difference rests on: of too few, no interval can be trusted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The least number of examples on which a sign test can reach 5 %: 2 / 2^6 = 0.031.
FEWEST = 6


def num_differing(differences: NDArray[np.float64], num_bins: int = 1) -> float:
    """Return the effective number of examples that two contenders differ on.

    Of K examples that differ by as much, it is K; if one differs by far more than all others, it is
    little more than 1.

    Source: Kish, "Survey Sampling" (1965), section 11.7, the effective number of unequal weights.

    Args:
        differences: ``(R, N)``, one contender minus the other for each seed and example.
        num_bins: Bins among which the metric divides the examples.
    """
    weights = np.square(differences.mean(0))
    largest = weights.max()
    if largest == 0:
        return 0.0
    weights /= largest
    number = float(weights.sum() ** 2 / np.square(weights).sum())
    return min(number, len(weights) / num_bins)


def examples_needed(num_differing: float, num_examples: int) -> int:
    """Return about how many examples like these a verdict takes, to two digits."""
    needed = math.ceil(FEWEST * num_examples / num_differing)
    step: int = 10 ** max(len(str(needed)) - 2, 0)
    return math.ceil(needed / step) * step
