"""Tables: the user's CSV file, and scikit-learn's digits."""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.columns import read_columns
from nnlab.data.labels import encode, in_order
from nnlab.data.tables.reader import read_table
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.datasets import DigitsConfig
    from nnlab.config.tables import CSVConfig
    from nnlab.data.columns import TableColumns

logger = logging.getLogger(__name__)


def build_csv(config: CSVConfig, _root: Path) -> Examples:
    """Return the rows of the user's table.

    Raises:
        DataError: If a cell cannot be used, or there is only one class.
    """
    read = read_columns(read_table(config.path, config.table_format), config, config.target)
    table, facts = read.table, _facts(read)
    for note in table.notes:
        logger.warning("%s: %s", config.path, note)
    if config.task == "regression":
        return Examples(read.inputs, table.numbers(config.target), **facts)
    labels = table.texts(config.target)
    class_names = in_order(labels)
    if len(class_names) < 2:
        msg = f"{config.path}: column '{config.target}' has only one class, '{class_names[0]}'"
        raise DataError(msg)
    targets = encode(labels, class_names)
    return Examples(read.inputs, targets, class_names=tuple(class_names), **facts)


def _facts(read: TableColumns) -> dict[str, Any]:
    """Return what examples say about the columns and rows of their table."""
    return {
        "feature_names": tuple(column.name for column in read.columns),
        "columns": read.columns,
        "left_out": read.left_out,
        "rows_dropped": read.rows_dropped,
        "sha256": read.table.sha256,
    }


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
