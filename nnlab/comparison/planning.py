"""How many seeds it takes to detect a difference, from the variance of a pilot."""

from __future__ import annotations

import math
from bisect import bisect_left
from typing import NamedTuple

from scipy import stats

from nnlab.comparison.intervals import LEVEL, Components

POWER = 0.8
MOST_SEEDS = 1000
# A pilot estimates the variance over seeds from a few of them: its upper confidence limit of this
# level keeps the promised power.
CAUTION = 0.7
# Levels of the two limits between which the number of seeds is shown.
PILOTS = (0.1, 0.9)


class Plan(NamedTuple):
    """How many seeds a comparison needs.

    Attributes:
        difference: Difference to detect, in the unit of the metric.
        num_seeds: Seeds that detect it four times out of five, although the pilot knows the variance
            only roughly; None if no number is enough.
        num_seeds_range: Seeds if the variance is at the lower or the upper end of its 80 % interval.
        powers: Power with 3, 5, 10, ... seeds.
        smallest: Smallest difference detectable on these test examples by any number of seeds.
    """

    difference: float
    num_seeds: int | None
    num_seeds_range: tuple[int | None, int | None]
    powers: dict[int, float]
    smallest: float


def plan(pilot: Components, difference: float) -> Plan:
    """Return how many seeds detect a difference with a power of 80 %.

    A pilot of a few seeds knows the variance over seeds only roughly, and is more often below it than
    above; the upper limit of the variance keeps the promise on average.

    Source: Browne, "On the use of a pilot sample for sample size determination" (1995).

    Args:
        pilot: Variance components of the difference of two contenders.
        difference: Difference to detect; its sign does not matter.
    """
    upper = _inflation(pilot, CAUTION)
    low, high = (_enough_seeds(pilot, difference, _inflation(pilot, q)) for q in PILOTS)
    numbers = (3, 5, 10, 20, 50, 100)
    return Plan(
        difference=difference,
        num_seeds=_enough_seeds(pilot, difference, upper),
        num_seeds_range=(low, high),
        powers={seeds: power(pilot, difference, seeds, upper) for seeds in numbers},
        smallest=_smallest(pilot),
    )


def _inflation(pilot: Components, level: float) -> float:
    """Return the upper confidence limit of the variance over seeds, over its estimate."""
    freedom = pilot.num_seeds - 1
    return freedom / float(stats.chi2.ppf(1 - level, freedom))


def is_out_of_reach(pilot: Components) -> bool:
    """Return whether no number of seeds can show a difference on the pilot's test examples.

    In the limit of many seeds, the interval is as wide as the examples make it, around a mean that
    the pilot's seeds limit.
    """
    reach = float(stats.t.ppf((1 + LEVEL) / 2, pilot.num_seeds - 1)) * math.sqrt(pilot.seeds)
    freedom = pilot.num_examples - 1
    least = pilot.limit_variance * freedom / float(stats.chi2.ppf((1 + LEVEL) / 2, freedom))
    quantile = float(stats.norm.ppf((1 + LEVEL) / 2))
    return abs(pilot.mean) + reach < quantile * math.sqrt(least)


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
    place = bisect_left(numbers, POWER, key=lambda n: power(pilot, difference, n, inflation))
    return numbers[place] if place < len(numbers) else None


def _smallest(pilot: Components) -> float:
    """Return the difference that infinitely many seeds detect with a power of 80 %."""
    normal = stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER)
    return float(normal * math.sqrt(pilot.limit_variance))
