from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.model_selection import StratifiedShuffleSplit, train_test_split

from nnlab.config.splits import ImageSplitConfig, RandomSplitConfig, StratifiedSplitConfig
from nnlab.config.tables import CSVConfig
from nnlab.data.splits.split import split_indices
from nnlab.data.tabular import build_csv

# Products of size and fraction that floating point puts just above or below a whole number.
AWKWARD = [(25, 0.28), (50, 0.14), (100, 0.07), (100, 0.29), (1797, 1 / 3), (70_000, 0.1)]


@pytest.mark.parametrize("seed", [0, 42, 2**32 - 1])
@pytest.mark.parametrize(
    ("num_examples", "fraction"),
    [(2, 0.5), (10, 0.15), (10, 0.9), (150, 0.2), (150, 1 / 3), (1797, 0.15), (1797, 0.5)],
)
def test_a_random_split_takes_the_test_examples_of_scikit_learn(num_examples, fraction, seed):
    train, test = train_test_split(np.arange(num_examples), test_size=fraction, random_state=seed)

    config = RandomSplitConfig(test=fraction, val=0.0, seed=seed)
    indices = split_indices(config, np.zeros(num_examples), 0)

    assert indices.test.tolist() == test.tolist()
    assert indices.train.tolist() == train.tolist()
    assert indices.val.size == 0


@pytest.mark.parametrize(("num_examples", "fraction"), AWKWARD)
def test_sizes_are_rounded_as_scikit_learn_rounds_them(num_examples, fraction):
    train, test = train_test_split(np.arange(num_examples), test_size=fraction, random_state=0)

    config = RandomSplitConfig(test=fraction, val=0.0)
    indices = split_indices(config, np.zeros(num_examples), 0)

    assert indices.test.tolist() == test.tolist()
    assert indices.train.tolist() == train.tolist()


@pytest.mark.parametrize("val", [0.1, 0.15, 0.4])
def test_validation_examples_come_from_scikit_learns_training_part(val):
    train, test = train_test_split(np.arange(1000), test_size=0.2, random_state=5)

    config = RandomSplitConfig(test=0.2, val=val, seed=5)
    indices = split_indices(config, np.zeros(1000), 0)

    assert indices.test.tolist() == test.tolist()
    assert np.concatenate([indices.val, indices.train]).tolist() == train.tolist()
    assert len(indices.val) == round(1000 * val)


def test_the_order_of_targets_does_not_change_an_unstratified_split():
    config = RandomSplitConfig(test=0.2, val=0.1, seed=3)

    numbers = split_indices(config, np.linspace(0, 1, 500), 0)
    classes = split_indices(config, np.arange(500) % 3, 0)

    for first, second in zip(vars(numbers).values(), vars(classes).values(), strict=True):
        assert np.array_equal(first, second)


def test_a_pooled_split_takes_the_seventh_of_mnist_that_scikit_learn_takes():
    train, test = train_test_split(np.arange(70_000), test_size=1 / 7, random_state=42)

    config = ImageSplitConfig(test="pooled", val=0.0, seed=42)
    indices = split_indices(config, np.zeros(70_000, np.int64), 10_000)

    assert len(indices.test) == 10_000
    assert indices.test.tolist() == test.tolist()
    assert indices.train.tolist() == train.tolist()


def test_an_official_split_keeps_the_last_images_for_the_test():
    train, val = train_test_split(np.arange(60_000), test_size=0.1, random_state=1)

    indices = split_indices(ImageSplitConfig(seed=1), np.zeros(70_000, np.int64), 10_000)

    assert indices.test.tolist() == list(range(60_000, 70_000))
    assert indices.val.tolist() == val.tolist()
    assert indices.train.tolist() == train.tolist()


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize(("test", "val"), [(0.15, 0.15), (0.2, 0.1), (1 / 3, 1 / 3), (0.5, 0.0)])
@pytest.mark.parametrize(
    "counts", [[500, 500, 500], [7, 80, 333], [1, 2, 3, 4, 5]], ids=["even", "uneven", "tiny"]
)
def test_strata_keep_their_proportions_within_an_example(counts, test, val, seed):
    generator = np.random.default_rng(seed)
    targets = generator.permutation(np.repeat(np.arange(len(counts)), counts))

    config = StratifiedSplitConfig(test=test, val=val, seed=seed)
    indices = split_indices(config, targets, 0)

    for part, fraction in ((indices.test, test), (indices.val, val)):
        found = np.bincount(targets[part], minlength=len(counts))
        assert np.abs(found - fraction * np.array(counts)).max() < 1
    kept = np.bincount(targets[indices.train], minlength=len(counts))
    assert np.abs(kept - (1 - test - val) * np.array(counts)).max() <= 1


