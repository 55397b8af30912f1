from __future__ import annotations

import gzip
import hashlib

import pytest

from nnlab.data.archives import archives as official_files
from nnlab.data.archives import map_verified
from nnlab.errors import DataError
from tests.helpers.archives import TEST_LABELS, flip, raw

TEST_LABELS_SHA256 = "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"


@pytest.mark.archives
@pytest.mark.parametrize(
    ("damage", "problem"),
    [
        (
            lambda labels: flip(labels, 9),
            f"SHA-256 is {{found}}, expected {TEST_LABELS_SHA256}",
        ),
        (lambda labels: labels[:-1], "expected 10,008 bytes, got 10,007"),
        (lambda labels: labels + b"\0", "expected 10,008 bytes, got 10,009"),
        (lambda labels: b"", "expected 10,008 bytes, got 0"),
    ],
    ids=["flipped bit", "cut", "longer", "empty"],
)
def test_a_corrupt_installed_file_is_refused_with_the_command_that_repairs_it(
    installed_labels, label_bytes, tmp_path, damage, problem
):
    damaged = damage(label_bytes)
    installed_labels.write_bytes(damaged)

    with pytest.raises(DataError) as caught:
        map_verified("mnist", official_files("mnist")[3], tmp_path / "data")

    found = hashlib.sha256(damaged).hexdigest()
    assert str(caught.value) == (
        f"{installed_labels} is corrupt: {problem.format(found=found)}\n"
        "replace it with: nnlab data fetch mnist --force"
    )
    assert caught.value.exit_code == 3
    assert installed_labels.read_bytes() == damaged


@pytest.mark.archives
def test_no_flipped_bit_of_an_installed_file_is_accepted(installed_labels, label_bytes, tmp_path):
    for place in range(0, len(label_bytes), 401):
        installed_labels.write_bytes(flip(label_bytes, place))

        with pytest.raises(DataError, match="is corrupt: SHA-256 is"):
            map_verified("mnist", official_files("mnist")[3], tmp_path / "data")


@pytest.mark.archives
def test_the_same_file_of_the_other_data_set_is_corrupt(installed_labels, archives, tmp_path):
    fashion = raw(archives, "fashion_mnist", f"{TEST_LABELS}.gz").read_bytes()
    installed_labels.write_bytes(gzip.decompress(fashion))

    with pytest.raises(DataError, match="is corrupt: SHA-256 is"):
        map_verified("mnist", official_files("mnist")[3], tmp_path / "data")


def test_a_missing_installed_file_is_refused_with_both_ways_to_get_it(tmp_path):
    with pytest.raises(DataError) as caught:
        map_verified("fashion_mnist", official_files("fashion_mnist")[0], tmp_path)

    assert str(caught.value) == (
        f"fashion_mnist is not installed in {tmp_path}\n"
        "online:   nnlab data fetch fashion_mnist\n"
        "offline:  nnlab data import DIR   (a folder with the official .gz files)"
    )
    assert caught.value.exit_code == 3


def test_both_data_sets_have_the_same_file_names_and_other_digests():
    mnist, fashion = official_files("mnist"), official_files("fashion_mnist")

    assert [(a.name, a.size_bytes) for a in mnist] == [(a.name, a.size_bytes) for a in fashion]
    assert len({a.sha256 for a in [*mnist, *fashion]}) == 8
