"""The user's own NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import Contradiction, Fraction
from nnlab.config.idx import ClassNames, repeated
from nnlab.config.image_keys import ImagesAtPath
from nnlab.config.splits import SplitConfig
from nnlab.config.table_keys import TablePath
from nnlab.config.target_keys import TargetKeys

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


class NPZConfig(TargetKeys, ImagesAtPath):
    """The user's own NumPy arrays: an .npz archive, a .npy file and those beside it, or a folder of them."""

    builder: ClassVar[str] = "nnlab.data.arrays.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.arrays.archive:files_at"
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
    channel_axis: Literal["auto", "first", "last"] = "auto"
    """Where images have their channels: first, (N, C, H, W), or last, (N, H, W, C); auto: the axis of
    length 1, 3 or 4."""
    class_names: Literal["auto"] | ClassNames = "auto"
    """Names of the classes by ascending label; auto: the array class_names if there is one, else the
    labels."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How examples are split into train, validation and test."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the classes if they are given."""
        return None if self.class_names == "auto" else self.class_names

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what contradicts the task or itself."""
        yield from super().contradictions()
        yield from repeated(self.names)
        if self.names and self.task == "regression":
            yield ("class_names",), "a number has no classes; leave it out, or task: classification"
        if (self.test_inputs == "auto") != (self.test_targets == "auto"):
            missing = "test_inputs" if self.test_inputs == "auto" else "test_targets"
            yield (missing,), "give both test_inputs and test_targets, or neither"

    @property
    def target_name(self) -> str:
        """Name of the array."""
        return "the target" if self.targets == "auto" else self.targets
