"""The keys that data sets of images share."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.augment import AugmentConfig
from nnlab.config.base import FromList
from nnlab.config.dataset_base import DatasetConfig
from nnlab.config.pictures import Fit
from nnlab.config.table_keys import TablePath

Side = Annotated[int, Field(ge=1, le=4096)]


class ImageKeys(DatasetConfig):
    """Examples that are images, or can be."""

    has_images: ClassVar[bool] = True
    augment: AugmentConfig | None = None
    """Random changes of training images, and normalisation of all; none by default."""

    @property
    def augmentation(self) -> AugmentConfig | None:
        """How images are changed; None: not at all."""
        return self.augment


class ImagesAtPath(ImageKeys):
    """The user's own images, or other arrays, at a path."""

    location_keys: ClassVar[frozenset[str]] = frozenset({"path"})
    path: TablePath
    """The file or folder; found as a table is."""

    @property
    def data_path(self) -> str:
        """The file or folder."""
        return self.path


class ResizedImages(ImagesAtPath):
    """The user's own images of any size."""

    size: Side | Annotated[tuple[Side, Side], FromList] = 32
    """Pixels to which every image is resized: of both sides, or [height, width]."""
    channels: Literal[1, 3] = 3
    """1: grey; 3: colours."""
    fit: Fit = "crop"
    """How an image of another aspect ratio is resized: crop takes its middle, pad adds black borders,
    stretch distorts it."""

    @property
    def shape(self) -> tuple[int, int]:
        """Height and width."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def picture_fit(self) -> Fit:
        """How new pictures are resized: as those of the data set."""
        return self.fit
