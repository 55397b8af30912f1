"""What a data set holds, before anything is trained on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.resolve import load_examples
from nnlab.data.division import divide
from nnlab.data.prepare import fit_preprocessing
from nnlab.storage import versions

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from nnlab.config.datasets import AnyDataset
    from nnlab.data.types import Examples

NUM_ROWS = 5


@dataclass(frozen=True)
class FeatureFacts:
    """One feature of a table.

    Attributes:
        name: Its name.
        low: Smallest value.
        high: Largest value.
        mean: Mean that standardising subtracts; None if features are not standardised.
        std: Standard deviation that it divides by, or None.
    """

    name: str
    low: float
    high: float
    mean: float | None
    std: float | None


@dataclass(frozen=True)
class DatasetFacts:
    """What a data set holds.

    Attributes:
        name: Name of the data set, or path of the table.
        task: Classification or regression.
        input_shape: Shape of all inputs.
        input_dtype: Their type.
        input_range: Smallest and largest input.
        target_name: Name of the target column of a table.
        target_dtype: Type of the targets.
        target_range: Smallest and largest value; None for classes.
        num_official_test: Examples of the official test set, which come last.
        class_counts: Examples of each class; empty for regression.
        splits: Examples of each split, by its name.
        split_counts: Examples of each class in each split, by class and split.
        standardized: Whether features are standardised.
        features: The features of a table; empty for images.
        rows: Features and target of the first examples of a table, in their own units.
        first_target: Class or value of the first example.
        left_out: Columns of the table that are not read.
    """

    name: str
    task: str
    input_shape: tuple[int, ...]
    input_dtype: str
    input_range: tuple[float, float]
    target_name: str
    target_dtype: str
    target_range: tuple[float, float] | None
    num_official_test: int
    class_counts: dict[str, int]
    splits: dict[str, int]
    split_counts: dict[str, dict[str, int]]
    standardized: bool
    features: list[FeatureFacts]
    rows: list[list[float | str]]
    first_target: float | str
    left_out: list[str]

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of ``nnlab data show --json``."""
        return {"schema_version": versions.OUTPUT, **asdict(self)}


def describe_dataset(
    config: AnyDataset, data_dir: Path, *, left_out: Sequence[str] = ()
) -> DatasetFacts:
    """Return what a data set holds and how it is split.

    Args:
        config: The section of an experiment.
        data_dir: Folder of installed data.
        left_out: Columns of the table that are not read.

    Raises:
        DataError: If it is missing, corrupt or unusable.
    """
    examples = load_examples(config, data_dir)
    inputs, targets = examples.inputs, examples.targets
    chosen = divide(config.split, examples)
    splits = {"train": chosen.train, "val": chosen.val, "test": chosen.test}
    is_classes = bool(examples.class_names)
    return DatasetFacts(
        name=config.table_path or config.name,
        task=config.task,
        input_shape=inputs.shape,
        input_dtype=str(inputs.dtype),
        input_range=_range(inputs),
        target_name=config.target_name if config.table_path else "target",
        target_dtype=str(targets.dtype),
        target_range=None if is_classes else _range(targets),
        num_official_test=examples.num_official_test,
        class_counts=class_counts(examples),
        splits={name: len(indices) for name, indices in splits.items()},
        split_counts={
            name: {split: int((targets[at] == i).sum()) for split, at in splits.items()}
            for i, name in enumerate(examples.class_names)
        },
        standardized=config.standardizes,
        features=_features(examples, chosen.train, standardize=config.standardizes),
        rows=_rows(examples),
        first_target=shown_target(examples, 0),
        left_out=list(left_out),
    )


def class_counts(examples: Examples) -> dict[str, int]:
    """Return the number of examples of each class; empty for regression."""
    if not examples.class_names:
        return {}
    counts = np.bincount(examples.targets, minlength=len(examples.class_names)).tolist()
    return dict(zip(examples.class_names, counts, strict=True))


def shown_target(examples: Examples, index: int) -> float | str:
    """Return the class or the value of an example."""
    target = examples.targets[index]
    return examples.class_names[target] if examples.class_names else float(target)


def _range(values: np.ndarray) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _features(examples: Examples, train: np.ndarray, *, standardize: bool) -> list[FeatureFacts]:
    if not examples.feature_names:
        return []
    fitted = fit_preprocessing(examples, train, standardize=standardize)
    columns = examples.inputs.T
    return [
        FeatureFacts(
            name,
            *_range(columns[i]),
            None if fitted.mean is None else float(fitted.mean[i]),
            None if fitted.std is None else float(fitted.std[i]),
        )
        for i, name in enumerate(examples.feature_names)
    ]


def _rows(examples: Examples) -> list[list[float | str]]:
    if not examples.feature_names:
        return []
    return [
        [*map(float, row), shown_target(examples, i)]
        for i, row in enumerate(examples.inputs[:NUM_ROWS])
    ]
