"""What every data set has in common."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from nnlab.config.augment import AugmentConfig
from nnlab.config.base import ComponentConfig
from nnlab.config.pictures import Fit, Framing
from nnlab.config.splits import SplitConfig
from nnlab.config.table_format import TableFormat

Task = Literal["classification", "regression"]

# Keys for how the data are preprocessed, not for which data they are.
PREPROCESSING_KEYS = {
    *("augment", "standardize", "standardize_target", "features", "drop", "kinds", "columns"),
    *("encode", "missing", "missing_words", "date_format", "date_parts"),
}


class DatasetConfig(ComponentConfig):
    """A data set, how it is split, and whether its features are standardised.

    Attributes:
        standardize_by_default: Value of ``standardize: auto``.
        has_images: Whether inputs are ``(C, H, W)``.
        has_writing: Whether its images are of digits or letters, which look different in a mirror.
        framing: Where the ink lies in its pictures; None: anywhere.
        is_ordered: Whether the order of the examples reveals something about their targets.
        feature_map: Function that computes the inputs from the features of ``raw``.
        location_keys: Keys for where the data are; which data they are, their digest says.
        file_finder: Function that returns the files that are read if the user's own data are at a
            path; empty: the file at the path.
    """

    location_keys: ClassVar[frozenset[str]] = frozenset()
    file_finder: ClassVar[str] = ""

    feature_map: ClassVar[str] = ""
    standardize_by_default: ClassVar[bool] = False
    has_images: ClassVar[bool] = False
    has_writing: ClassVar[bool] = False
    framing: ClassVar[Framing | None] = None
    is_ordered: ClassVar[bool] = False

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

    def which_examples(self) -> dict[str, Any]:
        """Return the fields that choose the examples, apart from the data themselves."""
        return self.model_dump(mode="json", exclude={*PREPROCESSING_KEYS, *self.location_keys})

    @property
    def standardizes_target(self) -> bool:
        """Whether the target is standardised, with ``auto`` resolved."""
        return False

    @property
    def data_path(self) -> str | None:
        """Path of the user's own data; None for data that nnlab has or makes."""
        return self.table_path

    @property
    def table_path(self) -> str | None:
        """Path of the user's own table; None for any other source."""
        return None

    @property
    def download_name(self) -> str | None:
        """What ``nnlab data fetch`` calls it; None if it is not downloaded."""
        return None

    @property
    def files_of_splits(self) -> frozenset[str]:
        """The splits that have a file of their own."""
        return frozenset()

    @property
    def augmentation(self) -> AugmentConfig | None:
        """How its images are changed; None: not at all, or there are none."""
        return None

    @property
    def picture_fit(self) -> Fit | None:
        """How pictures are brought to one size as they are; None: by the ink that they show."""
        return None

    @property
    def target_name(self) -> str:
        """Name of the target, for messages."""
        return "the target"

    @property
    def table_format(self) -> TableFormat:
        """How a table is written."""
        return TableFormat()

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
