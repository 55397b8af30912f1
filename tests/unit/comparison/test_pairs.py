from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnlab.comparison.intervals import Interval, Strata
from nnlab.comparison.pairs import (
    compare_pair,
    corrected,
    holm,
    largest_unseen_fraction,
    mcnemar_p_value,
    sign_flip_p_value,
)

GENERATOR = np.random.default_rng(3)


@pytest.mark.parametrize("num_seeds", [2, 5, 9])
def test_sign_flips_are_enumerated(num_seeds: int) -> None:
    values = GENERATOR.normal(0.4, 1, num_seeds)
    means = [
        abs(np.mean(np.array(signs) * values))
        for signs in itertools.product([-1, 1], repeat=num_seeds)
    ]
    expected = np.mean(np.array(means) >= abs(values.mean()) - 1e-12)
    assert sign_flip_p_value(values) == pytest.approx(expected)


def test_five_seeds_cannot_give_a_sign_flip_p_below_a_sixteenth() -> None:
    assert sign_flip_p_value(np.array([1.0, 1.1, 1.2, 0.9, 1.0])) == pytest.approx(0.0625)
    assert sign_flip_p_value(np.linspace(1, 2, 6)) == pytest.approx(0.03125)


def test_mcnemar_counts_disagreements_only() -> None:
    first = np.array([True] * 6 + [True] * 10 + [False] * 10)
    second = np.array([False] * 6 + [True] * 10 + [False] * 10)
    assert mcnemar_p_value(first, second) == pytest.approx(2 * 0.5**6)
    assert mcnemar_p_value(first, first) == 1.0


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.7, 0.9]) == pytest.approx([1.0, 1.0])


def pair_of(first: np.ndarray, second: np.ndarray, **options: object):
    tables = (first.astype(float), second.astype(float))
    return compare_pair(("a", "b"), tables, hits=(first, second), **options)


def test_one_seed_is_never_decided() -> None:
    first, second = np.ones((1, 500), bool), np.zeros((1, 500), bool)
    pair = pair_of(first, second)
    assert pair.difference == 1.0
    assert pair.method == "examples"
    assert not pair.is_decided
    assert (pair.p_value, pair.p_sign_flip, pair.effect_size) == (None, None, None)


def test_equal_answers_leave_room_for_unseen_differences() -> None:
    hits = np.ones((3, 100), bool)
    pair = pair_of(hits, hits)
    assert pair.interval == Interval(-largest_unseen_fraction(100), largest_unseen_fraction(100))
    assert largest_unseen_fraction(100) == pytest.approx(0.0295, abs=1e-4)
    assert not pair.is_decided


def test_several_pairs_share_the_risk() -> None:
    generator = np.random.default_rng(1)
    base = generator.random((5, 300))
    close = pair_of(base < 0.80, base < 0.765)
    far = pair_of(base < 0.80, base < 0.20)
    alone, together = corrected([close]), corrected([close, far, far])
    assert alone[0].p_value == close.p_value
    assert together[0].p_value == pytest.approx(close.p_value)
    assert together[1].p_value == pytest.approx(min(3 * far.p_value, 1))


def test_equal_areas_leave_room_for_unseen_differences_in_the_rarest_class() -> None:
    table = np.random.default_rng(0).random((5, 200))
    pair = compare_pair(("a", "b"), (table, table), strata=Strata(np.arange(200) % 10), rarest=20)
    assert pair.interval == Interval(-largest_unseen_fraction(20), largest_unseen_fraction(20))
    assert not pair.is_decided
