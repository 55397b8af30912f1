"""An interval that stays valid after any number of looks, and at any stopping time.

Seeds are added until the interval is narrow enough. Student's interval would be invalid then:
checked often enough, it excludes the true value sooner or later.
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


def anytime_half_width(num_seeds: int, risk: float, prior: float = PRIOR) -> float:
    """Return the half-width of the anytime-valid t interval, in standard errors.

    With probability 1 - risk, it contains the mean of Gaussian seeds for all numbers of seeds
    simultaneously. It is the set of means that the mixture Bayes factor of the t statistic does not
    reject.

    Source: Lai, "On confidence sequences" (1976); Wang and Ramdas, "Anytime-valid t-tests and
    confidence sequences for Gaussian means with unknown variance" (2025).

    Args:
        num_seeds: Seeds so far, n.
        risk: Probability that the interval ever excludes the true mean.
        prior: g, the variance of the Gaussian prior on mean / standard deviation.

    Returns:
        The half-width; infinite for too few seeds.
    """
    growth = 1 + num_seeds * prior
    bound = (math.sqrt(growth) / risk) ** (2 / num_seeds)
    if num_seeds < 2 or bound >= growth:
        return math.inf
    return math.sqrt((num_seeds - 1) * (bound - 1) / (1 - bound / growth))


def anytime_interval(differences: NDArray[np.float64], level: float = LEVEL) -> Interval:
    """Return the interval of a mean for new seeds and new examples, valid at any time.

    Half of the risk is spent on the seeds, which arrive one by one, and half on the test examples,
    which are drawn once; by a union bound, the total risk is at most the sum.

    Args:
        differences: ``(R, N)``, one contender minus the other for each seed and example.
        level: Probability that the interval contains the true mean at all times.
    """
    num_seeds = len(differences)
    by_seed = differences.mean(1)
    risk = (1 - level) / 2
    factor = anytime_half_width(num_seeds, risk)
    half_width = _z(level) * float(stats.sem(differences.mean(0)))
    half_width += factor * float(stats.sem(by_seed)) if math.isfinite(factor) else math.inf
    mean = float(by_seed.mean())
    return Interval(mean - half_width, mean + half_width)


def min_half_width(parts: Components, level: float = LEVEL) -> float:
    """Return the half-width of the anytime interval in the limit of many seeds."""
    return _z(level) * math.sqrt(parts.limit_variance)


def _z(level: float) -> float:
    """Return the half-width for the examples' half of the risk, in standard errors."""
    return float(stats.norm.ppf(1 - (1 - level) / 4))
