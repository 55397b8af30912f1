from __future__ import annotations

import pytest

from nnlab.training.progress import ReplicaProgress
from nnlab.training.selection import Plateau, Selection


def make_selection(*, is_lower_better=True, **options):
    return Selection(split="val", metric="loss", is_lower_better=is_lower_better, **options)


def observe_all(selection, values, split="val"):
    """Return what was best when, and the progress after the last value."""
    replica = ReplicaProgress()
    is_best = []
    for epoch, value in enumerate(values, start=1):
        is_best.append(selection.observe(replica, {"epoch": epoch, split: {"loss": value}}))
    return is_best, replica


def test_first_value_is_the_best():
    is_best, replica = observe_all(make_selection(), [7.0])

    assert is_best == [True]
    assert (replica.best_value, replica.best_epoch) == (7.0, 1)


def test_lowest_value_is_the_best_of_a_loss():
    is_best, replica = observe_all(make_selection(), [3.0, 2.0, 2.5, 1.0, 4.0])

    assert is_best == [True, True, False, True, False]
    assert (replica.best_value, replica.best_epoch) == (1.0, 4)


def test_highest_value_is_the_best_of_an_accuracy():
    is_best, replica = observe_all(make_selection(is_lower_better=False), [0.5, 0.6, 0.4, 0.9])

    assert is_best == [True, True, False, True]
    assert (replica.best_value, replica.best_epoch) == (0.9, 4)


@pytest.mark.parametrize("is_lower_better", [True, False], ids=["lower", "higher"])
def test_earliest_of_equal_values_stays_the_best(is_lower_better):
    is_best, replica = observe_all(make_selection(is_lower_better=is_lower_better), [1.0, 1.0])

    assert is_best == [True, False]
    assert replica.best_epoch == 1


@pytest.mark.parametrize(
    ("is_lower_better", "values"),
    [(True, [1.0, 0.75, 0.5]), (False, [1.0, 1.25, 1.5])],
    ids=["lower", "higher"],
)
def test_only_a_change_beyond_min_delta_is_an_improvement(is_lower_better, values):
    selection = make_selection(is_lower_better=is_lower_better, min_delta=0.25)

    is_best, _ = observe_all(selection, values)

    # The third value is compared with the first, which stayed the best.
    assert is_best == [True, False, True]


def test_record_without_the_monitored_split_changes_nothing():
    is_best, replica = observe_all(make_selection(patience=1), [2.0, 3.0], split="test")

    assert is_best == [False, False]
    assert replica == ReplicaProgress()


def test_split_and_metric_of_the_record_are_the_monitored_ones():
    selection = Selection(split="test", metric="f1", is_lower_better=False)
    replica = ReplicaProgress()
    record = {"epoch": 3, "val": {"f1": 0.9, "loss": 1.0}, "test": {"f1": 0.4, "loss": 2.0}}

    selection.observe(replica, record)

    assert (replica.best_value, replica.best_epoch) == (0.4, 3)


def test_replica_stops_after_as_many_evaluations_without_improvement_as_patience_allows():
    _, replica = observe_all(make_selection(patience=3), [1.0, 2.0, 2.0, 2.0])

    assert replica.stopped_epoch == 4
    assert replica.best_epoch == 1


def test_replica_continues_until_patience_runs_out():
    _, replica = observe_all(make_selection(patience=3), [1.0, 2.0, 2.0])

    assert replica.stopped_epoch is None
    assert replica.evaluations_since_best == 2


def test_improvement_renews_patience():
    _, replica = observe_all(make_selection(patience=2), [1.0, 2.0, 0.5, 2.0])

    assert replica.stopped_epoch is None
    assert replica.evaluations_since_best == 1


def test_replica_never_stops_without_patience():
    _, replica = observe_all(make_selection(), [1.0] + 100 * [2.0])

    assert replica.stopped_epoch is None


def test_stopped_epoch_is_counted_in_epochs_not_evaluations():
    selection, replica = make_selection(patience=1), ReplicaProgress()

    for epoch, value in ((5, 1.0), (10, 2.0)):
        selection.observe(replica, {"epoch": epoch, "val": {"loss": value}})

    assert (replica.best_epoch, replica.stopped_epoch) == (5, 10)


PLATEAU = Plateau(factor=0.5, patience=2, min_factor=0.2)


@pytest.mark.parametrize(
    ("num_without_improvement", "lr_factor"),
    [(0, 1.0), (1, 1.0), (2, 0.5), (3, 0.5), (4, 0.25), (6, 0.2), (20, 0.2)],
)
def test_plateau_cuts_the_learning_rate_down_to_its_lowest(num_without_improvement, lr_factor):
    values = [1.0] + num_without_improvement * [2.0]

    _, replica = observe_all(make_selection(plateau=PLATEAU), values)

    assert replica.lr_factor == lr_factor


def test_improvement_delays_the_next_cut_and_undoes_none():
    selection = make_selection(plateau=PLATEAU)

    _, replica = observe_all(selection, [1.0, 2.0, 2.0, 2.0, 0.5, 2.0])

    assert replica.lr_factor == 0.5
    assert replica.evaluations_since_cut == 1


def test_cuts_do_not_renew_the_patience_of_early_stopping():
    selection = make_selection(plateau=PLATEAU, patience=5)

    _, replica = observe_all(selection, [1.0] + 5 * [2.0])

    assert replica.stopped_epoch == 6
    assert replica.lr_factor == 0.25


def test_learning_rate_is_never_cut_without_a_plateau():
    _, replica = observe_all(make_selection(patience=50), [1.0] + 40 * [2.0])

    assert replica.lr_factor == 1.0
