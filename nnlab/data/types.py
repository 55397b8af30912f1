"""The types of a data set, from raw examples to splits on the device."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, field, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from nnlab.data.columns.encoders import Column
from nnlab.data.columns.seen import Seen
from nnlab.data.tables.numbers import PLAIN_STYLE, NumberStyle
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    import torch
    from torch import Tensor

    from nnlab.data.splits.own_split import OwnSplit
    from nnlab.storage.schemas import SplitName
    from nnlab.target_scale import TargetScale


@dataclass(frozen=True)
class Examples:
    """All examples of a source, before they are split.

    Attributes:
        inputs: Features, ``(N, ...)`` uint8 (pixels) or floats; of a table, its cells, ``(N, K)``
            float64: see ``Column``.
        targets: Class indices ``(N,)`` int64, or values ``(N,)`` float64.
        class_names: Names of the classes by index; empty for regression.
        feature_names: Names of the columns of a table; empty for images.
        columns: How each column of the user's table becomes features.
        left_out: Why other columns of the table are not used, by name.
        rows_dropped: Number of rows of the table that are not used, by the reason.
        number_style: How the table writes numbers.
        num_official_test: Number of examples at the end that are the official test set, or 0.
        sha256: Digest of the bytes the examples were read or generated from.
        own_split: What the data say about their split; None if only the experiment does.
    """

    inputs: np.ndarray
    targets: np.ndarray
    _: KW_ONLY
    class_names: tuple[str, ...] = ()
    feature_names: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    rows_dropped: dict[str, int] = field(default_factory=dict)
    number_style: NumberStyle = PLAIN_STYLE
    num_official_test: int = 0
    sha256: str
    own_split: OwnSplit | None = None


class Recorded(NamedTuple):
    """What a stored run says about its data.

    Attributes:
        class_names: Names of the classes in the order of its outputs.
        sizes: Number of examples of each split by name; empty if it is not known.
    """

    class_names: tuple[str, ...]
    sizes: Mapping[str, int]


@dataclass(frozen=True)
class Split:
    """One split of a data set, on the device: one for all replicas, or one for each.

    Attributes:
        inputs: ``(N, ...)`` uint8 (pixels, 0 to 255) or float; ``(R, N, ...)`` if varied.
        targets: ``(N,)`` int64 classes or float values, in the unit of the target; ``(R, N)`` if
            varied.
        sizes: Number of examples of each replica, where they differ: what is beyond is padding.
    """

    inputs: Tensor
    targets: Tensor
    sizes: tuple[int, ...] | None = None

    def __len__(self) -> int:
        return self.targets.shape[-1]

    @property
    def is_varied(self) -> bool:
        """Whether each replica has its own examples."""
        return self.targets.dim() == 2

    def of(self, replica: int) -> Split:
        """Return the examples of a replica."""
        if not self.is_varied:
            return self
        size = len(self) if self.sizes is None else self.sizes[replica]
        return Split(self.inputs[replica, :size], self.targets[replica, :size])

    def select(self, chosen: slice | list[int] | Tensor) -> Split:
        """Return some of the examples, by their numbers."""
        if self.is_varied:
            return Split(self.inputs[:, chosen], self.targets[:, chosen])
        return Split(self.inputs[chosen], self.targets[chosen])

    def pick(self, indices: Sequence[int], name: str) -> Split:
        """Return the examples that a user chose.

        Args:
            indices: Their numbers.
            name: What the split is called.

        Raises:
            DataError: If there is no such example.
        """
        for index in indices:
            if not 0 <= index < len(self):
                msg = (
                    f"the {name} split has no example {index}: it has {len(self):,}, "
                    f"0 to {len(self) - 1}"
                )
                raise DataError(msg)
        return self.select(list(indices))

    @classmethod
    def stack(cls, splits: Sequence[Split]) -> Split:
        """Return the splits of replicas as one; zeros are behind the examples of the smaller ones."""
        from torch.nn.utils.rnn import pad_sequence

        sizes = tuple(len(split) for split in splits)
        inputs = pad_sequence([split.inputs for split in splits], batch_first=True)
        targets = pad_sequence([split.targets for split in splits], batch_first=True)
        return cls(inputs, targets, sizes if len(set(sizes)) > 1 else None)


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
        mean: Mean of each feature over the training split, or None if not standardised; ``(R, ...)``
            if the split is varied.
        std: Standard deviation of each feature over the training split (1 where it is 0), or None.
        is_varied: Whether each replica has its own mean and deviation.
        target: In what scale the targets are learned, or None for their own unit.
        columns: How the columns of a table become features; empty if each is one, as it is.
        varied_columns: The columns of each replica, if the split is varied.
        seen: What the training examples were like.
        number_style: How the table wrote numbers; new rows do, too, where they do not tell.
    """

    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]
    mean: np.ndarray | None = None
    std: np.ndarray | None = None
    is_varied: bool = False
    target: TargetScale | None = None
    seen: Seen = field(default_factory=Seen)
    columns: tuple[Column, ...] = ()
    varied_columns: tuple[tuple[Column, ...], ...] = ()
    number_style: NumberStyle = PLAIN_STYLE

    @property
    def table_columns(self) -> tuple[Column, ...]:
        """The columns of a table; none for images."""
        return self.columns or tuple(Column(name, "number") for name in self.feature_names)

    @property
    def are_columns(self) -> bool:
        """Whether the features are the columns of a table, where any value means something."""
        return all(column.is_continuous and not column.has_indicator for column in self.columns)

    def columns_to_json(self) -> dict[str, object]:
        """Return what preprocessing.json says about the columns; nothing if each is as it is."""
        if self.varied_columns:
            return {"varied_columns": [[c.to_json() for c in of] for of in self.varied_columns]}
        return {"columns": [c.to_json() for c in self.columns]} if self.columns else {}

    def of(self, replica: int) -> Preprocessing:
        """Return the preprocessing of a replica."""
        if not self.is_varied:
            return self
        return replace(
            self,
            mean=None if self.mean is None else self.mean[replica],
            std=None if self.std is None else self.std[replica],
            is_varied=False,
            target=self.target and self.target.of(replica),
            columns=self.varied_columns[replica] if self.varied_columns else self.columns,
            varied_columns=(),
        )


@dataclass(frozen=True)
class Dataset:
    """A split, standardised data set; an empty split is None.

    Attributes:
        rows_dropped: Number of rows of a table that are not used, by the reason.
        left_out: Why columns of a table are not used, by name.
        has_official_test: Whether the source has test examples of its own.
    """

    train: Split
    val: Split | None
    test: Split | None
    spec: DataSpec
    preprocessing: Preprocessing
    sha256: str
    rows_dropped: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, str] = field(default_factory=dict)
    has_official_test: bool = False

    def to_learn(self, dtype: torch.dtype) -> Split:
        """Return the training split with its targets in the scale in which they are learned."""
        scale = self.preprocessing.target
        if scale is None:
            return self.train
        return replace(self.train, targets=scale.standardized(self.train.targets).to(dtype))

    @property
    def splits(self) -> dict[SplitName, Split]:
        """The splits that are not empty, test first."""
        named: dict[SplitName, Split | None] = {
            "test": self.test,
            "val": self.val,
            "train": self.train,
        }
        return {name: split for name, split in named.items() if split is not None}
