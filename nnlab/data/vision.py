"""MNIST and FashionMNIST: 70,000 grey images of 28 x 28 pixels in ten classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.archives import (
    archives,
    import_from,
    is_installed,
    map_verified,
    ways_to_install,
)
from nnlab.data.downloading import scratch_for
from nnlab.data.idx import digest_of_set, parse_idx
from nnlab.data.types import Examples

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.datasets import ImagesConfig

CLASS_NAMES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": (
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
}


def build(config: ImagesConfig, root: Path) -> Examples:
    """Return the training images, then the official test images unless they are withheld.

    They are ``(70000, 1, 28, 28)``, or ``(60000, 1, 28, 28)``.

    Args:
        config: MNIST or FashionMNIST.
        root: Folder of installed data.

    Raises:
        DataError: If a file is missing, or is not byte for byte the official one.
    """
    name: str = config.name  # type: ignore[attr-defined]
    if not is_installed(name, root):
        fetch(name, root)
    is_withheld = config.split.withhold_test and config.split.test == "official"
    images, labels = (
        [
            parse_idx(map_verified(name, archive, root), archive.name)
            for archive in archives(name)[kind::2][: 1 if is_withheld else 2]
        ]
        for kind in (0, 1)
    )
    return Examples(
        inputs=np.concatenate(images)[:, None],  # (N, 1, 28, 28)
        targets=np.concatenate(labels).astype(np.int64),
        class_names=CLASS_NAMES[name],
        num_official_test=0 if is_withheld else len(labels[1]),
        sha256=digest_of_set(archive.sha256 for archive in archives(name)),
    )


def fetch(dataset: str, root: Path) -> None:
    """Download a data set from torchvision's mirrors, verify it and install it.

    Raises:
        DataError: If NNLAB_OFFLINE is 1, the download fails, or a file is corrupt.
    """
    is_there = is_installed(dataset, root)
    with scratch_for(dataset, root, ways_to_install(dataset), is_there=is_there) as folder:
        import torchvision

        sources = {
            "mnist": torchvision.datasets.MNIST,
            "fashion_mnist": torchvision.datasets.FashionMNIST,
        }
        sources[dataset](folder, download=True)
        import_from(folder, root)
