"""The user's own tables."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import FromList
from nnlab.config.dataset_base import DatasetConfig, Task
from nnlab.config.splits import StratifiedSplitConfig


class CSVConfig(DatasetConfig):
    """The user's own table: a header line, numeric features, one target column."""

    builder: ClassVar[str] = "nnlab.data.tabular:build_csv"
    standardize_by_default: ClassVar[bool] = True
    name: Literal["csv"] = "csv"
    path: Annotated[str, Field(min_length=1)]
    """The file, relative to the experiment file; if it is not there, to the current folder."""
    target: Annotated[str, Field(min_length=1)]
    """Name of the column to predict."""
    features: Annotated[tuple[str, ...], FromList, Field(min_length=1)] | None = None
    """Names of the feature columns; default: all columns except the target."""
    task: Task = "classification"
    """What is predicted: a class, or a number."""
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r'^[^"\r\n\x00]$')] = ","
    """The character between cells."""
    split: StratifiedSplitConfig = StratifiedSplitConfig()
    """How rows are split into train, validation and test."""

    @property
    def table_path(self) -> str:
        """The file."""
        return self.path

    @property
    def target_name(self) -> str:
        """Name of the column."""
        return self.target

    @property
    def column_separator(self) -> str:
        """The character between cells."""
        return self.delimiter
