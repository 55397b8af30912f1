"""MNIST and FashionMNIST: 70,000 grey images of 28 x 28 pixels in ten classes."""

from __future__ import annotations

import os
import socket
import tempfile
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError

import numpy as np

from nnlab.data.archives import (
    archives,
    import_from,
    is_installed,
    map_verified,
    ways_to_install,
)
from nnlab.data.idx import digest_of_set, parse_idx
from nnlab.data.types import Examples
from nnlab.errors import DataError, StorageError

if TYPE_CHECKING:
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
TIMEOUT_SECONDS = 20
# torchvision raises RuntimeError for some of them.
NETWORK_ERRORS = (
    *(URLError, HTTPException, TimeoutError, ConnectionError),
    *(RuntimeError, EOFError),
)


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


def _create(root: Path) -> None:
    """Create the folder of installed data.

    Raises:
        StorageError: If it cannot be created.
    """
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        msg = (
            f"{root} cannot be created: {error.strerror}\n"
            f"choose another folder for data: --data-dir DIR, or NNLAB_DATA"
        )
        raise StorageError(msg) from error


def fetch(dataset: str, root: Path) -> None:
    """Download a data set from torchvision's mirrors, verify it and install it.

    Raises:
        DataError: If NNLAB_OFFLINE is 1, the download fails, or a file is corrupt.
    """
    help_text = ways_to_install(dataset)
    if os.environ.get("NNLAB_OFFLINE") == "1":
        state = "is installed in" if is_installed(dataset, root) else "is not installed in"
        msg = f"{dataset} {state} {root}, and NNLAB_OFFLINE=1 forbids downloading it\n{help_text}"
        raise DataError(msg)
    import torchvision

    sources = {
        "mnist": torchvision.datasets.MNIST,
        "fashion_mnist": torchvision.datasets.FashionMNIST,
    }
    _create(root)
    previous_timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(TIMEOUT_SECONDS)
    try:
        with tempfile.TemporaryDirectory(prefix=".fetch-", dir=root) as folder:
            sources[dataset](folder, download=True)
            import_from(Path(folder), root)
    except NETWORK_ERRORS as error:
        msg = f"{dataset} could not be downloaded to {root}:\n{error}\n{help_text}"
        raise DataError(msg) from error
    finally:
        socket.setdefaulttimeout(previous_timeout)
