"""The cells of a column: read, turned into numbers, and what is wrong with them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from nnlab.config.key_paths import setting
from nnlab.data.columns.encoders import UNKNOWN
from nnlab.data.columns.kinds import date_formats, to_boolean, to_days
from nnlab.data.labels import as_known
from nnlab.data.tables.hints import hint_about
from nnlab.data.tables.numbers import NUMBER
from nnlab.data.tables.problems import MISSING, NO_NUMBER, TOO_LARGE, Problem, problem_of, shown

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from nnlab.data.columns.encoders import Column
    from nnlab.data.tables.numbers import Parsed
    from nnlab.data.tables.problems import Fault
    from nnlab.data.tables.table import Table

# One-hot encoding makes a feature of each.
MAX_CATEGORIES = 50
NUM_EXAMPLES = 2
# With more different texts per row, they are names or notes.
MAX_UNIQUE, MIN_ROWS = 0.5, 20
FAULTS = {
    "number": NO_NUMBER,
    "boolean": ("is neither true nor false", "are neither true nor false"),
    "date": ("is not a date", "are not dates"),
}


@dataclass(frozen=True)
class Cells:
    """The cells of a column.

    Attributes:
        table: The table.
        name: Name of the column.
        words: Texts that stand for a missing cell, in lower case.
    """

    table: Table
    name: str
    words: Collection[str]

    @cached_property
    def parsed(self) -> Parsed:
        """The cells as numbers."""
        return self.table.parsed(self.name)

    @cached_property
    def texts(self) -> list[str]:
        """The cells, without blanks around them."""
        return self.table.cells(self.name)

    @cached_property
    def is_missing(self) -> np.ndarray:
        """Whether each cell stands for a missing one, ``(N,)``."""
        # Texts take several times the memory of numbers, so those of numbers are not read.
        are_texts = any(map(NUMBER.fullmatch, self.words)) | ~self.parsed.is_number
        is_missing = np.zeros(len(self.table), dtype=bool)
        is_missing[are_texts] = [
            not text or text.casefold() in self.words
            for text in self._texts_at(np.flatnonzero(are_texts))
        ]
        return is_missing

    @cached_property
    def is_number(self) -> np.ndarray:
        """Whether each cell is a number and not missing, ``(N,)``."""
        is_number: np.ndarray = self.parsed.is_number & ~self.is_missing
        return is_number

    def _texts_at(self, rows: np.ndarray) -> list[str]:
        """Return the texts of some rows in ascending order."""
        return self.texts if len(rows) == len(self.table) else self.table.cells_at(self.name, rows)

    @property
    def num_known(self) -> int:
        """The number of cells that are not missing."""
        return int(np.count_nonzero(~self.is_missing))

    @property
    def known(self) -> list[str]:
        """The cells that are not missing."""
        return list(compress(self.texts, ~self.is_missing))

    def numbers(self, column: Column) -> np.ndarray:
        """Return the cells as ``Column`` has them, ``(N,)`` float64; infinite if one is wrong."""
        if column.kind == "number":
            found = self.parsed.values.copy()
            found[~self.parsed.is_number] = np.inf
            found[self.is_missing] = np.nan
            return found
        parsed = _parsed(column, set(self.known))
        known = {text: np.inf if number is None else number for text, number in parsed.items()}
        cells = zip(self.texts, self.is_missing, strict=True)
        return np.array([np.nan if gap else known[text] for text, gap in cells], np.float64)

    def missing(self, *, is_target: bool = False) -> Problem | None:
        """Return the problem that cells are missing."""
        if not self.is_missing.any():
            return None
        rows = np.flatnonzero(self.is_missing)
        fault: Fault = "target" if is_target else "missing"
        option = setting("dataset", "columns", self.name, "missing", value="drop")
        return problem_of(self.table, self.name, rows, fault, MISSING)._replace(
            words=self._words(rows),
            advice=f"{option} leaves out the rows without a target" if is_target else "",
        )

    def wrong(self, column: Column, numbers: np.ndarray) -> Problem | None:
        """Return the problem that cells are not of the column's kind, or are too large."""
        rows = np.flatnonzero(np.isinf(numbers))
        if not len(rows):
            return None
        is_large = column.kind == "number" and self.parsed.is_number[rows].all()
        faults = TOO_LARGE if is_large else FAULTS[column.kind]
        problem = problem_of(self.table, self.name, rows, "wrong", faults)
        problem = problem._replace(words=self._words(rows))
        first = next(iter(problem.cells.values()))
        advice = hint_about(first) if column.kind == "number" else ""
        return problem._replace(advice=self.date_advice() if column.kind == "date" else advice)

    def _words(self, rows: np.ndarray) -> frozenset[str]:
        """Return the different texts of some rows."""
        return frozenset(filter(None, self._texts_at(rows)))

    def no_categories(self) -> Problem | None:
        """Return the problem that texts are dates of another format, or too many to be categories."""
        known = self.known
        count = len(set(known))
        if advice := self.date_advice():
            return Problem(self.name, "many", f"{known[0]!r} looks like a date", advice=advice)
        are_unique = len(known) >= MIN_ROWS and count > MAX_UNIQUE * len(known)
        if count <= MAX_CATEGORIES and not are_unique:
            return None
        examples = ", ".join(map(shown, dict.fromkeys(known[:NUM_EXAMPLES])))
        text = (
            f"{count:,} different texts in {len(known):,} rows are too many for categories "
            f"({examples}, ...)"
        )
        return Problem(self.name, "many", text)

    def date_advice(self) -> str:
        """Return the formats to choose from if the cells are dates of another one; else nothing."""
        path = ("dataset", "columns", self.name, "date_format")
        formats = [setting(*path, value=form) for form in date_formats(self.known)]
        return f"{' or '.join(formats)} reads them as dates" if formats else ""


def _parsed(column: Column, texts: set[str]) -> Mapping[str, float | None]:
    """Return different cells as numbers; None for one that is not of the column's kind."""
    if column.kind == "date":
        return {text: to_days(text, column.date_format) for text in texts}
    if column.kind == "boolean":
        return {text: to_boolean(text) for text in texts}
    codes = {category: float(code) for code, category in enumerate(column.categories)}
    known = as_known(texts, column.categories)
    return {text: codes[known[text]] if text in known else UNKNOWN for text in texts}
