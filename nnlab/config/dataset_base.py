"""What every data set has in common."""

from __future__ import annotations

from typing import ClassVar, Literal

from nnlab.config.base import ComponentConfig
from nnlab.config.splits import SplitConfig

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
