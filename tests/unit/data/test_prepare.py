from __future__ import annotations

import json

import numpy as np
import pytest
import torch

from nnlab.config.datasets import DigitsConfig, MNISTConfig, RegressionConfig, SpiralConfig
from nnlab.config.load import config_from_mapping
from nnlab.config.tables import CSVConfig
from nnlab.data.moments import moments_of
from nnlab.data.prepare import prepare, to_inputs
from nnlab.data.splits.split import split_indices
from nnlab.data.types import Examples, Preprocessing
from nnlab.errors import DataError, NnlabError

CPU = torch.device("cpu")
NO_TEST = {"test": 0.0, "val": 0.0}


def table(inputs, targets=None, class_names=("a", "b")) -> Examples:
    inputs = np.asarray(inputs, dtype=np.float64)
    targets = np.arange(len(inputs)) % 2 if targets is None else targets
    feature_names = tuple(f"x{i}" for i in range(inputs.shape[1]))
    names = {"class_names": class_names, "feature_names": feature_names}
    return Examples(inputs, targets, **names, sha256="digest")


def csv_config(**options) -> CSVConfig:
    return CSVConfig(path="-", target="y", **options)


def prepared(examples, config, dtype=torch.float64):
    return prepare(examples, config, device=CPU, dtype=dtype)


def random_features(num_examples: int, num_features: int = 3) -> np.ndarray:
    generator = np.random.default_rng(0)
    return generator.normal([0, 100, -1e4], [1, 0.01, 300], size=(num_examples, num_features))


def pictures(num_examples: int = 100, num_official_test: int = 20) -> Examples:
    generator = np.random.default_rng(1)
    return Examples(
        generator.integers(256, size=(num_examples, 1, 4, 4), dtype=np.uint8),
        np.arange(num_examples) % 10,
        class_names=tuple("0123456789"),
        num_official_test=num_official_test,
        sha256="digest",
    )


def test_standardised_training_features_have_mean_0_and_deviation_1():
    dataset = prepared(table(random_features(400)), csv_config())

    inputs = dataset.train.inputs
    assert inputs.shape == (280, 3)
    # 1e-9: the second feature loses four digits to its mean of 100 and deviation of 0.01.
    torch.testing.assert_close(inputs.mean(0), torch.zeros(3).double(), rtol=0, atol=1e-9)
    torch.testing.assert_close(
        inputs.std(0, correction=0), torch.ones(3).double(), rtol=0, atol=1e-9
    )


def test_held_out_features_are_standardised_by_the_training_part():
    examples, config = table(random_features(500)), csv_config()

    dataset = prepared(examples, config)

    indices = split_indices(config.split, examples.targets, 0)
    train = examples.inputs[indices.train]
    for part, chosen in ((dataset.val, indices.val), (dataset.test, indices.test)):
        expected = (examples.inputs[chosen] - train.mean(axis=0)) / train.std(axis=0)
        np.testing.assert_allclose(part.inputs.numpy(), expected, rtol=1e-12)
        assert not np.allclose(part.inputs.numpy().mean(axis=0), 0, atol=1e-6)


@pytest.mark.parametrize("value", [0.0, 1.0, -7.5, 0.1, 1 / 3, 1e6 + 0.1, 1e-300])
@pytest.mark.parametrize("num_examples", [10, 150, 1500])
def test_a_constant_feature_becomes_zero_and_a_new_value_of_it_stays_small(value, num_examples):
    inputs = np.column_stack([np.linspace(-1, 1, num_examples), np.full(num_examples, value)])

    dataset = prepared(table(inputs), csv_config())

    for part in (dataset.train, dataset.val, dataset.test):
        constant = part.inputs[:, 1]
        # Rounding of the mean must not pass for a deviation.
        assert constant.abs().max().item() <= 1e-6 * max(abs(value), 1)
    new = to_inputs(np.array([[0.0, value + 0.5]]), dataset.preprocessing, dtype=torch.float64)
    assert new[0, 1].item() == pytest.approx(0.5, rel=1e-6)
    assert dataset.preprocessing.std[1] == 1


def test_a_feature_that_varies_little_is_still_standardised():
    inputs = 1 + 1e-9 * np.random.default_rng(0).normal(size=(300, 1))

    dataset = prepared(table(inputs), csv_config(split=NO_TEST))

    # Ten of sixteen digits are shared with the mean, so about seven are left.
    assert dataset.train.inputs.std(correction=0).item() == pytest.approx(1, rel=1e-6)


