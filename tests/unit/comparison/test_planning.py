from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from nnlab.comparison.intervals import Components, by_source, components
from nnlab.comparison.planning import is_out_of_reach, plan, power
from tests.helpers.crossed import crossed

GENERATOR = np.random.default_rng(3)


def test_power_with_the_seeds_of_the_pilot_uses_its_variance() -> None:
    pilot = components(crossed(GENERATOR, 5, 60, seeds=0.5, examples=0.5, noise=5.0))
    limit = pilot.uncertainty.half_width(0.05) / math.sqrt(pilot.variance)
    shift = 1.5 / math.sqrt(pilot.variance)
    assert power(pilot, 1.5, 5) == pytest.approx(
        stats.nct.sf(limit, pilot.degrees_of_freedom, shift)
    )


def test_planned_seeds_are_the_fewest_with_enough_power() -> None:
    pilot = components(crossed(GENERATOR, 5, 2000, seeds=0.1, examples=0.1, noise=0.1))
    found = plan(pilot, 0.1)
    assert found.num_seeds is not None
    # The upper 70 % limit of a variance with 4 degrees of freedom.
    upper = 4 / stats.chi2.ppf(0.3, 4)
    powers = [power(pilot, 0.1, found.num_seeds - fewer, upper) for fewer in (0, 1)]
    assert powers[0] >= 0.8 > powers[1]
    low, high = found.num_seeds_range
    assert low < found.num_seeds < high


def test_a_difference_is_out_of_reach_only_if_the_seeds_cannot_have_hidden_it() -> None:
    hidden = components(crossed(GENERATOR, 5, 200, seeds=1.0, examples=0.5, noise=0.1))
    assert not is_out_of_reach(hidden)
    known = components(crossed(GENERATOR, 5, 50, seeds=0.001, examples=1.0, noise=0.001))
    centred = replace(known, mean=0.01)
    assert is_out_of_reach(centred)
    assert not is_out_of_reach(replace(known, mean=1.0))


def test_planned_power_is_that_of_simulated_comparisons() -> None:
    sizes = {"seeds": 0.3, "examples": 1.0, "noise": 1.0}
    expected = Components(
        mean=0.0,
        seeds=0.09 / 50 + 1 / (50 * 400),
        examples=1 / 400 + 1 / (50 * 400),
        cross=1 / (50 * 400),
        num_seeds=50,
        num_examples=400,
    )
    trials = [by_source(0.4 + crossed(GENERATOR, 8, 400, **sizes)) for _ in range(600)]
    seen = np.mean([trial.interval().excludes_zero for trial in trials])
    assert power(expected, 0.4, 8) == pytest.approx(seen, abs=0.05)


def test_a_difference_too_small_for_the_examples_has_no_plan() -> None:
    pilot = components(crossed(GENERATOR, 5, 50, seeds=0.01, examples=1.0, noise=0.1))
    found = plan(pilot, 0.01)
    assert found.num_seeds is None
    assert found.smallest > 0.3
