"""Buckets of a curve are exact: their ends and means are those of all values of all seeds in them."""

from __future__ import annotations

import math
from statistics import fmean, stdev

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from nnlab.ui.buckets import series
from nnlab.ui.columns import Grid

VALUES = st.one_of(st.floats(-1e6, 1e6), st.sampled_from([math.nan, math.inf]))


@st.composite
def grids(draw: st.DrawFn) -> Grid:
    num_epochs, num_seeds = draw(st.integers(0, 30)), draw(st.integers(1, 4))
    epochs = np.cumsum(draw(st.lists(st.integers(1, 5), min_size=num_epochs, max_size=num_epochs)))
    rows = st.lists(VALUES, min_size=num_seeds, max_size=num_seeds)
    values = draw(st.lists(rows, min_size=num_epochs, max_size=num_epochs))
    return Grid(
        epochs.astype(np.int64), [*range(num_seeds)], np.array(values).reshape(-1, num_seeds)
    )


@given(grids(), st.integers(1, 40))
@settings(max_examples=300, deadline=None)
def test_a_bucket_holds_the_exact_ends_and_means(grid: Grid, num_buckets: int) -> None:
    found = series(grid, "m", num_buckets)

    size = found["epochs_per_bucket"]
    starts = range(0, len(grid.epochs), size)
    assert len(found["epochs"]) == len(starts) <= num_buckets
    for bucket, start in enumerate(starts):
        block = grid.values[start : start + size]
        known = block[np.isfinite(block)]
        means = [fmean(v[np.isfinite(v)]) for v in block.T if np.isfinite(v).any()]
        assert found["smallest"][bucket] == (min(known) if len(known) else None)
        assert found["largest"][bucket] == (max(known) if len(known) else None)
        if not means:
            assert found["mean"][bucket] is None
            continue
        assert found["mean"][bucket] == pytest.approx(fmean(means), rel=1e-9, abs=1e-6)
        if len(means) == 1:
            assert found["low"][bucket] is None
            continue
        reach = stats.t.ppf(0.975, len(means) - 1) * stdev(means) / len(means) ** 0.5
        shown = [found["low"][bucket], found["high"][bucket]]
        ends = [fmean(means) - reach, fmean(means) + reach]
        assert shown == pytest.approx(ends, rel=1e-6, abs=1e-6)


@given(grids())
@settings(max_examples=100, deadline=None)
def test_with_enough_buckets_every_value_is_there(grid: Grid) -> None:
    found = series(grid, "m", 40)

    assert found["epochs"] == grid.epochs.tolist()
    shown = np.array(
        [[math.nan if v is None else v for v in line["values"]] for line in found["seeds"]]
    )
    expected = np.where(np.isfinite(grid.values), grid.values, math.nan)
    np.testing.assert_array_equal(shown.reshape(len(grid.seeds), -1).T, expected)
    marks = [
        [int(grid.epochs[r]), s] for r, s in zip(*np.nonzero(np.isinf(grid.values)), strict=True)
    ]
    assert found["nonfinite"] == marks


def test_a_part_of_the_epochs_is_shown_in_as_many_buckets() -> None:
    grid = Grid(np.arange(1, 101), [0], np.arange(100.0)[:, None])

    found = series(grid, "m", 10, 41, 60)

    assert found["epochs_per_bucket"] == 2
    assert found["epochs"] == [41.5 + 2 * n for n in range(10)]
    assert (found["smallest"][0], found["largest"][-1]) == (40.0, 59.0)
