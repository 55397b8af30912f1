"""The user's own tables."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import Contradiction
from nnlab.config.columns import ColumnsConfig
from nnlab.config.table_keys import TablePath
from nnlab.config.table_split import TableSplitConfig
from nnlab.config.target_keys import TargetKeys


class CSVConfig(TargetKeys, ColumnsConfig):
    """The user's own table: a header line, feature columns, one target column."""

    builder: ClassVar[str] = "nnlab.data.tabular:build_csv"
    standardize_by_default: ClassVar[bool] = True
    location_keys: ClassVar[frozenset[str]] = frozenset({"path", "val_path", "test_path"})
    name: Literal["csv"] = "csv"
    path: TablePath
    """The file, relative to the experiment file; if it is not there, to the current folder."""
    val_path: TablePath | None = None
    """File of the validation rows; default: a fraction of path."""
    test_path: TablePath | None = None
    """File of the test rows; default: a fraction of path."""
    target: Annotated[str, Field(min_length=1)]
    """Name of the column to predict."""
    split: TableSplitConfig = TableSplitConfig()
    """How rows are split into train, validation and test."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what contradicts the task, the files and how they are written, or itself."""
        yield from super().contradictions()
        for path, text in self.split.contradictions(self.files_of_splits):
            yield ("split", *path), text

    @property
    def files_of_splits(self) -> frozenset[str]:
        """The splits that have a file of their own."""
        return frozenset(s for s in ("val", "test") if getattr(self, f"{s}_path") is not None)

    @property
    def table_path(self) -> str:
        """The file."""
        return self.path

    @property
    def target_name(self) -> str:
        """Name of the column."""
        return self.target
