from __future__ import annotations

import itertools

import numpy as np
import pytest

from nnlab.comparison.pairs import (
    compare_pair,
    corrected,
    holm,
    holm_levels,
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
    assert pair.is_refused
    assert pair.interval.to_json() is None
    assert pair.num_differing == 0
    assert largest_unseen_fraction(100) == pytest.approx(0.0295, abs=1e-4)
    assert not pair.is_decided


@pytest.mark.parametrize("num_seeds", [1, 2, 5])
@pytest.mark.parametrize(("number", "is_refused"), [(1, True), (5, True), (6, False), (40, False)])
def test_a_verdict_takes_six_examples_that_differ(number, is_refused, num_seeds) -> None:
    first, second = np.ones((num_seeds, 100), bool), np.ones((num_seeds, 100), bool)
    second[:, :number] = False
    pair = pair_of(first, second)
    assert pair.num_differing == pytest.approx(number)
    assert pair.is_refused == is_refused
    assert pair.is_decided == (not is_refused and num_seeds > 1)


def test_one_example_far_from_the_others_decides_nothing() -> None:
    first = np.random.default_rng(0).normal(size=(5, 200))
    second = first.copy()
    second[:, :100] += 0.01
    second[:, 7] += 1e3
    assert compare_pair(("a", "b"), (first, second)).is_refused
    assert compare_pair(("a", "b"), (first, second), is_sequential=True).is_refused


def test_the_same_metric_on_every_split_is_no_verdict() -> None:
    table = np.full((4, 1), 0.9)
    assert compare_pair(("a", "b"), (table, table - 0.1), test_to_train=0.2).is_refused


def test_no_interval_leaves_the_range_of_the_difference() -> None:
    first, second = np.ones((2, 40), bool), np.zeros((2, 40), bool)
    second[0, :30] = True
    pair = compare_pair(("a", "b"), (first * 1.0, second * 1.0), largest=1.0)
    assert pair.interval.low >= -1
    assert pair.interval.high == 1


def test_several_pairs_share_the_risk() -> None:
    generator = np.random.default_rng(1)
    base = generator.random((5, 300))
    close = pair_of(base < 0.80, base < 0.765)
    far = pair_of(base < 0.80, base < 0.20)
    alone, together = corrected([close]), corrected([close, far, far])
    assert alone[0].p_value == close.p_value
    assert together[0].p_value == pytest.approx(close.p_value)
    assert together[1].p_value == pytest.approx(min(3 * far.p_value, 1))


def test_each_interval_has_the_level_at_which_its_verdict_is_tested() -> None:
    assert holm_levels([0.001, 0.2, 0.03]) == pytest.approx(
        [1 - 0.05 / 3, 1 - 0.05 / 2, 1 - 0.05 / 2]
    )
    assert holm_levels([0.04]) == pytest.approx([0.95])
    assert holm_levels([0.001, 0.001, 0.04]) == pytest.approx([1 - 0.05 / 3, 1 - 0.05 / 2, 0.95])
