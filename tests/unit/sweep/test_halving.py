"""Successive halving: the ladder, and who goes on."""

from __future__ import annotations

import math

import pytest

from nnlab.sweep.halving import Rung, audited_of, rungs_of, score_of, survivors


@pytest.mark.parametrize(
    ("arguments", "ladder"),
    [
        ((27, 27, 3, 1), [(1, 27), (3, 9), (9, 3), (27, 1)]),
        ((27, 10, 3, 1), [(1, 27), (3, 9), (10, 3)]),  # 9 of 10 epochs would save next to nothing
        ((64, 3, 3, 1), [(1, 64), (3, 21)]),
        ((64, 2, 3, 1), [(2, 64)]),
        ((4, 81, 3, 1), [(1, 4), (81, 1)]),  # one that is left goes to the end
        ((2, 81, 3, 1), [(1, 2), (81, 1)]),
        ((1, 81, 3, 1), [(81, 1)]),
        ((16, 20, 2, 5), [(5, 16), (10, 8), (20, 4)]),
    ],
)
def test_each_rung_keeps_a_part_and_trains_it_longer(arguments, ladder) -> None:
    assert rungs_of(*arguments) == tuple(Rung(*rung) for rung in ladder)


def test_the_best_go_on() -> None:
    scores = {0: 0.1, 1: 0.9, 2: 0.5}

    assert survivors(scores, 2, lower_is_better=False) == (1, 2)
    assert survivors(scores, 2, lower_is_better=True) == (0, 2)


def test_ties_go_to_the_first_trial_in_any_order() -> None:
    scores = {3: 0.5, 1: 0.5, 2: 0.5}

    assert survivors(scores, 2, lower_is_better=False) == (1, 2)
    assert survivors(dict(sorted(scores.items())), 2, lower_is_better=True) == (1, 2)


@pytest.mark.parametrize("lower_is_better", [True, False])
def test_a_diverged_trial_is_worse_than_every_other(lower_is_better: bool) -> None:
    scores = {0: None, 1: -1e300, 2: 1e300}

    assert set(survivors(scores, 2, lower_is_better=lower_is_better)) == {1, 2}
    assert survivors(scores, 3, lower_is_better=lower_is_better)[-1] == 0


@pytest.mark.parametrize("bad", [None, math.nan, math.inf])
def test_a_trial_with_one_diverged_seed_has_diverged(bad: float | None) -> None:
    assert score_of([0.25, 0.75]) == 0.5
    assert score_of([0.25, bad]) is None


def test_an_audit_draws_other_trials_by_seed_and_the_same_in_any_order() -> None:
    pruned = range(5, 60)
    drawn = audited_of(pruned, 3, seed=0)

    assert drawn == audited_of(reversed(pruned), 3, seed=0)
    assert len(drawn) == 3
    assert set(drawn) <= set(pruned)
    assert drawn != audited_of(pruned, 3, seed=1)
