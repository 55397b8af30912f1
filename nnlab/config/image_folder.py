"""The user's own folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import Contradiction
from nnlab.config.image_keys import ResizedImages
from nnlab.config.npz import ArraySplitConfig
from nnlab.config.table_keys import TablePath

ColumnName = Annotated[str, Field(min_length=1)]


class ImageFolderConfig(ResizedImages):
    """The user's own images: a folder for each class, or a table of names and labels."""

    builder: ClassVar[str] = "nnlab.data.folders.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.folders.files:files_at"
    name: Literal["image_folder"] = "image_folder"
    path: TablePath
    """Folder of a folder for each class; or of train and test (and val), each with these; found as a
    table is."""
    labels: TablePath | None = None
    """Table of names and labels instead of a folder for each class; relative to path."""
    file_column: ColumnName = "auto"
    """Column of the table with the names of the files; auto: file_name, file, image, id or the like."""
    label_column: ColumnName = "auto"
    """Column of the table with the classes; auto: label, class, target or the like."""
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How images are split into train, validation and test."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield columns that are given without a table."""
        for key in ("file_column", "label_column"):
            if self.labels is None and getattr(self, key) != "auto":
                yield (key,), "is for a table of names and labels; give it: labels: labels.csv"