@pytest.mark.parametrize("standardize", ["auto", False], ids=["standardised", "as they are"])
@pytest.mark.parametrize("scale", [1e100, 1e155, 1e300, 1.7e308])
def test_huge_features_are_refused_or_become_finite_inputs(scale, standardize):
    inputs = scale * np.linspace(-1, 1, 40)[:, None] ** 3
    config = csv_config(standardize=standardize)

    try:
        dataset = prepared(table(inputs), config, dtype=torch.float32)
    except DataError:
        return

    assert dataset.train.inputs.isfinite().all()
    assert dataset.test.inputs.isfinite().all()
    # An infinite deviation would turn every input into zero, and cannot be stored.
    assert dataset.train.inputs.count_nonzero() > 0
    for stored in (dataset.preprocessing.mean, dataset.preprocessing.std):
        assert stored is None or np.isfinite(stored).all()


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
def test_the_stored_preprocessing_reproduces_the_training_inputs(dtype):
    examples, config = table(random_features(200)), csv_config()
    dataset = prepared(examples, config, dtype)
    indices = split_indices(config.split, examples.targets, 0)

    stored = json.loads(
        json.dumps([dataset.preprocessing.mean.tolist(), dataset.preprocessing.std.tolist()])
    )
    read = Preprocessing(examples.feature_names, ("a", "b"), *map(np.array, stored))
    again = to_inputs(examples.inputs[indices.train], read, dtype=dtype)

    assert again.dtype == dtype
    assert torch.equal(again, dataset.train.inputs)


def test_features_that_are_not_standardised_stay_as_they_are():
    examples, config = table(random_features(200)), csv_config(standardize=False)

    dataset = prepared(examples, config)

    indices = split_indices(config.split, examples.targets, 0)
    assert torch.equal(dataset.train.inputs, torch.from_numpy(examples.inputs[indices.train]))
    assert dataset.preprocessing.mean is None
    assert dataset.preprocessing.std is None
    assert dataset.preprocessing.feature_names == ("x0", "x1", "x2")
    assert dataset.preprocessing.class_names == ("a", "b")


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (csv_config(), True),
        (SpiralConfig(), True),
        (DigitsConfig(), False),
        (MNISTConfig(), False),
        (RegressionConfig(), False),
        (SpiralConfig(standardize=False), False),
        (DigitsConfig(standardize=True), True),
    ],
    ids=["csv", "spiral", "digits", "mnist", "regression", "spiral: false", "digits: true"],
)
def test_auto_standardises_tables_and_spirals_alone(config, expected):
    assert config.standardizes is expected


def test_pixels_stay_bytes_and_the_official_test_part_is_the_last_images():
    examples = pictures()

    dataset = prepared(examples, MNISTConfig(split={"test": "official", "val": 0.1}))

    assert dataset.test.inputs.dtype == torch.uint8
    assert np.array_equal(dataset.test.inputs.numpy(), examples.inputs[80:])
    assert dataset.test.targets.tolist() == examples.targets[80:].tolist()
    assert (len(dataset.train), len(dataset.val), len(dataset.test)) == (72, 8, 20)
    assert dataset.spec.input_shape == (1, 4, 4)
    assert dataset.spec.num_outputs == 10


def test_standardised_pixels_are_scaled_to_1_first():
    examples = pictures()
    config = MNISTConfig(standardize=True, split={"test": "official", "val": 0.0})

    dataset = prepared(examples, config)

    scaled = examples.inputs[:80] / 255
    np.testing.assert_allclose(dataset.preprocessing.mean, scaled.mean(axis=0), rtol=1e-12)
    order = split_indices(config.split, examples.targets, 20).train
    expected = (scaled[order] - scaled.mean(axis=0)) / scaled.std(axis=0)
    np.testing.assert_allclose(dataset.train.inputs.numpy(), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("split", "sizes"),
    [
        ({"test": 0.0, "val": 0.0}, (100, None, None)),
        ({"test": 0.2, "val": 0.0}, (80, None, 20)),
        ({"test": 0.0, "val": 0.2}, (80, 20, None)),
        ({"test": 0.2, "val": 0.2}, (60, 20, 20)),
    ],
    ids=["train only", "no val", "no test", "all"],
)
def test_a_part_of_fraction_0_is_none(split, sizes):
    dataset = prepared(table(random_features(100)), csv_config(split=split))

    parts = (dataset.train, dataset.val, dataset.test)
    assert tuple(None if part is None else len(part) for part in parts) == sizes


