from __future__ import annotations

import shutil

import numpy as np
import pytest

from nnlab.config.datasets import FashionMNISTConfig, MNISTConfig
from nnlab.data.vision import build
from nnlab.errors import DataError
from tests.helpers.archives import TEST_LABELS, offline_message, raw


@pytest.mark.parametrize(
    "config", [MNISTConfig(), FashionMNISTConfig()], ids=["mnist", "fashion_mnist"]
)
def test_offline_a_data_set_that_is_not_installed_is_refused(tmp_path, config):
    root = tmp_path / "data"

    with pytest.raises(DataError) as caught:
        build(config, root)

    assert str(caught.value) == offline_message(config.name, root)
    assert caught.value.exit_code == 3
    assert not root.exists()


@pytest.mark.archives
def test_offline_a_data_set_that_lacks_one_file_is_refused(three_of_mnist, tmp_path):
    root = tmp_path / "data"
    shutil.copytree(three_of_mnist, root / "MNIST" / "raw", symlinks=True)

    with pytest.raises(DataError) as caught:
        build(MNISTConfig(), root)

    assert str(caught.value) == offline_message("mnist", root)


@pytest.mark.archives
@pytest.mark.parametrize(
    ("config", "first_labels", "mean", "deviation"),
    [
        (MNISTConfig(), [5, 0, 4, 1, 9], 0.1307, 0.3081),
        (FashionMNISTConfig(), [9, 0, 0, 3, 0], 0.2860, 0.3530),
    ],
    ids=["mnist", "fashion_mnist"],
)
def test_images_are_the_published_ones_with_the_test_part_last(
    installed_data, config, first_labels, mean, deviation
):
    examples = build(config, installed_data)

    assert examples.inputs.shape == (70_000, 1, 28, 28)
    assert examples.inputs.dtype == np.uint8
    assert examples.targets.dtype == np.int64
    assert examples.num_official_test == 10_000
    assert len(examples.class_names) == 10
    assert examples.targets[:5].tolist() == first_labels
    test_labels = raw(installed_data, config.name, TEST_LABELS).read_bytes()[8:]
    assert examples.targets[60_000:].astype(np.uint8).tobytes() == test_labels
    counts = sum(
        np.bincount(images.ravel(), minlength=256)
        for images in np.split(examples.inputs[:60_000], 60)
    )
    values, shares = np.arange(256) / 255, counts / counts.sum()
    # The constants that the field publishes are rounded to four digits.
    assert shares @ values == pytest.approx(mean, abs=5e-5)
    assert np.sqrt(shares @ (values - mean) ** 2) == pytest.approx(deviation, abs=5e-5)
