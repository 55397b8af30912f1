"""The user's own NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.augment import AugmentConfig
from nnlab.config.base import Contradiction, Fraction
from nnlab.config.dataset_base import DatasetConfig, Task
from nnlab.config.idx import ClassNames, repeated
from nnlab.config.splits import SplitConfig
from nnlab.config.table_keys import TablePath

ArrayName = Annotated[str, Field(min_length=1, max_length=200)]


class ArraySplitConfig(SplitConfig):
    """A split of examples that may have test examples of their own."""

    test: Literal["auto", "official", "pooled"] | Fraction = "auto"
    """official: the set's own test examples; pooled: all are joined, and a random 1/7 is held out; or a
    fraction of all; auto: official if there are test examples, else 0.15."""
    val: Fraction = 0.1
    """Fraction of the examples outside the official test set (or of all if there is none); with auto or
    official, the set's own validation examples instead if there are any."""
    stratify: bool = True
    """Keep the class proportions in every split (random order, classification)."""


class NPZConfig(DatasetConfig):
    """The user's own NumPy arrays: an .npz archive, a .npy file and those beside it, or a folder of them."""

    builder: ClassVar[str] = "nnlab.data.arrays.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.arrays.archive:files_at"
    has_images: ClassVar[bool] = True
    location_keys: ClassVar[frozenset[str]] = frozenset({"path"})
    name: Literal["npz"] = "npz"
    path: TablePath
    """The archive, the .npy file of the inputs, or the folder of .npy files; found as a table is."""
    inputs: ArrayName = "auto"
    """Name of the array of inputs: images, or rows of numbers; auto: inputs, X, x_train, images or the
    like."""
    targets: ArrayName = "auto"
    """Name of the array of classes or values; auto: targets, y, y_train, labels or the like."""
    test_inputs: ArrayName = "auto"
    """Name of the array of test inputs; auto: x_test, test_images or the like, if there is one."""
    test_targets: ArrayName = "auto"
    """Name of the array of test targets; auto: y_test, test_labels or the like, if there is one."""
    task: Task = "classification"
    """What is predicted: a class, or a number."""
    channel_axis: Literal["auto", "first", "last"] = "auto"
    """Where images have their channels: first, (N, C, H, W), or last, (N, H, W, C); auto: the axis of
    length 1, 3 or 4."""
    class_names: Literal["auto"] | ClassNames = "auto"
    """Names of the classes by ascending label; auto: the array class_names if there is one, else the
    labels."""
    standardize_target: Literal["auto"] | bool = "auto"
    """Learn (target - mean) / standard deviation over the training split; auto: of numbers, yes."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How examples are split into train, validation and test."""
    augment: AugmentConfig | None = None
    """Random changes of training images, and normalisation of all; none by default."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the classes if they are given."""
        return None if self.class_names == "auto" else self.class_names

    @property
    def standardizes_target(self) -> bool:
        """Whether the target is standardised, with ``auto`` resolved."""
        is_number = self.task == "regression"
        return is_number if self.standardize_target == "auto" else self.standardize_target

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what contradicts the task or itself."""
        yield from repeated(self.names)
        if self.standardizes_target and self.task != "regression":
            yield ("standardize_target",), "classes have no scale; use task: regression, or auto"
        if self.names and self.task == "regression":
            yield ("class_names",), "a number has no classes; leave it out, or task: classification"
        if (self.test_inputs == "auto") != (self.test_targets == "auto"):
            missing = "test_inputs" if self.test_inputs == "auto" else "test_targets"
            yield (missing,), "give both test_inputs and test_targets, or neither"

    @property
    def data_path(self) -> str:
        """The archive or the files."""
        return self.path

    @property
    def target_name(self) -> str:
        """Name of the array."""
        return "the target" if self.targets == "auto" else self.targets