@pytest.mark.parametrize("num_examples", [1, 2])
def test_a_split_that_leaves_nothing_to_train_on_is_refused(num_examples):
    examples = table(random_features(num_examples))
    split = {"test": 0.15, "val": 0.15, "stratify": False}

    with pytest.raises(DataError) as caught:
        prepared(examples, csv_config(split=split))

    assert str(caught.value) == (
        f"no examples are left to train on, of {num_examples}; see dataset.split"
    )


def test_parts_keep_every_example_with_its_own_target():
    examples = table(np.arange(90.0)[:, None], np.arange(90) % 3, ("a", "b", "c"))

    dataset = prepared(examples, csv_config(standardize=False))

    for part in (dataset.train, dataset.val, dataset.test):
        assert torch.equal(part.inputs[:, 0] % 3, part.targets.double())


def test_classes_are_int64_and_numbers_have_the_type_of_the_inputs():
    numbers = np.linspace(0, 1, 40)
    classes = prepared(table(random_features(40)), csv_config(), torch.float32)
    regression = prepared(
        table(random_features(40), numbers, ()),
        csv_config(task="regression", standardize_target=False),
        torch.float32,
    )

    assert classes.train.targets.dtype == torch.int64
    assert regression.train.targets.dtype == torch.float32
    assert regression.train.inputs.dtype == torch.float32
    assert regression.spec.task == "regression"
    assert regression.spec.num_outputs == 1


@pytest.mark.parametrize("name", ["digits", "spiral", "xor", "regression"])
def test_a_split_that_names_one_key_keeps_the_defaults_of_the_others(name):
    def split_of(**dataset):
        sections = {"model": {"name": "logistic"}, "optimizer": {"name": "adam"}}
        config = config_from_mapping({"dataset": {"name": name, **dataset}, **sections})
        return config.dataset.split.model_dump()

    assert split_of(split={"seed": 3}) == {**split_of(), "seed": 3}
    assert split_of(split={"test": 0.2}) == {**split_of(), "test": 0.2}


def test_data_without_an_official_test_part_cannot_be_asked_for_it():
    sections = {"model": {"name": "logistic"}, "optimizer": {"name": "adam"}}
    dataset = {"name": "digits", "split": {"test": "official", "val": 0.1}}

    with pytest.raises(NnlabError):
        config_from_mapping({"dataset": dataset, **sections})


def test_a_split_that_would_be_empty_is_refused_with_its_numbers():
    examples = table(np.ones((6, 1)), np.array([0, 1, 0, 1, 0, 1]))
    config = csv_config(split={"val": 0.05, "test": 0.2})

    with pytest.raises(DataError, match=r"val is 0\.05 of 6 examples.*rounds to none\n.*val=0"):
        prepare(examples, config, device=CPU, dtype=torch.float32)


def test_all_splits_that_would_be_empty_are_named_at_once():
    examples = table(np.ones((4, 1)), np.array([0, 1, 1, 0]))

    with pytest.raises(
        DataError, match=r"val is .*; test is .*\n.*split\.val=0 dataset\.split\.test=0"
    ):
        prepare(examples, csv_config(), device=CPU, dtype=torch.float32)


def test_a_stored_run_keeps_the_split_of_an_earlier_version():
    targets = np.repeat(np.arange(100), 3)
    examples = table(np.ones((300, 1)), targets, tuple(map(str, range(100))))
    sizes = {"train": 300, "val": 0, "test": 0}  # 0.45 of an example of each class

    again = prepare(examples, csv_config(), sizes=sizes, device=CPU, dtype=torch.float32)

    assert (len(again.train), again.val, again.test) == (300, None, None)


@pytest.mark.parametrize("shape", [(5, 3), (20_000, 2), (9000, 1, 4, 4), (100, 70), (20_000, 1)])
def test_moments_of_parts_are_those_of_the_whole_to_the_last_bit(shape):
    generator = np.random.default_rng(0)
    rows = generator.normal(size=shape) * 10.0 ** generator.integers(-9, 9, size=shape)
    size = 1000 if shape[1:] != (1,) else len(rows)

    found = moments_of(lambda: (rows[i : i + size] for i in range(0, len(rows), size)))

    assert np.array_equal(found.mean, rows.mean(axis=0))
    assert np.array_equal(found.std, rows.std(axis=0))
    assert np.array_equal(found.first, rows[0])
    assert not found.is_constant.any()
    assert moments_of(lambda: [np.ones((3, 2)), np.ones((1, 2))]).is_constant.all()
