"""Guessing what a table is for, to look at it before there is an experiment."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from nnlab.data.cells import NUMBER
from nnlab.data.tabular import Table, read_table
from nnlab.errors import DataError

DELIMITERS = (",", ";", "\t", "|")
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


def guess_table(path: str, given: dict[str, object]) -> Guess:
    """Return a section ``dataset`` that reads a table.

    The target is the last column unless it is given, the features are all other columns of numbers,
    and a target of many different numbers is a quantity.

    Args:
        path: The table.
        given: Keys of the section that the user has set.

    Raises:
        DataError: If the file is not a table, or has no column of numbers besides the target.
    """
    delimiter = str(given.get("delimiter") or _delimiter(path))
    table = read_table(path, delimiter)
    target = str(given.get("target") or table.columns[-1])
    table.check_column(target)
    others = [column for column in table.columns if column != target]
    features = [column for column in others if _is_numeric(table, column)]
    if not features:
        msg = f"{path}: no column besides the target '{target}' has a number in every row"
        raise DataError(msg)
    is_quantity = _is_numeric(table, target) and len(set(_cells(table, target))) > MAX_CLASSES
    section = {
        "name": "csv",
        "path": path,
        "delimiter": delimiter,
        "target": target,
        "features": features,
        "task": "regression" if is_quantity else "classification",
    }
    left_out = [] if "features" in given else [name for name in others if name not in features]
    return Guess({**section, **given}, left_out)


def _delimiter(path: str) -> str:
    """Return the most frequent delimiter in the first line."""
    try:
        with Path(path).open(encoding="utf-8-sig", errors="replace") as file:
            header = file.readline(100_000)
    except OSError:
        return ","  # reading the table says what is wrong
    return max(DELIMITERS, key=header.count)


def _cells(table: Table, column: str) -> list[str]:
    index = table.columns.index(column)
    return [row[index].strip() for row in table.rows]


def _is_numeric(table: Table, column: str) -> bool:
    return all(NUMBER.fullmatch(cell) for cell in _cells(table, column))
