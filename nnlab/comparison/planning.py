"""How many seeds it takes to detect a difference, from the variance of a pilot."""

from __future__ import annotations

import math
from typing import NamedTuple

from scipy import stats

from nnlab.comparison.intervals import LEVEL, Components

POWER = 0.8
MOST_SEEDS = 1000
# A pilot estimates the variance over seeds from a few of them: the cautious number uses the upper
# confidence limit of this level.
CAUTION = 0.8


class Plan(NamedTuple):
    """How many seeds a comparison needs.

    Attributes:
        difference: Difference to detect, in the unit of the metric.
        num_seeds: Seeds needed with the variance of the pilot; None if no number is enough.
        num_seeds_cautious: Seeds needed with the upper limit of that variance.
        powers: Power with 3, 5, 10, ... seeds.
        smallest: Smallest difference detectable on these test examples by any number of seeds.
    """

    difference: float
    num_seeds: int | None
    num_seeds_cautious: int | None
    powers: dict[int, float]
    smallest: float


def plan(pilot: Components, difference: float) -> Plan:
    """Return how many seeds detect a difference with a power of 80 %.

    Source: Browne, "On the use of a pilot sample for sample size determination" (1995), for the
    cautious number.

    Args:
        pilot: Variance components of the difference of two contenders.
        difference: Difference to detect; its sign does not matter.
    """
    freedom = pilot.num_seeds - 1
    inflation = freedom / float(stats.chi2.ppf(1 - CAUTION, freedom))
    return Plan(
        difference=difference,
        num_seeds=_enough_seeds(pilot, difference),
        num_seeds_cautious=_enough_seeds(pilot, difference, inflation),
        powers={seeds: power(pilot, difference, seeds) for seeds in (3, 5, 10, 20, 50, 100)},
        smallest=_smallest(pilot),
    )


def power(pilot: Components, difference: float, num_seeds: int, inflation: float = 1.0) -> float:
    """Return the probability that an interval over ``num_seeds`` seeds excludes zero.

    Args:
        pilot: Variance components of a pilot.
        difference: The true difference.
        num_seeds: Seeds of the comparison; its examples are those of the pilot.
        inflation: Factor on the variance over seeds.
    """
    expected = _components_of(pilot, num_seeds, inflation)
    if expected.variance == 0:
        return 1.0
    scale = math.sqrt(expected.variance)
    limit, shift = expected.uncertainty.half_width(1 - LEVEL) / scale, abs(difference) / scale
    return float(stats.nct.sf(limit, expected.degrees_of_freedom, shift))


def _components_of(pilot: Components, num_seeds: int, inflation: float) -> Components:
    """Return the expected components with another number of seeds."""
    ratio = pilot.num_seeds / num_seeds
    return Components(
        mean=pilot.mean,
        seeds=pilot.seeds * ratio * inflation,
        examples=pilot.limit_variance + pilot.cross * ratio,
        cross=pilot.cross * ratio,
        num_seeds=num_seeds,
        num_examples=pilot.num_examples,
    )


def _enough_seeds(pilot: Components, difference: float, inflation: float = 1.0) -> int | None:
    numbers = range(2, MOST_SEEDS + 1)
    return next((n for n in numbers if power(pilot, difference, n, inflation) >= POWER), None)


def _smallest(pilot: Components) -> float:
    """Return the difference that infinitely many seeds detect with a power of 80 %."""
    normal = stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER)
    return float(normal * math.sqrt(pilot.limit_variance))
