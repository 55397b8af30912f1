"""The jobs that the contenders run, and their data."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from nnlab.storage.folders import Folders


@dataclass(frozen=True)
class Job:
    """One training job.

    Attributes:
        contenders: Contenders that run it, by their names in ``peers.CONTENDERS``.
        config: The bundled experiment, and overrides for this job.
        band: Range of test accuracy (regression: training loss) that counts as the same work.
        epochs: Epochs per turn.
        dataset: Folder of the archives: MNIST or FashionMNIST.
        sizes: Widths of a dense network, inputs and outputs included; empty for the CNN.
        activation: ``tanh``, ``relu`` or ``elu``.
        optimizer: ``adam`` or ``sgd``.
        lr: Learning rate.
        limit_batches: Batches of an epoch; None for all.
    """

    contenders: tuple[str, ...]
    config: tuple[str, ...]
    band: tuple[float, float]
    epochs: int = 3
    dataset: str = "MNIST"
    sizes: tuple[int, ...] = ()
    activation: str = "relu"
    optimizer: str = "adam"
    lr: float = 1e-3
    limit_batches: int | None = None

    @property
    def num_examples(self) -> int | None:
        """Examples of an epoch; None for all."""
        return self.limit_batches and self.limit_batches * BATCH_SIZE

    def shortened(self, band: tuple[float, float], epochs: int, limit_batches: int) -> Job:
        """Return the job with fewer batches per epoch."""
        config = (*self.config, f"train.limit_batches={limit_batches}")
        return replace(self, config=config, band=band, epochs=epochs, limit_batches=limit_batches)


BATCH_SIZE = 64
# Every contender trains on all 60,000 images and evaluates the test images after every epoch.
WHOLE = ("dataset.split.val=0", "train.monitor=test.loss", "train.batch_size=64")
DENSE = (
    "nnlab",
    "nnlab, 8 seeds",
    "JAX scan, by hand",
    "Keras on JAX",
    "scikit-learn",
    "plain torch in memory",
    "skorch",
    "Keras on torch",
    "tutorial loop",
    "Lightning",
)
JOBS = {
    "mlp": Job(
        DENSE,
        ("mnist_mlp", "model={name: mlp, hidden_sizes: [64, 64, 64], activation: tanh}", *WHOLE),
        (0.955, 0.98),
        sizes=(784, 64, 64, 64, 10),
        activation="tanh",
    ),
    "wide": Job(
        DENSE,
        ("mnist_mlp", "optimizer={name: sgd, lr: 1e-2}", *WHOLE),
        (0.90, 0.95),
        sizes=(784, 512, 512, 10),
        optimizer="sgd",
        lr=1e-2,
    ),
    "cnn": Job(
        ("nnlab", "nnlab, bf16", "plain torch in memory", "tutorial loop"),
        ("fashion_mnist_cnn", *WHOLE),
        (0.84, 0.93),
        epochs=1,
        dataset="FashionMNIST",
    ),
    "regression": Job(
        ("nnlab", "plain torch, full batch"),
        ("regression_mlp",),
        (0.0095, 0.02),  # 20 seeds of plain PyTorch reach 0.0099 to 0.0140
        epochs=10_000,
        sizes=(1, 20, 1),
        activation="elu",
        lr=1e-2,
    ),
    "logistic": Job(
        ("nnlab", "scikit-learn, L-BFGS"),
        (
            "a1_mnist_logistic",
            "optimizer.max_iter=3000",
            "optimizer.tolerance_grad=1e-6",
        ),
        (0.915, 0.93),
        epochs=1,
    ),
}

JOBS |= {
    "mlp-short": JOBS["mlp"].shortened((0.85, 0.96), epochs=3, limit_batches=100),
    # Its learning rate would take longer to tell a trained network from a faulty one.
    "wide-short": replace(
        JOBS["wide"], config=(*JOBS["wide"].config, "optimizer.lr=0.1"), lr=0.1
    ).shortened((0.75, 0.93), epochs=3, limit_batches=50),
    # bf16 takes minutes on a processor that has no instructions for it.
    "cnn-short": replace(
        JOBS["cnn"], contenders=("nnlab", "plain torch in memory", "tutorial loop")
    ).shortened((0.5, 0.9), epochs=3, limit_batches=30),
    "logistic-short": replace(
        JOBS["logistic"],
        config=("a1_mnist_logistic", "optimizer.max_iter=30"),
        band=(0.89, 0.93),
    ),
    "lbfgs-short": Job(
        ("nnlab",),
        ("digits_logistic", "optimizer={name: lbfgs, C: 1.0}", "train.batch_size=full"),
        (0.9, 1.0),
        epochs=1,
    ),
}


def load(dataset: str) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return train images ``(60000, 28, 28)`` uint8, train labels, test images and test labels."""
    raw = data_root() / dataset / "raw"
    images = [_read(raw / f"{part}-images-idx3-ubyte", 16) for part in ("train", "t10k")]
    labels = [_read(raw / f"{part}-labels-idx1-ubyte", 8) for part in ("train", "t10k")]
    train, test = (array.reshape(-1, 28, 28) for array in images)
    return train, labels[0].astype(np.int64), test, labels[1].astype(np.int64)


def data_root() -> Path:
    """Return the folder of installed data."""
    return Folders.choose().data


def _read(path: Path, offset: int) -> np.ndarray:
    if path.is_file():
        return np.frombuffer(path.read_bytes(), np.uint8, offset=offset)
    return np.frombuffer(gzip.open(f"{path}.gz").read(), np.uint8, offset=offset)
