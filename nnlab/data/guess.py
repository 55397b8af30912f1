"""Guessing what a table is for, to look at it before there is an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from nnlab.data.tables.reader import read_table
from nnlab.errors import DataError

if TYPE_CHECKING:
    from nnlab.config.table_format import TableFormat
    from nnlab.data.tables.table import Table

# A column with more different numbers is a quantity, not a class.
MAX_CLASSES = 20


class Guess(NamedTuple):
    """How a table can be read.

    Attributes:
        section: The section ``dataset`` of an experiment on it.
        left_out: Columns that are neither the target nor numbers in every row.
    """

    section: dict[str, object]
    left_out: list[str]


def guess_table(path: str, given: dict[str, object], written: TableFormat) -> Guess:
    """Return a section ``dataset`` that reads a table.

    The target is the last column unless it is given, the features are all other columns of numbers,
    and a target of many different numbers is a quantity.

    Args:
        path: The table.
        given: Keys of the section that the user has set.
        written: How the table is written.

    Raises:
        DataError: If the file is not a table, or has no column of numbers besides the target.
    """
    table = read_table(path, written)
    target = table.column(str(given.get("target", table.columns[-1])))
    others = [column for column in table.columns if column != target]
    features = [column for column in others if _is_numeric(table, column)]
    if not features:
        msg = f"{path}: no column besides the target '{target}' has a number in every row"
        raise DataError(msg)
    is_quantity = _is_numeric(table, target) and len(set(table.cells(target))) > MAX_CLASSES
    section = {
        "name": "csv",
        "path": path,
        "target": target,
        "features": features,
        "task": "regression" if is_quantity else "classification",
    }
    left_out = [] if "features" in given else [name for name in others if name not in features]
    return Guess({**section, **given}, left_out)


def _is_numeric(table: Table, column: str) -> bool:
    return table.parsed(column).is_complete
