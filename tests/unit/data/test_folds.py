"""Folds: those of scikit-learn, each example tested once, and equal sizes for training."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from nnlab.config.splits import RandomSplitConfig
from nnlab.data.splits.division import divide
from nnlab.data.splits.folds import folds_of, of_equal_sizes
from nnlab.data.splits.own_split import OwnSplit
from nnlab.data.types import Examples
from nnlab.errors import DataError

CLASSES = np.random.default_rng(0).choice([2, 0, 1], size=103, p=[0.6, 0.3, 0.1])
GROUPS = np.sort(np.random.default_rng(1).integers(0, 23, size=103))


def examples_of(targets=CLASSES, groups=None, *, num_official_test=0):
    own = None if groups is None else OwnSplit("group", groups, "table, column 'patient'")
    return Examples(
        np.zeros((len(targets), 1)),
        targets,
        class_names=("a", "b", "c"),
        num_official_test=num_official_test,
        sha256="",
        own_split=own,
    )


def all_folds(examples, *, repeats=1, **options):
    split = RandomSplitConfig(**options)
    return [divide(split.of_seed(seed), examples) for seed in range(repeats * split.folds)]


@pytest.mark.parametrize("stratify", [False, True])
@pytest.mark.parametrize("folds", [2, 5, 10])
def test_repeats_of_folds_are_those_of_scikit_learn(folds: int, stratify: bool) -> None:
    found = all_folds(examples_of(), repeats=3, folds=folds, stratify=stratify, seed=7)
    expected = []
    for repeat in range(3):
        kind = StratifiedKFold if stratify else KFold
        splitter = kind(folds, shuffle=True, random_state=7 + repeat)
        expected += [test for _, test in splitter.split(CLASSES[:, None], CLASSES)]
    assert [one.test.tolist() for one in found] == [test.tolist() for test in expected]


@pytest.mark.parametrize("groups", [None, GROUPS], ids=["examples", "groups"])
@pytest.mark.parametrize("stratify", [False, True])
def test_each_example_is_tested_once_and_never_learned(groups, stratify: bool) -> None:
    divided = all_folds(examples_of(groups=groups), folds=4, val=0.2, stratify=stratify)
    assert sorted(np.concatenate([one.test for one in divided])) == list(range(103))
    for one in divided:
        parts = [one.train, one.val, one.test]
        assert np.unique(np.concatenate(parts)).tolist() == list(range(103))
        assert len(one.val) == pytest.approx(0.2 * 103, abs=8 if groups is not None else 1)
        if groups is not None:
            of_parts = [set(groups[part]) for part in parts]
            assert sum(map(len, of_parts)) == 23


def test_classes_have_their_share_of_every_fold() -> None:
    for one in all_folds(examples_of(), folds=4, val=0.2, stratify=True):
        for part in (one.train, one.val, one.test):
            quotas = np.bincount(CLASSES) * len(part) / 103
            assert abs(np.bincount(CLASSES[part]) - quotas).max() < 1.5


def test_groups_fill_folds_evenly_and_otherwise_with_another_seed() -> None:
    split = RandomSplitConfig(folds=4)
    found = [folds_of(split, examples_of(groups=GROUPS), seed) for seed in range(5)]
    for folds in found:
        assert abs(np.bincount(folds) - 103 / 4).max() <= 4
    assert all(not np.array_equal(one, two) for one, two in pairwise(found))


def test_groups_of_classes_are_spread() -> None:
    groups = np.repeat(np.arange(12), 5)  # each of one class, in turn
    classes = np.repeat(np.arange(12) % 3, 5)
    split = RandomSplitConfig(folds=4, stratify=True)
    folds = folds_of(split, examples_of(classes, groups), 0)
    for fold in range(4):
        assert np.bincount(classes[folds == fold]).tolist() == [5, 5, 5]


def test_what_trains_is_cut_to_the_same_size_and_what_tests_is_not() -> None:
    divided = all_folds(examples_of(), folds=4, val=0.2)
    cut = of_equal_sizes(divided, None)
    assert [len(one.test) for one in cut] == [26, 26, 26, 25]
    assert {len(one.train) for one in cut} == {103 - 26 - 21}
    assert {len(one.val) for one in cut} == {21}
    again = of_equal_sizes(divided[3:], {"train": 56, "val": 21, "test": 26})
    assert again[0].train.tolist() == cut[3].train.tolist()


@pytest.mark.parametrize(
    ("examples", "message"),
    [
        (examples_of(np.zeros(3, dtype=int)), "4 folds need 4 examples or more, and there are 3"),
        (
            examples_of(groups=GROUPS % 3),
            r"4 folds need 4 groups \(table, column 'patient'\) or more, and there are 3",
        ),
        (examples_of(num_official_test=9), "test=pooled divides all examples into folds"),
    ],
    ids=["examples", "groups", "official"],
)
def test_what_cannot_be_divided_is_refused(examples: Examples, message: str) -> None:
    with pytest.raises(DataError, match=message):
        all_folds(examples, folds=4)
