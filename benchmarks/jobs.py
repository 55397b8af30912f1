"""The jobs that every contender is given, and the data they share."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nnlab import folders


@dataclass(frozen=True)
class Job:
    """One training job.

    Attributes:
        dataset: Folder of the archives: MNIST or FashionMNIST.
        sizes: Widths of a dense network, inputs and outputs included; empty for the CNN.
        activation: ``tanh`` or ``relu``.
        optimizer: ``adam`` or ``sgd``.
        lr: Learning rate.
        band: Test accuracy after three epochs that counts as the same work.
        config: The bundled experiment and the overrides that make it this job.
    """

    dataset: str
    sizes: tuple[int, ...]
    activation: str
    optimizer: str
    lr: float
    band: tuple[float, float]
    config: tuple[str, ...]


BATCH_SIZE = 64
# Everybody trains on all 60,000 images and evaluates the test images after every epoch.
WHOLE = ("dataset.split.val=0", "train.monitor=test.loss", "train.batch_size=64")
JOBS = {
    "mlp": Job(
        "MNIST",
        (784, 64, 64, 64, 10),
        "tanh",
        "adam",
        1e-3,
        (0.955, 0.98),
        ("mnist_mlp", "model={name: mlp, hidden_sizes: [64, 64, 64], activation: tanh}", *WHOLE),
    ),
    "wide": Job(
        "MNIST",
        (784, 512, 512, 10),
        "relu",
        "sgd",
        1e-2,
        (0.90, 0.95),
        ("mnist_mlp", "optimizer={name: sgd, lr: 1e-2}", *WHOLE),
    ),
    "cnn": Job(
        "FashionMNIST",
        (),
        "relu",
        "adam",
        1e-3,
        (0.86, 0.92),
        ("fashion_mnist_cnn", *WHOLE),
    ),
}


def load(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return train images ``(60000, 28, 28)`` uint8, labels, test images and labels."""
    raw = data_root() / dataset / "raw"
    images = [_read(raw / f"{part}-images-idx3-ubyte", 16) for part in ("train", "t10k")]
    labels = [_read(raw / f"{part}-labels-idx1-ubyte", 8) for part in ("train", "t10k")]
    train, test = (array.reshape(-1, 28, 28) for array in images)
    return train, labels[0].astype(np.int64), test, labels[1].astype(np.int64)


def data_root() -> Path:
    """Return the folder of installed data."""
    return folders.data_dir()


def _read(path: Path, offset: int) -> np.ndarray:
    if path.is_file():
        return np.frombuffer(path.read_bytes(), np.uint8, offset=offset)
    return np.frombuffer(gzip.open(f"{path}.gz").read(), np.uint8, offset=offset)
