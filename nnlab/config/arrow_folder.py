"""A data set of Hugging Face, saved to disk."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import FromList
from nnlab.config.image_keys import ResizedImages
from nnlab.config.npz import ArraySplitConfig
from nnlab.config.table_keys import TablePath
from nnlab.config.target_keys import TargetKeys

ColumnName = Annotated[str, Field(min_length=1)]


class ArrowFolderConfig(TargetKeys, ResizedImages):
    """A data set of Hugging Face saved to disk, or a folder of Parquet or Arrow files."""

    builder: ClassVar[str] = "nnlab.data.arrow_sets.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.arrow_sets.files:files_at"
    name: Literal["arrow_folder"] = "arrow_folder"
    path: TablePath
    """The folder that save_to_disk wrote, or a folder of .parquet or .arrow files; found as a table is."""
    inputs: ColumnName | Annotated[tuple[ColumnName, ...], FromList, Field(min_length=1)] = "auto"
    """Column of the images, or columns of numbers; auto: the only column of images, else all of numbers."""
    target: ColumnName = "auto"
    """Column to predict; auto: the only one with names of classes, or that is called label, target or the
    like."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How examples are split into train, validation and test."""

    @property
    def target_name(self) -> str:
        """Name of the column."""
        return "the target" if self.target == "auto" else self.target
