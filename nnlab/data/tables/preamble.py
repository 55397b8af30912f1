"""Where a table begins in its file: titles and comments may stand above it."""

from __future__ import annotations

import csv
import re
from collections import Counter
from itertools import islice, pairwise
from typing import TYPE_CHECKING

from nnlab.config.columns import MISSING_WORDS
from nnlab.data.tables.records import Dialect, records
from nnlab.formatting import shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

COMMENT = "#"
# Of the rows below the header, in the sample.
MIN_REGULAR = 0.9
# A number in any style, alone or with a unit.
NUMBER_LIKE = re.compile(r"[-+]?[\d.,'\s]*\d[\d.,'\s]*([eE][-+]?\d+)?(\s*%)?", re.ASCII)
MAX_SHOWN = 2
MAX_ROWS = 10
MAX_CHARACTERS = 40


def num_comment_lines(lines: Sequence[str], delimiter: str, *, has_header: bool) -> int:
    """Return the number of lines at the start that begin with ``#`` or are blank.

    The last one is the header if it has as many cells as the first row, and that is no header.
    """
    first = next((i for i, line in enumerate(lines) if line.strip() and line[0] != COMMENT), 0)
    comments = [i for i in range(first) if lines[i].startswith(COMMENT)]
    if not comments or not has_header:
        return first if comments else 0
    rows = _rows(lines[comments[-1] :], delimiter)
    is_header = len(rows) > 1 and len(rows[0]) == len(rows[1]) > 1
    return comments[-1] if is_header and not _names_numbers(rows[1], rows[2:]) else first


def num_titles(
    rows: Sequence[Sequence[str]], is_below_gap: Sequence[bool], *, has_header: bool
) -> int:
    """Return how many rows stand above the table; 0 if there is any doubt.

    Args:
        rows: The first rows that have any content, their cells without blanks around them.
        is_below_gap: Whether a line without content stands above each of them.
        has_header: Whether the table begins with the names of its columns.
    """
    widths = Counter(_width(row) for row in rows if sum(map(bool, row)) > 1)
    lengths = Counter(len(row) for row in rows if sum(map(bool, row)) > 1)
    if not widths or (width := widths.most_common(1)[0][0]) < 2:
        return 0
    length = max(width, lengths.most_common(1)[0][0])
    first = next(
        (
            i
            for i, row in enumerate(rows)
            if width <= _width(row) <= length
            and 2 * sum(map(bool, row)) > width
            and not (row[0].startswith(COMMENT) and _names_numbers(*_split(rows[i + 1 :])))
        ),
        0,
    )
    if not first and has_header:
        first = _first_below_gap(rows, is_below_gap)
    titles, header, body = rows[:first], rows[first], rows[first + 1 :]
    if not titles or sum(len(row) == length for row in body) < MIN_REGULAR * max(len(body), 1):
        return 0
    if not has_header:
        are_titles = all(len(title) < length and _is_title(title, width) for title in titles)
        return first if are_titles and (body or len(titles) == 1) else 0
    if not body or _names_numbers(header, body):
        return first if body else 0
    return (
        first if _may_be_names(header, body) and all(_is_title(row, width) for row in titles) else 0
    )


def _split(rows: Sequence[Sequence[str]]) -> tuple[Sequence[str], Sequence[Sequence[str]]]:
    return (rows[0] if rows else ()), rows[1:]


def _first_below_gap(rows: Sequence[Sequence[str]], is_below_gap: Sequence[bool]) -> int:
    """Return the second row if it names numbers and a blank line parts it from the first, else 0."""
    if len(rows) < 3 or not is_below_gap[1]:
        return 0
    return int(_names_numbers(rows[1], rows[2:]))


def note_about(lines: Sequence[str], num_skipped: int, *, has_header: bool) -> str:
    """Return what to say about the lines above a table."""
    shown = [line.strip()[:MAX_CHARACTERS] for line in lines[:num_skipped] if line.strip()]
    texts = shorten([*map(repr, shown)], MAX_SHOWN)
    is_one = num_skipped == 1
    where = "line 1" if is_one else f"lines 1 to {num_skipped:,}"
    table = "header" if has_header else "table"
    return f"{where} above the {table} {'was' if is_one else 'were'} skipped ({texts})"


def note_about_second_header(rows: Sequence[tuple[int, Sequence[str]]]) -> str | None:
    """Return what to say if the row below the header may be one, too, such as units; else None.

    Args:
        rows: The header and the rows below it, with their lines.
    """
    if len(rows) < 3:
        return None
    (above, _), (line, second), *others = rows
    body = [row for _, row in others]
    if not _names_several_numbers(second, body):
        return None
    return (
        f"line {line} has texts where other rows have numbers: if it is the header, set "
        f"dataset.skip_rows={line - 1}; if it belongs to the one in line {above}, delete it"
    )


def is_number_like(cell: str) -> bool:
    """Return whether a cell is a number in any style, or a percentage."""
    return NUMBER_LIKE.fullmatch(cell) is not None


def _is_number(name: str) -> bool:
    """Return whether a name is a number; 5 % may be the name of a percentile."""
    return is_number_like(name) and not name.endswith("%")


def _is_title(row: Sequence[str], width: int) -> bool:
    """Return whether a row has too few cells to be one of a table, and begins with a text."""
    return row[0].startswith(COMMENT) or (bool(row[0]) and 2 * sum(map(bool, row)) <= width)


def _names_numbers(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether the columns of numbers have names that are none, and there is such a column."""
    names = _names_of_numbers(header, body)
    return bool(names) and all(
        name and not _is_number(name) and name.casefold() not in MISSING_WORDS for name in names
    )


def _names_several_numbers(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    return len(_names_of_numbers(header, body)) > 1 and _names_numbers(header, body)


def _may_be_names(header: Sequence[str], body: Sequence[Sequence[str]]) -> bool:
    """Return whether no column of numbers has a number for a name, unless these are like years."""
    numbers = [name for name in _names_of_numbers(header, body) if _is_number(name)]
    if not numbers:
        return True
    years = [int(name) for name in numbers if name.isdecimal()]
    steps = {b - a for a, b in pairwise(years)}
    return len(years) == len(numbers) and len(steps) == 1 and min(steps) > 0


def _names_of_numbers(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    """Return the names of the columns in which most cells are numbers."""
    columns = [[row[i] for row in body if i < len(row) and row[i]] for i in range(len(header))]
    return [
        name
        for name, cells in zip(header, columns, strict=True)
        if 2 * sum(map(is_number_like, cells)) > len(cells)
    ]


def _width(row: Sequence[str]) -> int:
    """Return the number of cells up to the last one that is filled."""
    return max((i for i, cell in enumerate(row, start=1) if cell), default=0)


def _rows(lines: Sequence[str], delimiter: str) -> list[list[str]]:
    """Return the first rows with any content as far as their quotes match."""
    rows = []
    try:
        for _, row in islice(records(lines, Dialect(delimiter)), MAX_ROWS):
            if any(cells := [cell.strip() for cell in row]):
                rows.append(cells)
    except csv.Error:
        pass
    return rows
