"""The types of a data set, from raw examples to splits on the device."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor


@dataclass(frozen=True)
class Examples:
    """All examples of a source, before they are split.

    Attributes:
        inputs: Features, ``(N, ...)`` uint8 (pixels) or float64.
        targets: Class indices ``(N,)`` int64, or values ``(N,)`` float64.
        class_names: Names of the classes by index; empty for regression.
        feature_names: Names of the features of a table; empty for images.
        num_official_test: Number of examples at the end that are the official test set, or 0.
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
    """One split of a data set, on the device.

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
    """What a model needs to know about its data.

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
    """How raw features become inputs; stored with the run to preprocess new rows the same way.

    Attributes:
        feature_names: Names of the features of a table; empty for images.
        class_names: Names of the classes by index; empty for regression.
        mean: Mean of each feature over the training split, or None if not standardised.
        std: Standard deviation of each feature over the training split (1 where it is 0), or None.
    """

    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    mean: np.ndarray | None = None
    std: np.ndarray | None = None


@dataclass(frozen=True)
class Dataset:
    """A split, standardised data set; an empty split is None."""

    train: Split
    val: Split | None
    test: Split | None
    spec: DataSpec
    preprocessing: Preprocessing
    sha256: str
