"""The interval of one contender stays in the range of its metric."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.comparison.intervals import BySource, by_source
from nnlab.comparison.ranges import interval_in_range
from nnlab.metrics import METRICS, limits_of
from nnlab.runs.uncertainty import wilson_interval

ROUNDING = 1e-12


def uncertainty(mean: float, variance: float) -> BySource:
    return BySource(mean, variance, variance, variance / 10, 4, 99)


@settings(deadline=None, database=None, derandomize=True)
@given(
    st.sampled_from(sorted(METRICS)),
    st.floats(0, 1),
    st.sampled_from([0.0, 1e-12, 1e-4, 0.01, 1.0, 1e6]),
    st.integers(2, 10_000),
)
def test_no_interval_leaves_the_range_of_its_metric(metric, mean, variance, number) -> None:
    found = interval_in_range(metric, uncertainty(mean, variance), (5, number))
    low, high = limits_of(metric)
    if found is not None:
        assert low <= found.low <= found.high <= high
        assert found.low - ROUNDING <= mean <= found.high + ROUNDING


@pytest.mark.parametrize("metric", ["accuracy", "roc_auc", "ece"])
@pytest.mark.parametrize("mean", [0.0, 1.0])
def test_a_perfect_fraction_of_few_examples_is_not_certain(metric: str, mean: float) -> None:
    found = interval_in_range(metric, uncertainty(mean, 0.0), (5, 9))
    assert (found.low, found.high) == pytest.approx(wilson_interval(mean, 9), abs=1e-4)


@pytest.mark.parametrize(("metric", "end"), [("mse", 0.0), ("log_loss", 0.0), ("r2", 1.0)])
def test_the_end_of_an_open_range_has_no_interval(metric: str, end: float) -> None:
    assert interval_in_range(metric, uncertainty(end, 0.0), (5, 9)) is None


def test_far_from_its_ends_it_is_the_symmetric_interval() -> None:
    hits = np.random.default_rng(0).random((5, 20_000)) < 0.6
    plain = by_source(hits * 1.0)
    found, expected = interval_in_range("accuracy", plain, (5, 20_000)), plain.interval()
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=2e-5)
