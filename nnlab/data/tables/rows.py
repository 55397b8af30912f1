"""From the rows of a file to parts of a table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.tables.cells import has_content, is_blank, pack
from nnlab.data.tables.header import check_unique, looks_like_data, plain_name
from nnlab.data.tables.problems import shown
from nnlab.errors import DataError
from nnlab.formatting import pluralize, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.data.tables.cells import Block
    from nnlab.data.tables.records import Dialect
    from nnlab.data.tables.table import Table

CELLS_PER_PART = 1 << 18
MAX_SHOWN = 3
COMMENT_MARKS = {"#", "%", "!", "/", "*"}

Row = tuple[int, list[str]]


class RaggedError(DataError):
    """Rows have more or fewer cells than there are columns."""


class Part(NamedTuple):
    """Some rows of a file.

    Attributes:
        columns: Names of the columns; empty for one without a name.
        blocks: The cells of each column.
        lines: ``(N,)`` int64, the first line of each row.
        notes: What a user should know of how the rows so far were read.
    """

    columns: list[str]
    blocks: list[list[Block]]
    lines: np.ndarray
    notes: tuple[str, ...]


def parts_of(
    path: str,
    rows: Iterator[Row],
    dialect: Dialect,
    notes: Sequence[str] = (),
    *,
    has_header: bool,
    broken: dict[int, int] | None = None,
) -> Iterator[Part]:
    """Yield the rows of a file in parts.

    Args:
        path: The file, for messages.
        rows: The first line and the cells of each row.
        dialect: How lines became rows, for messages.
        notes: What to say about that.
        has_header: Whether the first row has the names of the columns.
        broken: Takes the number of cells of each row that has more or fewer than there are columns,
            by its line; its cells are then empty. None: such rows are refused.

    Raises:
        DataError: If there are no rows, or they have different numbers of cells.
    """
    reading = _Reading(path, dialect, header_notes=list(notes), broken=broken)
    filled = reading.filled(rows)
    header = next(filled, None)
    if header is not None and not has_header:
        names = [str(number) for number in range(len(header[1]))]
        filled = chain([header], filled)
    else:
        names = [plain_name(name) for name in header[1]] if header else []
    first = next(filled, None)
    if header is None or first is None:
        needed = "a header line and at least one row" if has_header else "at least one row"
        msg = f"{path}: needs {needed}"
        raise DataError(msg)
    if has_header:
        reading.check_header(header[0], names)
    reading.columns = _fitted(names, first[1])
    yield from reading.batches(chain([first], filled))


def _fitted(names: list[str], first: list[str]) -> list[str]:
    """Return the header with as many names as the first row has cells, if only nothing is lost."""
    missing = len(first) - len(names)
    if missing > 0 and not has_content(first[len(names) :]):
        return names + [""] * missing
    if missing < 0 and not any(names[missing:]):
        return names[:missing]
    return names


@dataclass
class _Reading:
    """What is known of a file while its rows are read."""

    path: str
    dialect: Dialect
    columns: list[str] = field(default_factory=list)
    header_notes: list[str] = field(default_factory=list)
    num_blank: int = 0
    has_rows: bool = False
    broken: dict[int, int] | None = None

    def filled(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the rows with any content."""
        for row in rows:
            if has_content(row[1]):
                yield row
            else:
                self.num_blank += 1

    def check_header(self, line: int, names: list[str]) -> None:
        """Note a header that may be data.

        Raises:
            DataError: If two columns have the same name.
        """
        check_unique(self.path, line, names)
        if looks_like_data(names):
            shown = shorten(names, 4)
            self.header_notes.append(
                f"the header in line {line} looks like data ({shown}); if it is, set "
                f"dataset.header=false"
            )

    def batches(self, rows: Iterator[Row]) -> Iterator[Part]:
        """Yield the rows in parts, each as columns.

        Raises:
            DataError: If rows have different numbers of cells; it counts them.
        """
        width = len(self.columns)
        size = max(CELLS_PER_PART // width, 1)
        batch: list[list[str]] = []
        lines: list[int] = []
        for line, row in rows:
            if len(row) != width:
                if self.broken is None:
                    raise self._ragged(chain([(line, row)], rows))
                self.broken[line] = len(row)
                row = [""] * width  # noqa: PLW2901 (it keeps its place)
            if len(batch) == size:
                yield self._part(batch, lines)
                batch, lines = [], []
            self.has_rows = True
            batch.append(row)
            lines.append(line)
        yield self._part(batch, lines)

    def _part(self, batch: list[list[str]], lines: list[int]) -> Part:
        try:
            blocks: list[list[Block]] = [[pack(cells)] for cells in zip(*batch, strict=True)]
        except UnicodeEncodeError as error:
            msg = f"{self.path}, lines {lines[0]} to {lines[-1]}: not text: {error.reason}"
            raise DataError(msg) from error
        return Part(self.columns, blocks, np.array(lines), self._notes())

    def _notes(self) -> tuple[str, ...]:
        if not self.num_blank:
            return tuple(self.header_notes)
        rows = pluralize(self.num_blank, "row")
        verb = "was" if self.num_blank == 1 else "were"
        return (*self.header_notes, f"{rows} without any content {verb} skipped")

    def _ragged(self, rows: Iterator[Row]) -> RaggedError:
        """Return the error about rows with other numbers of cells than the header.

        Args:
            rows: The first of them, and all rows after it.
        """
        width, count = len(self.columns), 0
        found: list[Row] = []
        for line, row in rows:
            if len(row) != width:
                count += 1
                found += [(line, row)] if len(found) < MAX_SHOWN else []
        line, row = found[0]
        if count == 1:
            text = f", line {line}: {pluralize(len(row), 'cell')}, but the header has {width}"
        else:
            shown = ", ".join(f"line {line} has {len(row)}" for line, row in found)
            more = ", ..." if count > MAX_SHOWN else ""
            text = (
                f": {count:,} rows do not have {pluralize(width, 'cell')} as the header has: "
                f"{shown}{more}; "
                f"complete them, or quote cells that contain a {self.dialect.called}"
            )
        is_header_odd = count > 1 and not self.has_rows
        return RaggedError("\n  ".join([self.path + text, *self._advice(row, is_header_odd)]))

    def _advice(self, row: list[str], is_header_odd: bool) -> Iterator[str]:
        """Yield what can be done about a row that is not as wide as the header."""
        mark = row[0].strip()[:1]
        if mark in COMMENT_MARKS:
            yield f"dataset.comment='{mark}' skips lines that begin with {mark}"
        elif is_header_odd:
            yield "if the header is not the first line, dataset.skip_rows=N skips the N lines above it"
        elif len(row) == 1 and len(self.columns) > 1:
            yield f"delete the line if it is no row, such as a source or a total: {shown(row[0])}"
        if is_header_odd and len(row) == len(self.columns) + 1:
            yield "if each row begins with its name, write a name for these at the start of the header"
        if is_header_odd or len(self.columns) == 1:
            yield "dataset.delimiter is the character between cells, if it is another one"


def without_nameless(table: Table) -> Table:
    """Return a table without its columns that have neither a name nor content.

    Raises:
        DataError: If two of the columns that are left have the same name.
    """
    kept = [
        index
        for index, name in enumerate(table.columns)
        if name or not all(map(is_blank, table.blocks[index]))
    ]
    columns = [table.columns[index] for index in kept]
    nameless = [index + 1 for index in kept if not table.columns[index]]
    if len(nameless) > 1:
        places = shorten([*map(str, nameless)], MAX_SHOWN)
        msg = f"{table.path}: columns {places} have no name, but content; name them in the header"
        raise DataError(msg)
    if len(kept) == len(table.columns):
        return table
    return replace(table, columns=columns, blocks=[table.blocks[index] for index in kept])
