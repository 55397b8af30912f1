"""The data sets that an experiment can use. docs/adding.md shows how to add one."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, Count, FromList, NonNegative, Seed
from nnlab.config.splits import (
    ImageSplitConfig,
    RandomSplitConfig,
    SplitConfig,
    StratifiedSplitConfig,
)

Task = Literal["classification", "regression"]

# Keys for how the data are preprocessed, not for which data they are.
PREPROCESSING_KEYS = {"standardize", "features"}


class DatasetConfig(ComponentConfig):
    """A data set, how it is split, and whether its features are standardised.

    Attributes:
        standardize_by_default: Value of ``standardize: auto``.
        has_images: Whether inputs are ``(C, H, W)``.
        is_ordered: Whether the order of the examples reveals something about their targets.
        is_downloaded: Whether ``nnlab data fetch`` installs it.
        feature_map: Function that computes the inputs from the features of ``raw``.
    """

    feature_map: ClassVar[str] = ""
    standardize_by_default: ClassVar[bool] = False
    has_images: ClassVar[bool] = False
    is_ordered: ClassVar[bool] = False
    is_downloaded: ClassVar[bool] = False

    task: Task
    """What is predicted: a class, or a number."""
    split: SplitConfig
    """How examples are split into train, validation and test."""
    standardize: Literal["auto"] | bool = "auto"
    """Standardise each feature by its mean and standard deviation over the training split."""

    @property
    def standardizes(self) -> bool:
        """Whether features are standardised, with ``auto`` resolved."""
        return self.standardize_by_default if self.standardize == "auto" else self.standardize

    @property
    def table_path(self) -> str | None:
        """Path of the user's own table; None for any other source."""
        return None

    @property
    def target_name(self) -> str:
        """Name of the target, for messages."""
        return "the target"

    @property
    def column_separator(self) -> str:
        """The character between the cells of a table."""
        return ","

    @property
    def raw(self) -> DatasetConfig | None:
        """The same examples before ``feature_map``; None if they are used as they are."""
        return None

    @property
    def num_generated(self) -> int:
        """Lower bound on the count of generated numbers; 0 for data that are read."""
        return 0

    @property
    def chance(self) -> float | None:
        """Expected accuracy of any model if the targets are random; else None."""
        return None


class ImagesConfig(DatasetConfig):
    """A published set of 28 x 28 grey images in ten classes, 60,000 to train and 10,000 to test."""

    builder: ClassVar[str] = "nnlab.data.vision:build"
    has_images: ClassVar[bool] = True
    is_downloaded: ClassVar[bool] = True
    task: Literal["classification"] = "classification"
    """What is predicted: a class."""
    split: ImageSplitConfig = ImageSplitConfig()
    """How images are split into train, validation and test."""


class MNISTConfig(ImagesConfig):
    """Handwritten digits."""

    name: Literal["mnist"] = "mnist"


class FashionMNISTConfig(ImagesConfig):
    """Pictures of clothes."""

    name: Literal["fashion_mnist"] = "fashion_mnist"


class DigitsConfig(DatasetConfig):
    """1,797 handwritten digits of 8 x 8 pixels, included in scikit-learn: no download."""

    builder: ClassVar[str] = "nnlab.data.tabular:build_digits"
    has_images: ClassVar[bool] = True
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
    noise: NonNegative = 0.1
    """Standard deviation of the noise."""
    seed: Seed = 42
    """Seed of the noise; the same for every replica."""

    @property
    def num_generated(self) -> int:
        """One value per point."""
        return self.num_samples


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


AnyDataset = Annotated[
    MNISTConfig
    | FashionMNISTConfig
    | DigitsConfig
    | SpiralConfig
    | XORConfig
    | BlobsConfig
    | RandomConfig
    | RegressionConfig
    | CSVConfig,
    Field(discriminator="name"),
]