@pytest.mark.parametrize("fraction", [0.05, 0.1, 0.15, 0.25, 1 / 3])
@pytest.mark.parametrize(
    "counts",
    [[3] * 100, [50] * 3, [2] * 60, [7, 80, 333], [10] * 7, [4, 5, 6, 7] * 20],
    ids=["100 of 3", "iris", "60 of 2", "uneven", "7 of 10", "80 uneven"],
)
def test_a_stratified_part_is_as_large_as_scikit_learns(counts, fraction):
    targets = np.repeat(np.arange(len(counts)), counts)
    num_test = math.ceil(fraction * len(targets))
    if num_test >= len(counts):  # with fewer, scikit-learn refuses
        splitter = StratifiedShuffleSplit(1, test_size=fraction, random_state=0)
        ((_, expected),) = splitter.split(targets, targets)
        assert len(expected) == num_test

    config = StratifiedSplitConfig(test=fraction, val=fraction)
    indices = split_indices(config, targets, 0)

    assert abs(len(indices.test) - num_test) <= 1
    assert abs(len(indices.val) - num_test) <= 1
    if 2 * num_test + len(counts) <= len(targets):
        assert len(np.unique(targets[indices.train])) == len(counts)


def test_parts_of_equal_small_classes_take_different_classes():
    targets = np.repeat(np.arange(100), 3)

    indices = split_indices(StratifiedSplitConfig(), targets, 0)

    assert not set(targets[indices.val]) & set(targets[indices.test])


def test_a_split_that_was_rounded_right_class_by_class_stays_as_it_was():
    targets = np.repeat([0, 1, 2], [500, 300, 207])

    indices = split_indices(StratifiedSplitConfig(), targets, 0)
    past = split_indices(StratifiedSplitConfig(), targets, 0, by_class=True)

    for part, former in zip(vars(indices).values(), vars(past).values(), strict=True):
        assert np.array_equal(part, former)


def test_parts_of_a_stratified_split_are_not_sorted_by_class():
    targets = np.repeat([0, 1, 2], 500)

    indices = split_indices(StratifiedSplitConfig(), targets, 0)

    for part in (indices.train, indices.val, indices.test):
        changes = np.count_nonzero(np.diff(targets[part]))
        # In a random order two neighbours differ in class with probability 2/3.
        assert changes > 0.5 * len(part)


@pytest.mark.archives
def test_the_published_spiral_is_divided_into_1050_225_and_225(archives, tmp_path):
    config = CSVConfig(path=str(archives / "spiral.csv"), target="color")
    examples = build_csv(config, tmp_path)

    indices = split_indices(config.split, examples.targets, 0)

    assert np.bincount(examples.targets[indices.train]).tolist() == [350, 350, 350]
    assert np.bincount(examples.targets[indices.val]).tolist() == [75, 75, 75]
    assert np.bincount(examples.targets[indices.test]).tolist() == [75, 75, 75]


@pytest.mark.parametrize(
    ("test", "val", "sizes"),
    [(0.2, 0.0, (800, 0, 200)), (0.15, 0.15, (700, 150, 150)), (0.0, 0.25, (750, 250, 0))],
    ids=["80/20", "70/15/15", "no test"],
)
def test_a_sequential_split_goes_through_the_examples_in_order(test, val, sizes):
    config = RandomSplitConfig(test=test, val=val, order="sequential", seed=9)

    indices = split_indices(config, np.zeros(1000), 0)

    parts = (indices.train, indices.val, indices.test)
    assert tuple(map(len, parts)) == sizes
    assert np.concatenate(parts).tolist() == list(range(1000))
