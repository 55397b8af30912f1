"""The user's own pictures in IDX files."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import Contradiction, Fraction, FromList
from nnlab.config.image_keys import ImagesAtPath
from nnlab.config.splits import SplitConfig
from nnlab.config.table_keys import TablePath

ClassNames = Annotated[
    tuple[Annotated[str, Field(min_length=1, max_length=200)], ...],
    FromList,
    Field(min_length=2, max_length=10_000),
]


def repeated(names: tuple[str, ...] | None) -> Iterator[Contradiction]:
    """Yield each name that two classes have."""
    for name in sorted({name for name in names or () if (names or ()).count(name) > 1}):
        yield ("class_names",), f"two classes are called '{name}'"


class IDXSplitConfig(SplitConfig):
    """A split of pictures that may have test files of their own."""

    test: Literal["auto", "official", "pooled"] | Fraction = "auto"
    """official: the set's test files; pooled: training and test files are joined, and a random 1/7 is
    held out; or a fraction of all; auto: official if there are test files, else 0.15."""
    val: Fraction = 0.1
    """Fraction of the pictures outside the official test set (or of all pictures if there is none)."""


class IDXConfig(ImagesAtPath):
    """The user's own pictures in IDX files, as of MNIST: KMNIST, EMNIST, QMNIST, any size."""

    builder: ClassVar[str] = "nnlab.data.idx_sets.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.idx_sets.files:files_at"
    name: Literal["idx"] = "idx"
    path: TablePath
    """Folder or .zip archive of the files, or the beginning of their names, such as emnist/emnist-letters;
    found as a table is."""
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    transpose: bool = False
    """Swap rows and columns of every picture: the files of EMNIST are stored so."""
    class_names: Literal["auto"] | ClassNames = "auto"
    """Names of the classes by ascending label; auto: as the set's mapping file says, else the labels."""
    split: IDXSplitConfig = IDXSplitConfig()
    """How pictures are split into train, validation and test."""

    @property
    def names(self) -> tuple[str, ...] | None:
        """Names of the classes if they are given."""
        return None if self.class_names == "auto" else self.class_names

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a name that two classes have."""
        yield from repeated(self.names)
