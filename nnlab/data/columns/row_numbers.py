"""Columns that number or name the rows: they say nothing about a new row."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from nnlab.data.columns.cells import Cells

# pandas calls an index that it has written and read again so.
UNNAMED = re.compile(r"(Unnamed: \d+)?")
WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
ID_WORDS = {
    "id", "ids", "uid", "uuid", "guid", "index", "idx", "no", "nr", "nummer", "number", "key", "pk",
    "row", "rownum", "rowid", "rownr", "serial", "account", "ticket", "reference", "ref", "code",
    "isbn", "ssn", "iban", "barcode", "patient", "customer", "user", "member", "invoice", "order",
}  # fmt: skip
ID_ENDINGS = ("nummer", "number", "nr")
# A few rows may count up by chance.
MIN_ROWS = 20
# Of numbers that do not begin with 0 or 1, such as 100001; years may count up, too, and mean something.
MIN_START = 1000
YEARS = (1500, 2200)


def is_unnamed(name: str) -> bool:
    """Return whether a column has no name of its own."""
    return UNNAMED.fullmatch(name) is not None


def why_left_out(cells: Cells, *, is_first: bool) -> str | None:
    """Return why a column without a name is no feature, or None if it may be one.

    Args:
        cells: Its cells.
        is_first: Whether it is the first column of its table.
    """
    parsed = cells.parsed
    if parsed.is_complete and (parsed.values == np.round(parsed.values)).all():
        are_unique = len(np.unique(parsed.values)) == len(parsed.values)
        return "row numbers without a name" if are_unique or is_first else None
    are_unique = len(set(cells.texts)) == len(cells.texts)
    return "row names without a name" if are_unique and not parsed.is_number.any() else None


def numbers_rows(name: str, values: np.ndarray) -> str | None:
    """Return how a named column numbers the rows, or None if it does not.

    Measured values may be different in every row, too; only whole numbers are suspected: those that
    count up in any order from 0, 1 or a large number, and different ones in a column that is called
    like an id.

    Args:
        name: Its name.
        values: Its numbers, ``(N,)``; NaN where a cell is missing.
    """
    known = values[~np.isnan(values)]
    if len(known) < MIN_ROWS or (known != np.round(known)).any():
        return None
    if len(np.unique(known)) < len(known):
        return None
    low, high = known.min(), known.max()
    are_years = YEARS[0] <= low and high <= YEARS[1]
    is_start = low in {0, 1} or (low >= MIN_START and not are_years)
    if is_start and high - low == len(known) - 1:
        return f"counts the rows, from {low:.0f} to {high:.0f}"
    return "has another whole number in every row" if _is_called_id(name) else None


def _is_called_id(name: str) -> bool:
    words = [word.casefold() for word in WORDS.findall(name)]
    return any(word in ID_WORDS or word.endswith(ID_ENDINGS) for word in words)
