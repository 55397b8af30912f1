"""Variance components and intervals, against scipy, closed forms and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from nnlab.comparison.intervals import (
    Components,
    Interval,
    Strata,
    by_source,
    components,
    t_interval,
)
from tests.helpers.crossed import crossed

GENERATOR = np.random.default_rng(3)


def test_components_are_unbiased() -> None:
    found = [components(crossed(GENERATOR, 4, 50)) for _ in range(3000)]
    truth = {"seeds": 1 / 4 + 9 / 200, "examples": 4 / 50 + 9 / 200, "cross": 9 / 200}
    for name, expected in truth.items():
        mean = np.mean([getattr(c, name) for c in found])
        assert mean == pytest.approx(expected, rel=0.05), name


def test_with_equal_examples_the_interval_is_t_intervals_over_seeds() -> None:
    by_seed = np.array([0.1, 0.3, 0.2, 0.5])
    table = np.repeat(by_seed[:, None], 30, axis=1)
    found = by_source(table)
    expected = stats.ttest_1samp(by_seed, 0)
    limits = expected.confidence_interval(0.95)
    assert found.interval() == Interval(
        pytest.approx(limits.low, rel=1e-12), pytest.approx(limits.high, rel=1e-12)
    )
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-12)
    assert components(table).degrees_of_freedom == pytest.approx(3)


def test_with_equal_seeds_the_interval_is_t_intervals_over_examples() -> None:
    by_example = GENERATOR.normal(0.2, 1, 40)
    found = by_source(np.repeat(by_example[None], 3, axis=0))
    limits = stats.ttest_1samp(by_example, 0).confidence_interval(0.95)
    assert (found.interval().low, found.interval().high) == pytest.approx((limits.low, limits.high))


def test_the_degrees_of_freedom_are_never_fewer_than_those_of_the_seeds() -> None:
    found = Components(mean=1.0, seeds=1.0, examples=1.0, cross=1.0, num_seeds=5, num_examples=6)
    assert found.variance == 1.0
    assert found.degrees_of_freedom == 4


@pytest.mark.parametrize("shape", [(1, 5), (5, 1)])
def test_components_need_two_of_each(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="needs at least two seeds and two examples, not"):
        components(np.zeros(shape))


def test_no_difference_at_all_has_a_p_value_of_one() -> None:
    assert by_source(np.zeros((3, 10))).p_value == 1.0
    assert by_source(np.ones((3, 10))).p_value == 0.0


def test_one_value_has_no_interval() -> None:
    assert t_interval(np.array([0.5])) is None


def test_each_source_keeps_its_freedom() -> None:
    table = crossed(np.random.default_rng(0), 4, 60, seeds=0.5, examples=1.0, noise=1.0)
    parts = components(table)
    variances = np.array([parts.seeds, parts.examples - parts.cross])
    quantile = np.average(stats.t.ppf(0.975, [3, 59]), weights=variances)
    interval = by_source(table).interval()
    assert interval.width / 2 == pytest.approx(quantile * np.sqrt(variances.sum()))
    assert (interval.low + interval.high) / 2 == pytest.approx(parts.mean)


def test_seeds_that_agree_by_chance_leave_what_the_residual_says() -> None:
    table = np.zeros((3, 9))
    table[[0, 1, 2], [0, 1, 2]] = 1.0  # each seed gains another example
    parts = components(table)
    assert parts.seeds == 0 < parts.cross
    half_width = by_source(table).half_width(0.05)
    assert half_width >= stats.t.ppf(0.975, 8) * np.sqrt(parts.cross) > 0


def test_examples_of_a_rare_class_have_few_degrees_of_freedom() -> None:
    generator, classes = np.random.default_rng(0), np.repeat([0, 1], [190, 10])
    by_example = np.where(classes == 1, 19, 1) * generator.normal(size=200)
    found = by_source(by_example + np.zeros((3, 1)), Strata(classes))
    assert 9 <= found.example_freedom < 15
    assert found.examples == pytest.approx(by_example.var(ddof=1) / 200, rel=0.1)


def test_the_freedom_of_an_area_falls_where_few_examples_decide() -> None:
    by_example = np.where(np.arange(100) % 20 == 0, 1.0, 0.0)  # kurtosis 18.05
    table, classes = by_example + np.zeros((3, 1)), np.zeros(100, int)
    assert by_source(table, Strata(classes)).example_freedom == pytest.approx(99)
    found = by_source(table, Strata(classes, is_area=True)).example_freedom
    assert found == pytest.approx(200 / (stats.kurtosis(by_example, fisher=False) - 1))
    even = np.tile([0.0, 1.0], 50) + np.zeros((3, 1))
    assert by_source(even, Strata(classes, is_area=True)).example_freedom == pytest.approx(99)


@pytest.mark.parametrize("shift", [0.0, 0.05, 0.5, 3.0, 1e6])
def test_the_p_value_of_both_sources_is_the_risk_at_which_zero_is_excluded(shift: float) -> None:
    table = shift + crossed(np.random.default_rng(1), 5, 40, seeds=0.1, examples=0.5, noise=0.5)
    found = by_source(table, Strata(np.repeat([0, 1], 20)))
    p_value = found.p_value
    assert 0 < p_value <= 1
    assert (p_value < 0.05) == found.interval().excludes_zero
    if 1e-12 < p_value < 1:
        assert found.half_width(p_value) == pytest.approx(abs(found.mean), rel=1e-6)


def test_two_seeds_have_a_p_value() -> None:
    table = 0.3 + crossed(np.random.default_rng(1), 2, 40, seeds=0.1, examples=0.5, noise=0.5)
    assert 0 < by_source(table).p_value < 1


@pytest.mark.parametrize("is_area", [False, True])
def test_no_spread_is_certain(is_area: bool) -> None:
    strata = Strata(np.zeros(10, int), is_area)
    assert by_source(np.zeros((3, 10)), strata).p_value == 1.0
    assert by_source(np.ones((3, 10)), strata).p_value == 0.0
