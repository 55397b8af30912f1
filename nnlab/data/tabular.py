"""Tables: the user's CSV file, and scikit-learn's digits."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.labels import encode, in_order
from nnlab.data.tables.reader import read_table
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.datasets import DigitsConfig
    from nnlab.config.tables import CSVConfig


def build_csv(config: CSVConfig, _root: Path) -> Examples:
    """Return the rows of the user's table.

    Raises:
        DataError: If a cell is missing or not a number, or there is only one class.
    """
    table = read_table(config.path, config.table_format)
    target = table.column(config.target)
    features = tuple(map(table.column, config.features or table.columns))
    if config.features is None:
        features = tuple(name for name in features if name != target)
    if target in features:
        msg = f"{config.path}: the target '{config.target}' is among the features"
        raise DataError(msg)
    if len(set(features)) < len(features):
        msg = f"{config.path}: dataset.features lists a column twice"
        raise DataError(msg)
    if not features:
        msg = f"{config.path}: there is no feature column besides the target '{config.target}'"
        raise DataError(msg)
    inputs = table.matrix(features)
    if config.task == "regression":
        return Examples(
            inputs, table.numbers(config.target), feature_names=features, sha256=table.sha256
        )
    labels = table.texts(config.target)
    class_names = in_order(labels)
    if len(class_names) < 2:
        msg = f"{config.path}: column '{config.target}' has only one class, '{class_names[0]}'"
        raise DataError(msg)
    return Examples(
        inputs,
        encode(labels, class_names),
        class_names=tuple(class_names),
        feature_names=features,
        sha256=table.sha256,
    )


def build_digits(_config: DigitsConfig, _root: Path) -> Examples:
    """Return scikit-learn's digits, ``(1797, 1, 8, 8)``, scaled from 0..16 to 0..1."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    inputs = digits.images[:, None] / 16  # (N, 1, 8, 8)
    return Examples(
        inputs,
        digits.target.astype(np.int64),
        class_names=tuple("0123456789"),
        sha256=hashlib.sha256(inputs.tobytes()).hexdigest(),
    )
