"""The cells of a column: read, turned into numbers, and what is wrong with them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.cells import guess_date_format, to_boolean, to_days, to_number
from nnlab.data.column_problems import Problem
from nnlab.data.encoders import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from nnlab.data.encoders import Column
    from nnlab.data.tabular import Table

# One-hot encoding makes a feature of each.
MAX_CATEGORIES = 50
# With more different texts per row, they are names or notes.
MAX_UNIQUE, MIN_ROWS = 0.5, 20
FAULTS = {
    "number": ("is not a number", "are not numbers"),
    "boolean": ("is neither true nor false", "are neither true nor false"),
    "date": ("is not a date", "are not dates"),
}
TOO_LARGE = ("is too large", "are too large")
MISSING = ("stands for a missing cell", "are missing")


class Cells(NamedTuple):
    """The cells of a column.

    Attributes:
        name: Name of the column.
        texts: Its cells, without blanks around them.
        is_missing: Whether each stands for a missing one, ``(N,)``.
        lines: Their lines.
    """

    name: str
    texts: list[str]
    is_missing: np.ndarray
    lines: list[int]

    @classmethod
    def of(cls, table: Table, name: str, words: Collection[str]) -> Cells:
        """Read a column; ``words`` stand for a missing cell, in lower case."""
        index = table.columns.index(name)
        texts = [row[index].strip() for row in table.rows]
        is_missing = np.array([is_gap(text, words) for text in texts])
        return cls(name, texts, is_missing, table.lines)

    @property
    def known(self) -> list[str]:
        """The cells that are not missing."""
        return [text for text, gap in zip(self.texts, self.is_missing, strict=True) if not gap]

    def at(self, rows: np.ndarray) -> dict[int, str]:
        """Return the cells of some rows by their lines."""
        return {self.lines[row]: self.texts[row] for row in rows.tolist()}

    def numbers(self, column: Column) -> np.ndarray:
        """Return the cells as ``Column`` has them, ``(N,)`` float64; infinite if one is wrong."""
        parse = _parser(column)
        parsed = {text: parse(text) for text in set(self.known)}
        wrong = {text: np.inf if number is None else number for text, number in parsed.items()}
        cells = zip(self.texts, self.is_missing, strict=True)
        return np.array([np.nan if gap else wrong[text] for text, gap in cells], np.float64)

    def missing(self, *, is_target: bool = False) -> Problem | None:
        """Return the problem that cells are missing."""
        if not self.is_missing.any():
            return None
        cells = self.at(np.flatnonzero(self.is_missing))
        advice = f"dataset.columns.{self.name}.missing=drop leaves out the rows without a target"
        return Problem(
            self.name,
            "target" if is_target else "missing",
            *MISSING,
            cells=cells,
            total=len(self.texts),
            advice=advice if is_target else "",
        )

    def wrong(self, column: Column, numbers: np.ndarray) -> Problem | None:
        """Return the problem that cells are not of the column's kind, or are too large."""
        rows = np.flatnonzero(np.isinf(numbers))
        if not len(rows):
            return None
        cells = self.at(rows)
        is_large = all(to_number(cell) is not None for cell in cells.values())
        faults = TOO_LARGE if is_large and column.kind == "number" else FAULTS[column.kind]
        advice = self.date_advice() if column.kind == "date" else ""
        return Problem(self.name, "wrong", *faults, cells=cells, total=len(numbers), advice=advice)

    def too_many(self) -> Problem | None:
        """Return the problem that there are too many different texts to be categories."""
        known = self.known
        count = len(set(known))
        are_unique = len(known) >= MIN_ROWS and count > MAX_UNIQUE * len(known)
        if count <= MAX_CATEGORIES and not are_unique:
            return None
        text = f"{count:,} different texts in {len(known):,} rows are too many categories"
        return Problem(self.name, "many", text, advice=self.date_advice())

    def date_advice(self) -> str:
        """Return the format to give if the cells are dates of another one; else nothing."""
        date_format = guess_date_format(self.known)
        return f"dataset.columns.{self.name}.date_format='{date_format}'" if date_format else ""


def is_gap(text: str, words: Collection[str]) -> bool:
    """Return whether a cell is empty or one of the words for a missing one, in lower case."""
    return not text or text.casefold() in words


def _parser(column: Column) -> Callable[[str], float | None]:
    match column.kind:
        case "number":
            return to_number
        case "boolean":
            return to_boolean
        case "date":
            return partial(to_days, date_format=column.date_format)
        case "category":
            codes = {category: float(i) for i, category in enumerate(column.categories)}
            return lambda text: codes.get(text, UNKNOWN)
