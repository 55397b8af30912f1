"""The data sets that an experiment can use. docs/adding.md shows how to add one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.arrow_folder import ArrowFolderConfig
from nnlab.config.base import Count, NonNegative, Seed
from nnlab.config.dataset_base import DatasetConfig
from nnlab.config.idx import IDXConfig
from nnlab.config.image_folder import ImageFolderConfig
from nnlab.config.image_keys import ImageKeys
from nnlab.config.npz import NPZConfig
from nnlab.config.pictures import Framing
from nnlab.config.published import TorchvisionConfig
from nnlab.config.splits import ImageSplitConfig, RandomSplitConfig, StratifiedSplitConfig
from nnlab.config.tables import CSVConfig


class ImagesConfig(ImageKeys):
    """A published set of 28 x 28 grey images in ten classes, 60,000 to train and 10,000 to test."""

    builder: ClassVar[str] = "nnlab.data.vision:build"
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    split: ImageSplitConfig = ImageSplitConfig()
    """How images are split into train, validation and test."""

    @property
    def download_name(self) -> str:
        """Its own name."""
        return str(type(self).model_fields["name"].default)


class MNISTConfig(ImagesConfig):
    """Handwritten digits."""

    has_writing: ClassVar[bool] = True
    framing: ClassVar[Framing] = Framing(box=20 / 28, centre="mass", has_strokes=True)
    name: Literal["mnist"] = "mnist"


class FashionMNISTConfig(ImagesConfig):
    """Pictures of clothes."""

    framing: ClassVar[Framing] = Framing(box=1, centre="box", has_strokes=False)
    name: Literal["fashion_mnist"] = "fashion_mnist"


class DigitsConfig(ImageKeys):
    """1,797 handwritten digits of 8 x 8 pixels, included in scikit-learn: no download."""

    builder: ClassVar[str] = "nnlab.data.tabular:build_digits"
    has_writing: ClassVar[bool] = True
    framing: ClassVar[Framing] = Framing(box=1, centre="box", has_strokes=False)
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    name: Literal["digits"] = "digits"
    split: StratifiedSplitConfig = StratifiedSplitConfig()
    """How images are split into train, validation and test."""


class GeneratedConfig(DatasetConfig):
    """Points drawn from a seed."""

    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    split: StratifiedSplitConfig = StratifiedSplitConfig()
    """How points are split into train, validation and test."""
    num_samples: Count = 200
    """Number of points."""
    seed: Seed = 42
    """Seed of the generated points; the same for every replica."""

    @property
    def num_generated(self) -> int:
        """At least one number per point."""
        return self.num_samples


class SpiralConfig(GeneratedConfig):
    """Three interleaved spiral arms in the plane."""

    builder: ClassVar[str] = "nnlab.data.toy:build_spiral"
    standardize_by_default: ClassVar[bool] = True
    is_ordered: ClassVar[bool] = True
    name: Literal["spiral"] = "spiral"
    num_samples: Count = 1500
    """Number of points."""
    noise: NonNegative = 0.2
    """Standard deviation of the angle [radian]."""


class ClustersConfig(GeneratedConfig):
    """Four Gaussian clusters of unit variance around (+-3, +-3)."""

    builder: ClassVar[str] = "nnlab.data.toy:build_clusters"
    feature_map: ClassVar[str] = "nnlab.data.toy:quadrants"
    is_ordered: ClassVar[bool] = True
    features: Literal["coordinates", "quadrants"] = "coordinates"
    """coordinates: the two coordinates; quadrants: the one-hot encoded quadrant."""

    @property
    def raw(self) -> DatasetConfig | None:
        """The points of the quadrants."""
        points = self.model_copy(update={"features": "coordinates", "standardize": False})
        return points if self.features == "quadrants" else None


class XORConfig(ClustersConfig):
    """Four clusters; the class is whether exactly one coordinate is positive."""

    name: Literal["xor"] = "xor"


class BlobsConfig(ClustersConfig):
    """Four clusters; the class is whether the first coordinate is positive: a line separates it."""

    name: Literal["blobs"] = "blobs"


class RandomConfig(GeneratedConfig):
    """Uniform points with random classes: there is nothing to learn."""

    builder: ClassVar[str] = "nnlab.data.toy:build_random"
    standardize_by_default: ClassVar[bool] = True
    name: Literal["random"] = "random"
    num_samples: Count = 150
    """Number of points."""
    num_features: Count = 2
    """Features per point."""
    num_classes: Annotated[int, Field(ge=2, le=1000)] = 3
    """Number of classes."""

    @property
    def num_generated(self) -> int:
        """Every feature of every point."""
        return self.num_samples * self.num_features

    @property
    def chance(self) -> float:
        """Accuracy of guessing."""
        return 1 / self.num_classes


class RegressionConfig(DatasetConfig):
    """y = sin(cos(x^2)) + noise, with x evenly spaced on [-3, 3]."""

    builder: ClassVar[str] = "nnlab.data.toy:build_regression"
    is_ordered: ClassVar[bool] = True
    name: Literal["regression"] = "regression"
    task: Literal["regression"] = "regression"
    """What is predicted: a number."""
    split: RandomSplitConfig = RandomSplitConfig()
    """How points are split into train, validation and test."""
    num_samples: Count = 1000
    """Number of points."""
    standardize_target: Literal["auto"] | bool = "auto"
    """Learn (target - mean) / standard deviation over the training split; auto: no."""
    noise: NonNegative = 0.1
    """Standard deviation of the noise."""
    seed: Seed = 42
    """Seed of the noise; the same for every replica."""

    @property
    def standardizes_target(self) -> bool:
        """Whether the target is standardised; its values are about 1 as they are."""
        return self.standardize_target is True

    @property
    def num_generated(self) -> int:
        """One value per point."""
        return self.num_samples


AnyDataset = Annotated[
    MNISTConfig
    | FashionMNISTConfig
    | DigitsConfig
    | SpiralConfig
    | XORConfig
    | BlobsConfig
    | RandomConfig
    | RegressionConfig
    | CSVConfig
    | IDXConfig
    | NPZConfig
    | ImageFolderConfig
    | ArrowFolderConfig
    | TorchvisionConfig,
    Field(discriminator="name"),
]
