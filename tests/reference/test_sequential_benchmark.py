"""Intervals by betting, which benchmarks/sequential.py compares with nnlab's."""

import numpy as np
import pytest

from benchmarks.calibration import World
from benchmarks.sequential import betting_interval, measure


@pytest.mark.parametrize("mean", [0.1, 0.5, 0.9])
def test_a_betting_interval_is_valid_at_every_look(mean):
    generator = np.random.default_rng(0)
    limits = np.array(
        [betting_interval((generator.random(200) < mean).astype(float)) for _ in range(50)]
    )
    held = (limits[:, 0] <= mean) & (mean <= limits[:, 1])
    assert held.sum() > 45
    assert np.nanmedian(limits[:, 1] - limits[:, 0]) < 0.25


def test_bets_on_examples_take_the_luck_of_seeds_for_skill():
    found = measure(World(10, 1_000, 0.5), 10)
    assert found["seeds, nnlab"][2].share <= 0.05
    assert found["examples, betting"][2].share > 0.2
