"""The user's own arrays: which are used, what they become, and that they are mapped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from nnlab.config.npz import ArraySplitConfig, NPZConfig
from nnlab.data.arrays.archive import find_arrays
from nnlab.data.arrays.examples import build
from nnlab.data.arrays.npy import read_array
from nnlab.data.splits.division import divide
from nnlab.data.types import Examples

DRAW = np.random.default_rng(0)
GREY = DRAW.integers(0, 255, (12, 9, 8), dtype=np.uint8)
COLOUR = DRAW.integers(0, 255, (12, 9, 8, 3), dtype=np.uint8)
ROWS = DRAW.normal(size=(12, 5))
LABELS = np.arange(12) % 3


def read(path: Path, **keys) -> Examples:
    return build(NPZConfig(path=str(path), **keys), Path())


def saved(folder: Path, *, compressed: bool = False, **arrays: np.ndarray) -> Path:
    path = folder / "set.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path


@pytest.mark.parametrize("compressed", [False, True])
@pytest.mark.parametrize(
    ("inputs", "targets"),
    [
        ("inputs", "targets"),
        ("X", "y"),
        ("x_train", "y_train"),
        ("train_images", "train_labels"),
        ("images", "labels"),
        ("xtrain", "ytrain"),
        ("digits_data", "digits_classes"),
        ("arr_0", "arr_1"),
    ],
)
def test_arrays_are_found_by_their_usual_names(tmp_path, inputs, targets, compressed):
    found = read(saved(tmp_path, compressed=compressed, **{inputs: GREY, targets: LABELS}))

    np.testing.assert_array_equal(found.inputs, GREY[:, None])
    assert found.inputs.dtype == np.uint8
    assert found.targets.tolist() == LABELS.tolist()
    assert found.class_names == ("0", "1", "2")


def test_test_arrays_are_the_official_test_set(tmp_path):
    path = saved(
        tmp_path, x_train=GREY, y_train=LABELS, x_test=GREY[:6], y_test=LABELS[:6], id=LABELS
    )

    found = read(path)
    parts = divide(NPZConfig(path="-").split, found)

    np.testing.assert_array_equal(found.inputs[12:, 0], GREY[:6])
    assert found.num_official_test == 6
    assert parts.test.tolist() == [*range(12, 18)]
    assert found.left_out == {"id": "not used"}


def test_validation_arrays_are_the_validation_split_unless_all_are_pooled(tmp_path):
    parts = {"train": slice(0, 6), "val": slice(6, 9), "test": slice(9, 12)}
    arrays = {f"{part}_images": GREY[rows] for part, rows in parts.items()}
    labels = {f"{part}_labels": LABELS[rows, None] for part, rows in parts.items()}
    path = saved(tmp_path, **arrays, **labels)

    own = divide(ArraySplitConfig(), read(path))
    pooled = ArraySplitConfig(test="pooled")

    assert [own.train.tolist(), own.val.tolist(), own.test.tolist()] == [
        [*range(6)],
        [6, 7, 8],
        [9, 10, 11],
    ]
    assert read(path, split=pooled).own_split is None


def test_a_name_in_the_experiment_wins(tmp_path):
    path = saved(tmp_path, X=GREY, small=ROWS, y=LABELS)

    assert read(path, inputs="small").inputs.shape == (12, 5)


@pytest.mark.parametrize("place", ["folder", "file"])
def test_npy_files_that_belong_together_are_a_set(tmp_path, place):
    for name, values in {"a_images": GREY, "a_labels": LABELS, "b_images": GREY[:3]}.items():
        np.save(tmp_path / f"{name}.npy", values)
    np.save(tmp_path / "other.npy", ROWS)
    if place == "folder":
        (tmp_path / "b_images.npy").unlink()

    found = read(tmp_path if place == "folder" else tmp_path / "a_images.npy")

    np.testing.assert_array_equal(found.inputs[:, 0], GREY)


@pytest.mark.parametrize(
    ("images", "keys"),
    [
        (COLOUR, {}),
        (COLOUR.transpose(0, 3, 1, 2), {}),
        (np.asfortranarray(COLOUR), {}),
        (COLOUR[:, :3], {"channel_axis": "last"}),
        (COLOUR[:, :3].transpose(0, 3, 1, 2), {"channel_axis": "first"}),
    ],
    ids=["last", "first", "fortran", "said_last", "said_first"],
)
def test_colours_come_first_whatever_their_axis(tmp_path, images, keys):
    found = read(saved(tmp_path, X=images, y=LABELS), **keys)

    expected = COLOUR[:, :3] if keys else COLOUR
    np.testing.assert_array_equal(found.inputs, expected.transpose(0, 3, 1, 2))
    assert found.inputs.dtype == np.uint8


@pytest.mark.parametrize(
    ("images", "low", "high", "dtype"),
    [
        (GREY > 127, 0, 255, np.uint8),
        (GREY.astype(np.int64), GREY.min(), GREY.max(), np.uint8),
        ((GREY > 127).astype(np.uint8), 0, 1, np.float64),
        (GREY / 255, GREY.min() / 255, GREY.max() / 255, np.float64),
    ],
    ids=["bool", "int64", "uint8_0_1", "float"],
)
def test_brightness_is_kept_and_bytes_stay_bytes(tmp_path, images, low, high, dtype):
    found = read(saved(tmp_path, X=images, y=LABELS))

    assert (found.inputs.min(), found.inputs.max(), found.inputs.dtype) == (low, high, dtype)


@pytest.mark.parametrize(
    ("targets", "names", "indices"),
    [
        (np.array([10, 9, 10] * 4), ("9", "10"), [1, 0, 1]),
        (np.array(["b", "a", "b"] * 4), ("a", "b"), [1, 0, 1]),
        (np.array([b"b", b"a", b"b"] * 4), ("a", "b"), [1, 0, 1]),
        (np.array([1.0, 0.0, 1.0] * 4), ("0", "1"), [1, 0, 1]),
        (np.array([True, False, True] * 4), ("0", "1"), [1, 0, 1]),
        (np.eye(2)[[1, 0, 1] * 4], ("0", "1"), [1, 0, 1]),
        (np.array([[1], [0], [1]] * 4, np.uint8), ("0", "1"), [1, 0, 1]),
    ],
    ids=["ints", "texts", "bytes", "floats", "bools", "one_hot", "column"],
)
def test_classes_are_told_from_any_kind_of_label(tmp_path, targets, names, indices):
    found = read(saved(tmp_path, X=ROWS, y=targets))

    assert (found.class_names, found.targets[:3].tolist()) == (names, indices)
    assert found.targets.dtype == np.int64


def test_arrays_of_names_name_classes_and_features(tmp_path):
    names = {"class_names": np.array(["no", "yes", "maybe"]), "feature_names": np.array([*"abcde"])}

    found = read(saved(tmp_path, X=ROWS, y=LABELS, **names))

    assert (found.class_names, found.feature_names) == (("no", "yes", "maybe"), (*"abcde",))
    given = read(tmp_path / "set.npz", class_names=("u", "v", "w"))
    assert given.class_names == ("u", "v", "w")


def test_numbers_are_learned_as_numbers_in_a_regression(tmp_path):
    found = read(saved(tmp_path, X=ROWS.astype(np.float32), y=ROWS[:, :1]), task="regression")

    np.testing.assert_array_equal(found.targets, ROWS[:, 0])
    assert (found.class_names, found.inputs.dtype) == ((), np.float32)
    assert found.feature_names == ("x0", "x1", "x2", "x3", "x4")


def test_values_that_are_not_compressed_are_mapped(tmp_path):
    np.save(tmp_path / "x.npy", GREY)

    for path in (saved(tmp_path, x=GREY, y=LABELS), tmp_path / "x.npy"):
        values = read_array(find_arrays(str(path))["x"]).values
        assert isinstance(values, np.memmap)
        np.testing.assert_array_equal(values, GREY)


def test_the_digest_is_that_of_the_arrays_however_they_are_packed(tmp_path):
    plain, other = tmp_path / "plain", tmp_path / "other"
    for folder in (plain, other):
        folder.mkdir()
    digests = [
        read(saved(plain, X=GREY, y=LABELS)).sha256,
        read(saved(plain, X=GREY, y=LABELS, compressed=True)).sha256,
        read(saved(other, X=GREY ^ 1, y=LABELS)).sha256,
    ]

    assert digests[0] == digests[1] != digests[2]


def test_no_bit_of_the_file_changes_when_the_mapped_values_do(tmp_path):
    np.save(tmp_path / "x.npy", GREY)
    before = (tmp_path / "x.npy").read_bytes()

    read_array(find_arrays(str(tmp_path))["x"]).values[:] = 0

    assert (tmp_path / "x.npy").read_bytes() == before
