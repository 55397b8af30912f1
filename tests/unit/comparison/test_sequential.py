from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from nnlab.comparison.intervals import by_source, components
from nnlab.comparison.sequential import PRIOR, anytime_half_width, anytime_interval, min_half_width
from tests.helpers.crossed import crossed

GENERATOR = np.random.default_rng(3)


@pytest.mark.parametrize(("num_seeds", "risk"), [(5, 0.05), (12, 0.025), (40, 0.05)])
def test_the_anytime_reach_is_where_the_bayes_factor_reaches_one_over_the_risk(
    num_seeds: int, risk: float
) -> None:
    t, freedom = anytime_half_width(num_seeds, risk), num_seeds - 1

    def mixture(effect: float) -> float:
        shifted = stats.nct.pdf(t, freedom, math.sqrt(num_seeds) * effect)
        return float(shifted * stats.norm.pdf(effect, scale=math.sqrt(PRIOR)))

    factor = integrate.quad(mixture, -20, 20, limit=500, points=[0, t / math.sqrt(num_seeds)])[0]
    assert factor / stats.t.pdf(t, freedom) == pytest.approx(1 / risk, rel=1e-4)


def test_the_anytime_interval_is_endless_at_first_and_wider_than_students_later() -> None:
    table = crossed(GENERATOR, 30, 100)
    assert anytime_interval(table[:2]).width == math.inf
    widths = [anytime_interval(table[:n]).width for n in (6, 12, 30)]
    assert widths[0] > widths[1] > widths[2] > by_source(table).interval().width


def test_the_anytime_interval_gives_half_the_risk_to_the_seeds_and_half_to_the_examples() -> None:
    table = crossed(GENERATOR, 12, 80)
    reach = anytime_half_width(12, 0.025) * stats.sem(table.mean(1))
    reach += stats.norm.ppf(1 - 0.025 / 2) * stats.sem(table.mean(0))
    found = anytime_interval(table)
    assert (found.low, found.high) == pytest.approx((table.mean() - reach, table.mean() + reach))


def test_noise_of_single_answers_does_not_count_as_a_limit_of_the_test_examples() -> None:
    """It shrinks with seeds, so that it is worth adding them."""
    table = crossed(GENERATOR, 5, 400, seeds=0.1, examples=0.01, noise=5.0)
    parts = components(table)
    assert min_half_width(parts) < 0.5 * stats.norm.ppf(0.9875) * math.sqrt(parts.examples)
    examples = components(crossed(GENERATOR, 5, 400, seeds=0.1, examples=5.0, noise=0.1))
    expected = stats.norm.ppf(0.9875) * math.sqrt(examples.examples)
    assert min_half_width(examples) == pytest.approx(expected, rel=0.01)
