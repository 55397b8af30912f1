"""What a data set is, between the files it comes from and the batches it becomes."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """All examples of a source, before they are divided.

    Attributes:
        inputs: Features, ``(N, ...)`` uint8 (pixels) or float64.
        targets: Class indices ``(N,)`` int64, or values ``(N,)`` float64.
        class_names: Names of the classes by index; empty for regression.
        feature_names: Names of the features of a table; empty for images.
        num_official_test: The last examples that are the official test part; 0 when there is none.
        sha256: Digest of the bytes the examples were read or generated from.
    """

    inputs: np.ndarray
    targets: np.ndarray
    _: KW_ONLY
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    num_official_test: int = 0
    sha256: str


@dataclass(frozen=True)
class Split:
    """One part of a divided data set, on the device.

    Attributes:
        inputs: ``(N, ...)`` uint8 (pixels, 0 to 255) or float.
        targets: ``(N,)`` int64 classes or float values.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        return len(self.targets)


@dataclass(frozen=True)
class DataSpec:
    """What a model must know of the data it is for.

    Attributes:
        task: Classification or regression.
        input_shape: Shape of one example's features.
        num_outputs: Number of classes; 1 for regression.
    """

    task: Literal["classification", "regression"]
    input_shape: tuple[int, ...]
    num_outputs: int


@dataclass(frozen=True)
class Preprocessing:
    """How raw features became inputs; stored with the run, so that new rows go the same way.

    Attributes:
        feature_names: Names of the features of a table; empty for images.
        class_names: Names of the classes by index; empty for regression.
        mean: Mean of each feature over the training part, or None when not standardised.
        std: Standard deviation of each feature over the training part (1 where it is 0), or None.
    """

    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    mean: np.ndarray | None = None
    std: np.ndarray | None = None


@dataclass(frozen=True)
class Dataset:
    """A divided, standardised data set; a part that the split left empty is None."""

    train: Split
    val: Split | None
    test: Split | None
    spec: DataSpec
    preprocessing: Preprocessing
    sha256: str
