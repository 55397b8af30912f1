"""What parts the cells of a table, found out from its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nnlab.config.table_format import TableFormat

DELIMITERS = (",", ";", "\t", "|")
NAMES = {"\t": "tab", " ": "blank"}
MAX_RECORDS = 100
# Excel writes the separator into a first line of its own.
SEP_LINE = re.compile(r'"?sep=(.)"?[,;\t |]*\s*', re.IGNORECASE)


class Dialect(NamedTuple):
    """How lines become rows.

    Attributes:
        delimiter: Character between cells; a blank stands for any number of blanks and tabs.
        comment: Character at the start of lines that are no rows, or an empty string.
        num_skipped: Number of lines at the start that are no rows.
    """

    delimiter: str
    comment: str
    num_skipped: int = 0


def find_dialect(sample: str, given: TableFormat) -> Dialect:
    """Return how the lines of a table become rows.

    Args:
        sample: Its first lines.
        given: What the user says about it.
    """
    lines = list(io.StringIO(sample, newline=""))
    comment = given.comment or ""
    sep = SEP_LINE.fullmatch(lines[0]) if lines else None
    if sep:
        delimiter = sep[1] if given.delimiter == "auto" else given.delimiter
        return Dialect(delimiter, comment, num_skipped=1)
    num_skipped = 0 if comment else _num_leading_comments(lines)
    if given.delimiter != "auto":
        return Dialect(given.delimiter, comment, num_skipped)
    return Dialect(_delimiter(lines[num_skipped:], comment), comment, num_skipped)


def _num_leading_comments(lines: list[str]) -> int:
    """Return the number of lines at the start that begin with ``#`` and are no header."""
    num_leading = next(
        (i for i, line in enumerate(lines) if line.strip() and not line.startswith("#")), 0
    )
    if not any(line.startswith("#") for line in lines[:num_leading]):
        return 0
    delimiter = _delimiter(lines[num_leading:], "")
    last = next(line for line in reversed(lines[:num_leading]) if line.startswith("#"))
    first_row = lines[num_leading]
    widths = [
        len(next(records(iter([line]), Dialect(delimiter, "")), (1, [""]))[1])
        for line in (last, first_row)
    ]
    return 0 if widths[0] == widths[1] > 1 else num_leading


def _delimiter(lines: list[str], comment: str) -> str:
    """Return the delimiter that parts most rows into as many cells as the header."""
    scores = {delimiter: _score(lines, Dialect(delimiter, comment)) for delimiter in DELIMITERS}
    best = max(DELIMITERS, key=lambda delimiter: scores[delimiter])
    if scores[best] > (0.0, 0):
        return best
    return " " if _score(lines, Dialect(" ", comment))[0] == 1.0 else ","


def _score(lines: list[str], dialect: Dialect) -> tuple[float, int]:
    """Return the fraction of rows that are as wide as most, and their width; zeros below two."""
    widths: Counter[int] = Counter()
    header = 0
    try:
        for _, row in records(iter(lines), dialect):
            if any(cell.strip() for cell in row):
                header = header or len(row)
                widths[len(row)] += 1
            if widths.total() == MAX_RECORDS:
                break
    except csv.Error:  # the sample may end within quotes
        pass
    if header < 2:
        return 0.0, 0
    width, count = widths.most_common(1)[0]
    return (count / widths.total(), width) if width >= 2 else (0.0, 0)


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that has cells, with the number of its first line, from 1.

    Raises:
        csv.Error: If the quotes do not match; its argument is the text and the line.
    """
    reader = csv.reader(
        _prepared(lines, dialect),
        delimiter=dialect.delimiter,
        skipinitialspace=True,
        strict=True,
    )
    line = 1
    try:
        for row in reader:
            if row:
                yield line, row
            line = reader.line_num + 1
    except csv.Error as error:
        raise csv.Error(str(error), line, reader.line_num) from error


def _prepared(lines: Iterable[str], dialect: Dialect) -> Iterator[str]:
    """Yield lines that ``csv`` reads: no comments, no blanks behind a closing quote."""
    end = re.escape(dialect.delimiter)
    blanks = "[ ]" if dialect.delimiter == "\t" else r"[ \t]"
    behind_quote = re.compile(rf'(?<!")"{blanks}+(?=[{end}\r\n]|$)')
    is_quoted = False
    for number, line in enumerate(lines):
        if number < dialect.num_skipped:
            yield "\n"
            continue
        if dialect.comment and not is_quoted and line.lstrip().startswith(dialect.comment):
            yield "\n"
            continue
        prepared = line
        if dialect.delimiter == " ":
            prepared = line.replace("\t", " ").rstrip() + "\n"
        elif '" ' in line or '"\t' in line:
            prepared = behind_quote.sub('"', line)
        if dialect.comment:
            is_quoted ^= line.count('"') % 2 == 1
        yield prepared
