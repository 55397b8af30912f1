"""A data set of Hugging Face, saved to disk."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.augment import AugmentConfig
from nnlab.config.base import Contradiction, FromList
from nnlab.config.dataset_base import DatasetConfig, Task
from nnlab.config.image_folder import Side
from nnlab.config.npz import ArraySplitConfig
from nnlab.config.pictures import Fit
from nnlab.config.table_keys import TablePath

ColumnName = Annotated[str, Field(min_length=1)]


class ArrowFolderConfig(DatasetConfig):
    """A data set of Hugging Face saved to disk, or a folder of Parquet or Arrow files."""

    builder: ClassVar[str] = "nnlab.data.arrow_sets.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.arrow_sets.files:files_at"
    has_images: ClassVar[bool] = True
    location_keys: ClassVar[frozenset[str]] = frozenset({"path"})
    name: Literal["arrow_folder"] = "arrow_folder"
    path: TablePath
    """The folder that save_to_disk wrote, or a folder of .parquet or .arrow files; found as a table is."""
    inputs: ColumnName | Annotated[tuple[ColumnName, ...], FromList, Field(min_length=1)] = "auto"
    """Column of the images, or columns of numbers; auto: the only column of images, else all of numbers."""
    target: ColumnName = "auto"
    """Column to predict; auto: the only one with names of classes, or that is called label, target or the
    like."""
    task: Task = "classification"
    """What is predicted: a class, or a number."""
    size: Side | Annotated[tuple[Side, Side], FromList] = 32
    """Pixels to which every image is resized: of both sides, or [height, width]."""
    channels: Literal[1, 3] = 3
    """1: grey; 3: colours."""
    fit: Fit = "crop"
    """How an image of another aspect ratio is resized: crop takes its middle, pad adds black borders,
    stretch distorts it."""
    standardize_target: Literal["auto"] | bool = "auto"
    """Learn (target - mean) / standard deviation over the training split; auto: of numbers, yes."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How examples are split into train, validation and test."""
    augment: AugmentConfig | None = None
    """Random changes of training images, and normalisation of all; none by default."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def names(self) -> None:
        """Names of the classes: the data have them."""
        return

    @property
    def standardizes_target(self) -> bool:
        """Whether the target is standardised, with ``auto`` resolved."""
        is_number = self.task == "regression"
        return is_number if self.standardize_target == "auto" else self.standardize_target

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what contradicts the task."""
        if self.standardizes_target and self.task != "regression":
            yield ("standardize_target",), "classes have no scale; use task: regression, or auto"

    @property
    def picture_fit(self) -> Fit:
        """How new pictures are resized: as those of the data set."""
        return self.fit

    @property
    def data_path(self) -> str:
        """The folder."""
        return self.path

    @property
    def target_name(self) -> str:
        """Name of the column."""
        return "the target" if self.target == "auto" else self.target
