"""What is wrong with the cells of a table: all of it, counted by column."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.tables.cells import unpack
from nnlab.errors import DataError
from nnlab.formatting import pluralize

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import NoReturn

    from nnlab.data.tables.table import Table

MAX_CHARACTERS = 40
MAX_CELLS = 3
MAX_COLUMNS = 20
MAX_SAMPLE = 100
MISSING_WORDS = {"na", "n/a", "nan", "null", "none", "nil", "-", "--", "?", ".", "missing", "#n/a"}
ADVICE = "leave the columns or the rows out, or complete the cells; dataset.features names columns"
CURRENCY = "[$\u20ac\xa3\xa5]"
HINTS = (
    (
        re.compile(r"[-+]?[0-9]{1,3}([.][0-9]{3})*,[0-9]+"),
        "a decimal comma? dataset.decimal=, reads it (dataset.thousands=, if it parts thousands)",
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}((,[0-9]{3})+|([.][0-9]{3}){2,})([.,][0-9]+)?"),
        "thousands separators? see dataset.thousands",
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}([ \u00a0\u202f'\u2019_][0-9]{3})+([.,][0-9]+)?"),
        "thousands separators? see dataset.thousands",
    ),
    (
        re.compile(r"[-+]?[0-9.,]*[0-9]\s*%"),
        "leave out the percent sign; it belongs in the column's name",
    ),
    (
        re.compile(rf"[-+]?\s*{CURRENCY}\s*[0-9.,]+|[-+]?[0-9.,]+\s*{CURRENCY}"),
        "leave out the unit",
    ),
    (re.compile(r"[\u2010-\u2015\u2212]\s*[0-9.,]+"), "this dash is not a minus sign; write -"),
    (re.compile(r"[-+]?inf(inity)?", re.IGNORECASE), "a number must be finite"),
    (re.compile(r"(?=.*[^\x00-\x7f])[-+]?[\d.,]+"), "write the digits 0 to 9"),
)


class ColumnProblem(NamedTuple):
    """Cells of a column with the same problem.

    Attributes:
        column: The column.
        one: The problem of a single cell, if there is no other.
        many: The problem, counted.
        row: The first row that has it.
        hint: What to do about it, or an empty string.
    """

    column: str
    one: str
    many: str
    row: int
    hint: str = ""


def column_problems(table: Table, column: str, *, numeric: bool) -> list[ColumnProblem]:
    """Return what keeps a column from being used.

    Args:
        table: The table.
        column: One of its columns.
        numeric: Whether every cell must be a finite number, or only not empty.

    Raises:
        DataError: If there is no such column.
    """
    name = table.column(column)
    if not numeric:
        return _empty_cells(table, name, np.array([not cell for cell in table.cells(name)]))
    parsed = table.parsed(name)
    if parsed.is_complete:
        return []
    found = _empty_cells(table, name, parsed.is_empty)
    others = np.flatnonzero(~parsed.is_empty & ~parsed.is_number)
    found += _bad_cells(table, name, others, "is not a number", "are not numbers")
    large = np.flatnonzero(np.isinf(parsed.values))
    return found + _bad_cells(table, name, large, "is too large", "are too large")


def _empty_cells(table: Table, column: str, is_empty: np.ndarray) -> list[ColumnProblem]:
    rows = np.flatnonzero(is_empty)
    if not len(rows):
        return []
    lines = [str(table.lines[row]) for row in rows[:MAX_CELLS]]
    more = ", ..." if len(rows) > MAX_CELLS else ""
    cells = "1 cell is" if len(rows) == 1 else f"{len(rows):,} cells are"
    noun = "line" if len(rows) == 1 else "lines"
    many = f"{cells} empty ({noun} {', '.join(lines)}{more})"
    return [ColumnProblem(column, "the cell is empty", many, int(rows[0]))]


def _bad_cells(
    table: Table, column: str, rows: np.ndarray, singular: str, plural: str
) -> list[ColumnProblem]:
    if not len(rows):
        return []
    cells = _cells_at(table, column, rows[:MAX_CELLS])
    shown = [
        f"{cell[:MAX_CHARACTERS]!r} line {table.lines[row]}"
        for cell, row in zip(cells, rows, strict=False)
    ]
    more = ", ..." if len(rows) > MAX_CELLS else ""
    verb = singular if len(rows) == 1 else plural
    many = f"{pluralize(len(rows), 'cell')} {verb} ({', '.join(shown)}{more})"
    one = f"{cells[0][:MAX_CHARACTERS]!r} {singular}"
    return [ColumnProblem(column, one, many, int(rows[0]), hint_about(cells[0]))]


def _cells_at(table: Table, column: str, rows: np.ndarray) -> list[str]:
    """Return the cells of a few rows without unpacking the others."""
    found, first = [], 0
    for block in table.blocks[table.columns.index(column)]:
        end = first + bytes(block).count(b"\0") + 1
        inside = rows[(rows >= first) & (rows < end)]
        if len(inside):
            cells = unpack(block)
            found += [cells[row - first] for row in inside]
        first = end
    return found


def num_styled_numbers(cells: Sequence[str]) -> int:
    """Return how many cells are numbers in another style or with a unit; 0 if the first are not."""
    if not any(map(_is_styled_number, cells[:MAX_SAMPLE])):
        return 0
    return sum(map(_is_styled_number, cells))


def _is_styled_number(cell: str) -> bool:
    return any(pattern.fullmatch(cell) for pattern, _ in HINTS)


def hint_about(cell: str) -> str:
    """Return what to do about a cell that is not a number; empty if nothing is known."""
    if cell.casefold() in MISSING_WORDS:
        return "if it means that the value is missing, leave the cell empty"
    return next((hint for pattern, hint in HINTS if pattern.fullmatch(cell)), "")


def raise_problems(table: Table, found: Sequence[ColumnProblem]) -> NoReturn:
    """Raise the error about all problems.

    Raises:
        DataError: Always.
    """
    first = found[0]
    if len(found) == 1 and first.many.startswith("1 cell "):
        hint = f"; {first.hint}" if first.hint else ""
        msg = f"{table.path}, line {table.lines[first.row]}, column '{first.column}': {first.one}"
        raise DataError(msg + hint)
    by_column: dict[str, list[ColumnProblem]] = {}
    for problem in found:
        by_column.setdefault(problem.column, []).append(problem)
    lines = [
        f"column '{column}': " + ", ".join(problem.many for problem in problems)
        for column, problems in list(by_column.items())[:MAX_COLUMNS]
    ]
    if len(by_column) > MAX_COLUMNS:
        lines.append(f"and {len(by_column) - MAX_COLUMNS:,} more columns")
    hints = dict.fromkeys(problem.hint for problem in found if problem.hint)
    lines += [*hints, ADVICE]
    if len(by_column) == 1:
        raise DataError(f"{table.path}, " + "\n".join(lines))
    msg = f"{table.path}: {len(by_column):,} columns have cells that cannot be used:\n"
    raise DataError(msg + "\n".join(lines))
