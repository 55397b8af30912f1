"""The user's own sets of IDX files: which files, which labels, which pixels."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from nnlab.config.idx import IDXConfig, IDXSplitConfig
from nnlab.data.idx_sets.examples import build
from nnlab.data.splits.split import split_indices
from nnlab.data.types import Examples
from nnlab.errors import DataError
from tests.helpers.fuzz_sets import fuzzed_sets
from tests.helpers.idx_files import bars, idx_bytes, write_idx, write_set

TRAIN, TEST = bars(12), bars(6, seed=1)


def read(path: Path, **keys) -> Examples:
    return build(IDXConfig(path=str(path), **keys), Path())


def refusal(path: Path, **keys) -> str:
    with pytest.raises(DataError) as caught:
        read(path, **keys)
    return str(caught.value).replace(f"{path}/", "").replace(str(path), "PATH")


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [("", ""), ("", ".gz"), ("kannada_MNIST-", ".xz"), ("emnist-letters-", ".bz2")],
)
def test_training_pictures_come_first_and_test_pictures_last(tmp_path, prefix, suffix):
    found = read(write_set(tmp_path, TRAIN, TEST, prefix=prefix, suffix=suffix))

    np.testing.assert_array_equal(found.inputs[:, 0], np.concatenate([TRAIN[0], TEST[0]]))
    assert found.inputs.dtype == np.uint8
    assert found.targets.tolist() == [0, 1] * 9
    assert (found.class_names, found.num_official_test) == (("0", "1"), 6)


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images.idx3-ubyte", "labels.idx1-ubyte"),
        ("X_digits_train-idx3-ubyte", "y_digits_train-idx1-ubyte"),
        ("qmnist-train-images-idx3-ubyte.gz", "qmnist-train-labels-idx2-int.gz"),
        ("my set.Images.idx", "my set.Labels.idx"),
        ("TRAIN-IMAGES.IDX3-UBYTE", "TRAIN-LABELS.IDX1-UBYTE"),
    ],
)
def test_files_are_known_by_their_names(tmp_path, images, labels):
    write_idx(tmp_path / images, TRAIN[0])
    write_idx(tmp_path / labels, TRAIN[1])

    for path in (tmp_path, tmp_path / images):
        assert len(read(path).targets) == 12


def test_the_digest_is_of_the_unpacked_bytes_wherever_they_lie(tmp_path):
    plain = write_set(tmp_path / "a", TRAIN, TEST)
    packed = write_set(tmp_path / "b" / "raw", TRAIN, TEST, suffix=".gz").parent
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        for file in (packed / "raw").iterdir():
            archive.write(file, f"gzip/{file.name}")
    other = write_set(tmp_path / "d", TRAIN, bars(6, seed=2))

    digests = [read(path).sha256 for path in (plain, packed, tmp_path / "c.zip", other)]

    assert len(set(digests[:3])) == 1
    assert digests[3] != digests[0]


def test_the_beginning_of_the_names_chooses_one_of_several_sets(tmp_path):
    for name, classes in (("emnist-by", 2), ("emnist-bymerge", 3)):
        write_set(tmp_path, bars(12, classes=classes), prefix=f"{name}-")

    assert len(read(tmp_path / "emnist-by").class_names) == 2
    assert len(read(tmp_path / "emnist-bym").class_names) == 3
    assert refusal(tmp_path) == (
        "PATH has 2 sets: emnist-by, emnist-bymerge\n"
        "choose one by the beginning of its names, such as dataset.path=emnist-by"
    )
    assert "sets there: " in refusal(tmp_path / "mnist")


def test_labels_are_any_whole_numbers_in_ascending_order(tmp_path):
    labels = np.array([7, -3, 26, 7] * 3, dtype="i4")

    found = read(write_set(tmp_path, (TRAIN[0], labels)))

    assert found.class_names == ("-3", "7", "26")
    assert found.targets.tolist() == [1, 0, 2, 1] * 3


def test_the_mapping_of_emnist_and_a_list_name_the_classes(tmp_path):
    write_set(tmp_path, (TRAIN[0], TRAIN[1] + 1), prefix="emnist-letters-")
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 65 97\n2 66 98\n3 67 99\n")

    assert read(tmp_path).class_names == ("Aa", "Bb")
    assert read(tmp_path, class_names=["one", "two"]).class_names == ("one", "two")
    (tmp_path / "emnist-letters-mapping.txt").write_text("1 A\n")
    assert "mapping.txt, line 1: '1 A' is not a label and the codes" in refusal(tmp_path)


def test_transposed_pictures_are_turned_upright(tmp_path):
    pictures, labels = bars(12, (6, 9))
    write_set(tmp_path, (pictures.transpose(0, 2, 1), labels))

    np.testing.assert_array_equal(read(tmp_path, transpose=True).inputs[:, 0], pictures)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.array([0, 255], "u1"), np.array([0, 255], "u1")),
        (np.array([0, 200], "i4"), np.array([0, 200], "u1")),
        (np.array([0, 200], "f4"), np.array([0, 200], "u1")),
        (np.array([0, 1], "u1"), np.array([0.0, 1.0])),
        (np.array([0, 9], "u1"), np.array([0.0, 0.6])),
        (np.array([0, 16], "f8"), np.array([0.0, 1.0])),
        (np.array([0, 62], "u1"), np.array([0.0, 62 / 63])),
        (np.array([0, 64], "u1"), np.array([0, 64], "u1")),
        (np.array([0, 4095], "i2"), np.array([0.0, 1.0])),
        (np.array([-128, 127], "i1"), np.array([0.0, 1.0])),
        (np.array([0.25, 0.5], "f8"), np.array([0.25, 0.5])),
        (np.array([-2.0, 2.0], "f4"), np.array([0.0, 1.0])),
    ],
)
def test_pixels_of_any_type_become_bytes_or_brightness_from_0_to_1(tmp_path, values, expected):
    pictures = np.tile(values, (4, 2, 1))

    found = read(write_set(tmp_path, (pictures, np.arange(4, dtype="u1") % 2)))

    assert found.inputs.dtype == expected.dtype
    np.testing.assert_array_equal(found.inputs[0, 0, 0], expected)


def test_rows_are_numbers_as_they_are(tmp_path):
    rows = TRAIN[0].reshape(12, -1)

    found = read(write_set(tmp_path, (rows, TRAIN[1])))

    assert found.feature_names[:2] == ("x0", "x1")
    np.testing.assert_array_equal(found.inputs, rows.astype(np.float64))


@pytest.mark.parametrize(("num_test", "sizes"), [(0, [75, 10, 15]), (20, [72, 8, 20])])
def test_test_files_are_the_test_split_and_without_them_15_percent_are(num_test, sizes):
    found = split_indices(IDXSplitConfig(), np.zeros(100, dtype=np.int64), num_test)

    assert [len(part) for part in (found.train, found.val, found.test)] == sizes


def cut(content: bytes) -> bytes:
    return content[:-5]


IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
HUGE = b"\0\0\x08\x03" + (2**31).to_bytes(4, "big") + (2**20).to_bytes(4, "big") * 2
FAULTS = {
    "cut off": (
        IMAGES,
        cut,
        "expected 784 bytes for shape (12, 8, 8), got 779: the file is cut off",
    ),
    "more": (IMAGES, lambda c: c + b"ab", "got 786: more follows than it should; copy it again"),
    "huge": (IMAGES, lambda _: HUGE, "promises shape (2147483648, 1048576, 1048576), which needs"),
    "text": (IMAGES, lambda _: b"5,0,1\n", "not an IDX file (it starts with 0x352c302c)"),
    "empty": (LABELS, lambda _: b"", "not an IDX file (it starts with 0x)"),
    "labels": (
        IMAGES,
        lambda _: idx_bytes(TRAIN[1]),
        "12 values are no pictures, which are N x H x W",
    ),
    "images": (
        LABELS,
        lambda _: idx_bytes(TRAIN[0]),
        "one number per picture, and this file has shape",
    ),
    "count": (
        LABELS,
        lambda _: idx_bytes(TRAIN[1][1:]),
        "has 11 labels, and train-images-idx3-ubyte has 12",
    ),
    "one class": (LABELS, lambda _: idx_bytes(TRAIN[1] * 0), "there is only one class, 0"),
    "fractions": (
        LABELS,
        lambda _: idx_bytes(TRAIN[1] + np.float32(0.5)),
        "label 0 is 0.5, and 12 are no",
    ),
    "nan": (
        LABELS,
        lambda _: idx_bytes(TRAIN[1] * np.float64("nan")),
        "label 0 is nan, and 12 are no",
    ),
    "colour": (
        IMAGES,
        lambda _: idx_bytes(np.zeros((12, 8, 8, 3), "u1")),
        "are pictures in colour",
    ),
    "no pixels": (
        IMAGES,
        lambda _: idx_bytes(np.zeros((12, 0, 8), "u1")),
        "or they have no pixels",
    ),
    "one grey": (
        IMAGES,
        lambda _: idx_bytes(TRAIN[0] * 0),
        "every pixel of the training pictures is 0",
    ),
    "infinite": (
        IMAGES,
        lambda _: idx_bytes(TRAIN[0] + np.float32("inf")),
        "768 values are not finite",
    ),
    "npz": (IMAGES, lambda _: b"\x93NUMPY", "is a NumPy array"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_wrong_file_is_refused_with_its_name_and_the_numbers(tmp_path, fault):
    name, damage, text = FAULTS[fault]
    write_set(tmp_path, TRAIN)
    (tmp_path / name).write_bytes(damage((tmp_path / name).read_bytes()))

    message = refusal(tmp_path)

    assert text in message
    assert fault in {"one class", "one grey"} or name in message


def test_a_set_that_is_incomplete_or_ambiguous_is_refused(tmp_path):
    write_set(tmp_path, TRAIN, TEST)
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    assert refusal(tmp_path).startswith("PATH: the set has no file of test-labels (names such as")
    (tmp_path / "t10k-images-idx3-ubyte").unlink()
    split = IDXSplitConfig(test="official")
    assert "no test files, so dataset.split.test cannot be official" in refusal(
        tmp_path, split=split
    )
    write_idx(tmp_path / f"{LABELS}.gz", TRAIN[1][::-1])
    assert "should be copies, but differ; delete one of them" in refusal(tmp_path)
    (tmp_path / "none").mkdir()
    assert refusal(tmp_path / "none").startswith("there is no IDX set in PATH (names such as")


def test_test_pictures_fit_the_training_pictures(tmp_path):
    write_set(tmp_path, TRAIN, bars(6, (9, 8)))
    assert "have another size" in refusal(tmp_path)
    write_set(tmp_path, TRAIN, (TEST[0], TEST[1] + 4))
    assert "labels that no training picture has: 4 (3), 5 (3)" in refusal(tmp_path)
    assert read(tmp_path, split=IDXSplitConfig(test="pooled")).class_names == ("0", "1", "4", "5")


def test_names_that_do_not_fit_are_refused(tmp_path):
    write_set(tmp_path, TRAIN)
    assert "has 3 names, and there are 2 labels: 0, 1" in refusal(
        tmp_path, class_names=["a", "b", "c"]
    )
    assert "its name says that it holds no pictures" in refusal(tmp_path / LABELS)


def test_fuzzed_sets_are_read_right_or_refused(tmp_path):
    assert fuzzed_sets(tmp_path / "set", 60) == []
