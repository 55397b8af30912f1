"""What a data set holds, before anything is trained on it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.resolve import load_examples
from nnlab.data.columns.encoders import Column, cell_of, encode, features_of
from nnlab.data.prepare import fit_preprocessing, in_fitted_columns
from nnlab.data.splits.division import divide
from nnlab.storage import versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nnlab.config.datasets import AnyDataset
    from nnlab.data.types import Examples, Preprocessing

NUM_ROWS = 5


@dataclass(frozen=True)
class FeatureFacts:
    """One feature column of a table.

    Attributes:
        name: Its name.
        kind: What its cells are.
        low: Smallest value, or first date; None for categories.
        high: Largest value, or last date; None for categories.
        mean: Mean that standardising subtracts; None if it is not standardised.
        std: Standard deviation that it divides by, or None.
        num_missing: Number of missing cells.
        categories: Rows of each category by name; empty for other kinds.
    """

    name: str
    kind: str
    low: float | str | None
    high: float | str | None
    mean: float | None
    std: float | None
    num_missing: int
    categories: dict[str, int]


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
        left_out: Why columns of the table are not used, by name.
        rows_dropped: Number of rows of the table that are not used, by the reason.
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
    rows: list[list[float | str | None]]
    first_target: float | str
    left_out: dict[str, str]
    rows_dropped: dict[str, int]

    def to_json(self) -> dict[str, object]:
        """Return the JSON object of ``nnlab data show --json``."""
        return {"schema_version": versions.OUTPUT, **asdict(self)}


def describe_dataset(
    config: AnyDataset, data_dir: Path, *, left_out: Mapping[str, str] | None = None
) -> DatasetFacts:
    """Return what a data set holds and how it is split.

    Args:
        config: The section of an experiment.
        data_dir: Folder of installed data.
        left_out: Why columns of the table are not used, as far as is known.

    Raises:
        DataError: If it is missing, corrupt or unusable.
    """
    examples = load_examples(config, data_dir)
    targets = examples.targets
    chosen = divide(config.split, examples)
    splits = {"train": chosen.train, "val": chosen.val, "test": chosen.test}
    is_classes = bool(examples.class_names)
    fitted = fit_preprocessing(examples, chosen.train, standardize=config.standardizes)
    inputs = (
        encode(in_fitted_columns(examples, fitted), fitted.columns)
        if fitted.columns
        else examples.inputs
    )
    return DatasetFacts(
        name=config.data_path or config.name,
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
        features=_features(examples, fitted),
        rows=_rows(examples),
        first_target=shown_target(examples, 0),
        left_out={**examples.left_out, **(left_out or {})},
        rows_dropped=examples.rows_dropped,
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


def _features(examples: Examples, fitted: Preprocessing) -> list[FeatureFacts]:
    columns = examples.columns or fitted.table_columns
    features = features_of(fitted.table_columns)
    of_column = [[n for n, f in enumerate(features) if f.column == i] for i in range(len(columns))]
    return [
        _feature(column, examples.inputs[:, i], fitted, of_column[i][0])
        for i, column in enumerate(columns)
    ]


def _feature(column: Column, cells: np.ndarray, fitted: Preprocessing, number: int) -> FeatureFacts:
    """Return what is known of a column.

    Args:
        column: The column.
        cells: Its cells, ``(N,)``.
        fitted: The preprocessing.
        number: Number of its first feature.
    """
    known = cells[~np.isnan(cells)]
    is_category = column.kind == "category"
    low, high = (None, None) if is_category else (cell_of(column, x) for x in _range(known))
    is_scaled = features_of(fitted.table_columns)[number].is_scaled
    counts = np.bincount(known.astype(np.int64)).tolist() if is_category else []
    return FeatureFacts(
        column.name,
        column.kind,
        low,
        high,
        float(fitted.mean[number]) if fitted.mean is not None and is_scaled else None,
        float(fitted.std[number]) if fitted.std is not None and is_scaled else None,
        num_missing=len(cells) - len(known),
        categories=dict(zip(column.categories, counts, strict=True)),
    )


def _rows(examples: Examples) -> list[list[float | str | None]]:
    if not examples.feature_names:
        return []
    columns = examples.columns or tuple(Column(name, "number") for name in examples.feature_names)
    return [
        [*map(cell_of, columns, row.tolist()), shown_target(examples, i)]
        for i, row in enumerate(examples.inputs[:NUM_ROWS])
    ]
