"""An interval that stays true however often one looks and whenever one stops.

Seeds are added until the interval is narrow enough. Student's interval would be wrong then: who
looks often enough sees it exclude the truth sooner or later.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import stats

from nnlab.comparison.intervals import LEVEL, Components, Interval

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

# Prior variance of (mean / standard deviation over seeds). It decides at how many seeds the
# interval is narrowest compared with Student's; 4 suits five to fifty.
PRIOR = 4.0


def anytime_reach(num_seeds: int, risk: float, prior: float = PRIOR) -> float:
    """Return how many standard errors the anytime-valid t interval reaches to each side.

    It holds the mean of Gaussian seeds for all numbers of seeds at once, but for a risk. It is the
    set of means that the mixture Bayes factor of the t statistic does not reject.

    Source: Lai, "On confidence sequences" (1976); Wang and Ramdas, "Anytime-valid t-tests and
    confidence sequences for Gaussian means with unknown variance" (2025).

    Args:
        num_seeds: Seeds seen so far, n.
        risk: Probability that the truth is ever outside.
        prior: g, the variance of the Gaussian prior on mean / standard deviation.

    Returns:
        Infinity while too few seeds have been seen.
    """
    growth = 1 + num_seeds * prior
    bound = (math.sqrt(growth) / risk) ** (2 / num_seeds)
    if num_seeds < 2 or bound >= growth:
        return math.inf
    return math.sqrt((num_seeds - 1) * (bound - 1) / (1 - bound / growth))


def anytime_interval(differences: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Return the interval of a mean for new seeds and new examples, valid at any time.

    Half of the risk is for the seeds, which come one after another, and half for the test
    examples, which are drawn once; together they miss at most as often as both (a union bound).

    Args:
        differences: ``(R, N)``, one contender minus the other for each seed and example.
        level: How often the truth is inside at every time.
    """
    num_seeds = len(differences)
    by_seed = differences.mean(1)
    risk = (1 - level) / 2
    factor = anytime_reach(num_seeds, risk)
    reach = _z(level) * float(stats.sem(differences.mean(0)))
    reach += factor * float(stats.sem(by_seed)) if math.isfinite(factor) else math.inf
    mean = float(by_seed.mean())
    return Interval(mean - reach, mean + reach)


def least_reach(parts: Components, level: float = LEVEL) -> float:
    """Return the part of the anytime interval's reach that endless seeds would leave."""
    return _z(level) * math.sqrt(parts.endless)


def _z(level: float) -> float:
    """Return how many standard errors cover the examples' half of the risk."""
    return float(stats.norm.ppf(1 - (1 - level) / 4))
