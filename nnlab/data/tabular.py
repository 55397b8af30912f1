"""Tables: the user's CSV file, and scikit-learn's digits."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.data.columns.reading import read_columns
from nnlab.data.labels import encode, in_order
from nnlab.data.splits.own_table import (
    check_known_classes,
    columns_of_split,
    own_split,
    read_tables,
)
from nnlab.data.types import Examples
from nnlab.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.datasets import DigitsConfig
    from nnlab.config.tables import CSVConfig
    from nnlab.data.columns.reading import TableColumns
    from nnlab.data.tables.table import Table


def build_csv(config: CSVConfig, _root: Path) -> Examples:
    """Return the rows of the user's table.

    Raises:
        DataError: If a cell cannot be used, or there is only one class.
    """
    read, target = read_tables(config, partial(_read, config=config))
    own, facts = own_split(config, read.table), _facts(read)
    if isinstance(target, np.ndarray):
        return Examples(read.inputs, target, own_split=own, **facts)
    class_names = in_order(target)
    if len(class_names) < 2:
        msg = f"{config.path}: column '{config.target}' has only one class, '{class_names[0]}'"
        raise DataError(msg)
    targets = encode(target, class_names)
    where = f"{read.table.path}, column '{config.target}'"
    check_known_classes(own, targets, class_names, where)
    names = tuple(class_names)
    return Examples(read.inputs, targets, class_names=names, own_split=own, **facts)


def _read(table: Table, *, config: CSVConfig) -> tuple[TableColumns, np.ndarray | list[str]]:
    """Return the columns that become features, and the targets: values, or labels."""
    read = read_columns(table, config, config.target, columns_of_split(config, table))
    is_number = config.task == "regression"
    return read, (read.table.numbers if is_number else read.table.texts)(config.target)


def _facts(read: TableColumns) -> dict[str, Any]:
    """Return what examples say about the columns and rows of their table."""
    return {
        "feature_names": tuple(column.name for column in read.columns),
        "columns": read.columns,
        "left_out": read.left_out,
        "rows_dropped": read.rows_dropped,
        "number_style": read.table.style,
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
