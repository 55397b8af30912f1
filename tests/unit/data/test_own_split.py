from __future__ import annotations

import numpy as np
import pytest

from nnlab.config.splits import RandomSplitConfig, StratifiedSplitConfig
from nnlab.data.splits.groups import split_groups
from nnlab.data.splits.own_split import OwnSplit, parts_of_words
from nnlab.errors import DataError


def sizes(indices) -> tuple[int, int, int]:
    return len(indices.train), len(indices.val), len(indices.test)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("num_groups", "num_rows"), [(5, 40), (30, 500), (400, 900), (900, 5000)])
def test_no_group_is_in_two_splits_and_fractions_come_out(num_groups, num_rows, seed):
    generator = np.random.default_rng(7)
    others = generator.integers(num_groups, size=num_rows - num_groups)
    groups = np.concatenate([np.arange(num_groups), others])
    targets = generator.integers(3, size=num_rows)

    found = OwnSplit("group", groups, "patient").divide(StratifiedSplitConfig(seed=seed), targets)

    parts = [set(groups[part]) for part in vars(found).values()]
    assert sum(map(len, parts)) == num_groups
    assert sorted(np.concatenate([*vars(found).values()])) == list(range(num_rows))
    largest = np.bincount(groups).max()
    assert abs(len(found.test) - 0.15 * num_rows) <= largest
    assert abs(len(found.val) - 0.15 * num_rows) <= largest


def test_every_seed_draws_other_groups_into_splits_of_the_same_sizes():
    groups = np.random.default_rng(0).integers(40, size=600)
    targets = groups % 2
    own = OwnSplit("group", groups, "patient")

    found = [own.divide(StratifiedSplitConfig(seed=seed), targets) for seed in range(8)]

    assert len({sizes(split) for split in found}) == 1
    assert len({frozenset(split.test) for split in found}) > 4


def test_groups_keep_the_proportions_of_the_classes_as_far_as_they_can():
    groups = np.repeat(np.arange(60), 10)
    targets = (groups % 5 == 0).astype(int)  # 20 % of the groups

    part = split_groups(groups, targets, [0.2, 0.2], seed=3)

    assert [targets[part == i].mean() for i in (0, 1, -1)] == pytest.approx([0.2] * 3, abs=0.1)


def test_one_large_group_does_not_leave_a_split_empty():
    groups = np.array([0] * 90 + [1] * 5 + [2] * 5)

    found = OwnSplit("group", groups, "site").divide(RandomSplitConfig(), np.zeros(100))

    assert sorted(sizes(found)) == [5, 5, 90]


def test_too_few_groups_are_refused_with_their_number():
    own = OwnSplit("group", np.array([0, 0, 1, 1]), "column 'patient'")

    with pytest.raises(DataError, match=r"'patient': 3 splits need 3 groups or more.* there are 2"):
        own.divide(RandomSplitConfig(), np.zeros(4))


@pytest.mark.parametrize("kind", ["group", "time"])
def test_one_group_or_time_is_refused_with_what_to_do(kind):
    own = OwnSplit(kind, np.zeros(4, dtype=np.int64), "column 'c'")

    with pytest.raises(DataError, match=r"there is 1\nchoose another column, or .*split\.val=0"):
        own.divide(RandomSplitConfig(), np.zeros(4))


def test_times_are_split_in_their_order_whatever_that_of_the_rows():
    times = np.random.default_rng(0).permutation(200).astype(float)

    found = OwnSplit("time", times, "day").divide(RandomSplitConfig(val=0.2, test=0.1), times)

    assert sizes(found) == (140, 40, 20)
    assert times[found.train].max() < times[found.val].min()
    assert times[found.val].max() < times[found.test].min()


@pytest.mark.parametrize("counts", [[50, 20, 20, 10], [1, 1, 1], [97, 1, 1, 1], [1, 1, 98]])
def test_equal_times_stay_together(counts):
    times = np.repeat(np.arange(len(counts)), counts)[::-1].astype(float)

    found = OwnSplit("time", times, "day").divide(RandomSplitConfig(), times)

    parts = [set(times[part]) for part in vars(found).values()]
    assert all(parts)
    assert sum(map(len, parts)) == len(counts)


def test_too_few_times_are_refused_with_their_number():
    with pytest.raises(DataError, match="3 splits need 3 different times or more, and there are 2"):
        OwnSplit("time", np.array([0.0, 1.0] * 9), "day").divide(RandomSplitConfig(), np.zeros(18))


@pytest.mark.parametrize(
    "words",
    [
        ["train", "val", "test"],
        ["training", "validation", "test"],
        ["Train", "VALID", "Test"],
        ["train ", "dev", " test"],
    ],
    ids=" ".join,
)
def test_the_words_for_a_split_are_understood(words):
    assert parts_of_words(words, "column 'part'").tolist() == [0, 1, 2]


def test_other_words_are_refused_and_listed():
    with pytest.raises(
        DataError, match="column 'part' says '', 'holdout'; a split is called train"
    ):
        parts_of_words(["train", "holdout", "", "holdout"], "column 'part'")


def test_a_column_decides_every_row():
    parts = np.array([2, 0, 1, 0, 2, 0])

    found = OwnSplit("part", parts, "part").divide(StratifiedSplitConfig(), parts)

    assert [part.tolist() for part in vars(found).values()] == [[1, 3, 5], [2], [0, 4]]


def test_a_split_without_a_file_is_a_fraction_of_the_training_file():
    parts = np.array([0] * 100 + [2] * 40)
    own = OwnSplit("part", parts, "files", frozenset({"val"}))

    found = own.divide(StratifiedSplitConfig(val=0.2), np.arange(140) % 2)

    assert sizes(found) == (80, 20, 40)
    assert found.val.max() < 100 <= found.test.min()
