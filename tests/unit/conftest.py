from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from tests.helpers.archives import TEST_IMAGES, TEST_LABELS, TRAIN_IMAGES, TRAIN_LABELS, link, raw
from tests.helpers.run_folders import MIDDLE, NEW, OLD, make_run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three runs, made in another order than they were started."""
    folder = tmp_path / "runs"
    for run_id in (NEW, OLD, MIDDLE):
        make_run(folder, run_id)
    return folder


@pytest.fixture
def label_bytes(archives: Path) -> bytes:
    """The 10,008 bytes of MNIST's test labels."""
    return gzip.decompress(raw(archives, "mnist", f"{TEST_LABELS}.gz").read_bytes())


@pytest.fixture
def installed_labels(label_bytes: bytes, tmp_path: Path) -> Path:
    """MNIST's test labels alone, where they are once installed."""
    path = raw(tmp_path / "data", "mnist", TEST_LABELS)
    path.parent.mkdir(parents=True)
    path.write_bytes(label_bytes)
    return path


@pytest.fixture
def three_of_mnist(installed_data: Path, tmp_path: Path) -> Path:
    """A folder with all of MNIST but the test labels."""
    folder = tmp_path / "given"
    for name in (TRAIN_IMAGES, TRAIN_LABELS, TEST_IMAGES):
        link(folder, raw(installed_data, "mnist", name))
    return folder
