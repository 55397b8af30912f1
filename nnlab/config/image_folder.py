"""The user's own folder of images."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.augment import AugmentConfig
from nnlab.config.base import Contradiction, FromList
from nnlab.config.dataset_base import DatasetConfig
from nnlab.config.npz import ArraySplitConfig
from nnlab.config.pictures import Fit
from nnlab.config.table_keys import TablePath

Side = Annotated[int, Field(ge=1, le=4096)]
ColumnName = Annotated[str, Field(min_length=1)]


class ImageFolderConfig(DatasetConfig):
    """The user's own images: a folder for each class, or a table of names and labels."""

    builder: ClassVar[str] = "nnlab.data.folders.examples:build"
    file_finder: ClassVar[str] = "nnlab.data.folders.files:files_at"
    has_images: ClassVar[bool] = True
    location_keys: ClassVar[frozenset[str]] = frozenset({"path"})
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
    size: Side | Annotated[tuple[Side, Side], FromList] = 32
    """Pixels to which every image is resized: of both sides, or [height, width]."""
    channels: Literal[1, 3] = 3
    """1: grey; 3: colours."""
    fit: Fit = "crop"
    """How an image of another aspect ratio is resized: crop takes its middle, pad adds black borders,
    stretch distorts it."""
    split: ArraySplitConfig = ArraySplitConfig()
    """How images are split into train, validation and test."""
    augment: AugmentConfig | None = None
    """Random changes of training images, and normalisation of all; none by default."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield columns that are given without a table."""
        for key in ("file_column", "label_column"):
            if self.labels is None and getattr(self, key) != "auto":
                yield (key,), "is for a table of names and labels; give it: labels: labels.csv"

    @property
    def picture_fit(self) -> Fit:
        """How new pictures are resized: as those of the folder."""
        return self.fit

    @property
    def data_path(self) -> str:
        """The folder."""
        return self.path
