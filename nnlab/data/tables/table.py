"""A table: named columns of cells."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from nnlab.data.labels import most_likely, quoted
from nnlab.data.tables.cells import num_cells, pack, select_cells, unpack
from nnlab.data.tables.header import plain_name
from nnlab.data.tables.hints import hint_about
from nnlab.data.tables.numbers import PLAIN_STYLE, NumberStyle, Parsed, parse
from nnlab.data.tables.problems import (
    MISSING,
    NO_NUMBER,
    TOO_LARGE,
    describe_problems,
    problem_of,
)
from nnlab.errors import DataError
from nnlab.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from nnlab.data.tables.cells import Block


MAX_KNOWN = 1 << 17
NOT_PARTED = (
    "\n  if these are several names: dataset.delimiter is the character between them"
    "\n  dataset.skip_rows=N skips the N lines above the header"
)


@dataclass(frozen=True)
class Table:
    """Rows of a file; row i begins on line ``lines[i]``.

    Attributes:
        path: The file, as the user named it.
        columns: Names of the columns: composed (NFC), without blanks around them and invisible
            characters. A name that differs only in those finds its column, too.
        blocks: The cells of each column.
        lines: ``(N,)`` int64, the line of each row.
        sha256: Digest of the file's bytes; empty for rows that come from no file.
        style: How its numbers are written.
        notes: What a user should know of how the file was read.
    """

    path: str
    columns: list[str]
    blocks: list[list[Block]]
    lines: np.ndarray
    sha256: str
    _: KW_ONLY
    style: NumberStyle = PLAIN_STYLE
    notes: tuple[str, ...] = ()

    @classmethod
    def of_rows(cls, path: str, columns: list[str], rows: Sequence[Sequence[str]]) -> Table:
        """Return rows that come from no file, numbered from 1."""
        blocks: list[list[Block]] = [[pack(cells)] for cells in zip(*rows, strict=True)]
        return cls(path, columns, blocks, np.arange(1, len(rows) + 1), sha256="")

    def __len__(self) -> int:
        return len(self.lines)

    @property
    def rows(self) -> Iterator[list[str]]:
        """The rows, one after the other."""
        for block_of_columns in zip(*self.blocks, strict=True):
            yield from map(list, zip(*map(unpack, block_of_columns), strict=True))

    def cells(self, column: str) -> list[str]:
        """Return the cells of a column, without blanks around them; some may be empty.

        Raises:
            DataError: If there is no such column.
        """
        known: dict[str, str] = {}
        return [cell for block in self._blocks(column) for cell in _shared(unpack(block), known)]

    def cells_at(self, column: str, rows: np.ndarray) -> list[str]:
        """Return the cells of some rows in ascending order, without unpacking the others."""
        known: dict[str, str] = {}
        found: list[str] = []
        first = 0
        for block in self._blocks(column):
            end = first + num_cells(block)
            inside = slice(*np.searchsorted(rows, [first, end]))
            if inside.start < inside.stop:
                cells = unpack(block)
                found += _shared((cells[row - first] for row in rows[inside].tolist()), known)
            first = end
        return found

    def texts(self, column: str) -> list[str]:
        """Return the cells of a column, none of them empty.

        Raises:
            DataError: If there is no such column, or cells are empty.
        """
        cells = self.cells(column)
        self._check(column, [(np.array([not cell for cell in cells], bool), MISSING)])
        return cells

    def parsed(self, column: str) -> Parsed:
        """Return a column as numbers, and which cells are none.

        Raises:
            DataError: If there is no such column.
        """
        return parse(self._blocks(column), self.style)

    def numbers(self, column: str) -> np.ndarray:
        """Return the cells of a column as float64, ``(N,)``.

        Raises:
            DataError: If there is no such column, or cells are not finite numbers.
        """
        parsed = self.parsed(column)
        if not parsed.is_complete:
            is_wrong = ~parsed.is_empty & ~parsed.is_number
            faults = [(parsed.is_empty, MISSING), (is_wrong, NO_NUMBER)]
            self._check(column, [*faults, (np.isinf(parsed.values), TOO_LARGE)])
        return parsed.values

    def _check(self, column: str, faults: Sequence[tuple[np.ndarray, tuple[str, str]]]) -> None:
        """Check that no cell has a fault.

        Raises:
            DataError: With all that have one, counted.
        """
        found = []
        for is_bad, texts in faults:
            if is_bad.any():
                problem = problem_of(self, column, np.flatnonzero(is_bad), "other", texts)
                first = next(iter(problem.cells.values()))
                found.append(problem._replace(advice=hint_about(first) if first else ""))
        if found:
            raise DataError(describe_problems(self.path, found))

    def select(self, is_kept: np.ndarray, columns: Sequence[str]) -> Table:
        """Return the rows where ``is_kept``, ``(N,)`` bool, is true, with some of the columns."""
        blocks: list[list[Block]] = [[] for _ in columns]
        first = 0
        for block_of_columns in zip(*map(self._blocks, columns), strict=True):
            end = first + num_cells(block_of_columns[0])
            if is_kept[first:end].any():
                for kept, block in zip(blocks, block_of_columns, strict=True):
                    kept.append(select_cells(block, is_kept[first:end]))
            first = end
        return replace(self, columns=list(columns), blocks=blocks, lines=self.lines[is_kept])

    def matching(self, names: Sequence[str]) -> list[str]:
        """Return the columns of names, ignoring case where a name itself is no column.

        Args:
            names: Names of columns; one without a match comes back as it is.
        """
        names = [self._known(name) or name for name in names]
        missing = [name for name in names if name not in self.columns]
        others = [column for column in self.columns if column not in names]
        return [
            (_only_alike(name, missing) and _only_alike(name, others)) or name for name in names
        ]

    def column(self, name: str) -> str:
        """Return the column of a name, spelled as in ``columns``.

        Raises:
            DataError: If there is none.
        """
        known = self._known(name)
        if known is None:
            raise DataError(self._no_column(name))
        return known

    def _no_column(self, name: str) -> str:
        """Return that there is no such column, the one that may be meant, and why it differs."""
        alike = most_likely([name], self.columns).get(name) if len(self.columns) > 1 else None
        quotes = next((mark for mark in "'`" if f"{mark}{name}{mark}" in self.columns), None)
        if quotes is not None:
            hint = f'; the table has its names in {quotes}; write " for {quotes}, or nothing'
        elif alike is None:
            hint = ""
        else:
            name, alike = (text[1:-1] for text in quoted([name, alike]))
            hint = f" (did you mean '{alike}'?)"
        columns = ", ".join(map(clean, self.columns)).replace("\n", "\\n")
        msg = f"{self.path}: there is no column '{name}'{hint}; columns: {columns}"
        return msg + (NOT_PARTED if len(self.columns) == 1 else "")

    def _known(self, name: str) -> str | None:
        if name in self.columns:
            return name
        name = plain_name(name)
        return name if name in self.columns else None

    def _blocks(self, column: str) -> list[Block]:
        return self.blocks[self.columns.index(self.column(column))]


def _shared(cells: Iterable[str], known: dict[str, str]) -> Iterable[str]:
    """Return cells with the same object for the same text, so that it is in memory once."""
    if len(known) >= MAX_KNOWN:
        return cells
    return [known.setdefault(cell, cell) for cell in cells]


def _only_alike(name: str, others: Sequence[str]) -> str:
    """Return the only one of the others that is the name but for case; empty if there is none."""
    alike = [other for other in others if other.casefold() == name.casefold()]
    return alike[0] if len(alike) == 1 else ""
