"""From lines of text to rows of cells."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

NAMES = {"\t": "tab", " ": "blank"}


class Dialect(NamedTuple):
    """How lines become rows.

    Attributes:
        delimiter: Character between cells; a blank stands for any number of blanks and tabs.
        comment: Character at the start of lines that are no rows, or an empty string.
        escape: Character before a quote that belongs to its cell, or an empty string.
        num_skipped: Number of lines at the start that are no rows.
    """

    delimiter: str
    comment: str = ""
    escape: str = ""
    num_skipped: int = 0

    @property
    def called(self) -> str:
        """The delimiter for messages."""
        shown = self.delimiter if self.delimiter.isprintable() else repr(self.delimiter)[1:-1]
        return NAMES.get(self.delimiter, f"'{shown}'")


def records(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Yield each row that has cells, with the number of its first line, from 1.

    Raises:
        csv.Error: If the quotes do not match; its argument is the text and the line.
    """
    reader = csv.reader(
        _prepared(lines, dialect),
        delimiter=dialect.delimiter,
        escapechar=dialect.escape or None,
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
    prepare = _preparation(dialect)
    is_quoted = False
    for number, line in enumerate(lines):
        is_comment = (
            bool(dialect.comment) and not is_quoted and line.lstrip().startswith(dialect.comment)
        )
        if number < dialect.num_skipped or is_comment:
            yield "\n"
            continue
        if dialect.comment:
            plain = line.replace(f'{dialect.escape}"', "") if dialect.escape else line
            is_quoted ^= plain.count('"') % 2 == 1
        yield prepare(line)


def _preparation(dialect: Dialect) -> Callable[[str], str]:
    """Return what is done to a line that holds cells."""
    end, escape = re.escape(dialect.delimiter), re.escape(dialect.escape)
    blanks = "[ ]" if dialect.delimiter == "\t" else r"[ \t]"
    behind_quote = re.compile(rf'(?<!["{escape}])"{blanks}+(?=[{end}\r\n]|$)')
    # Elsewhere, as in C:\temp or \N, it belongs to the cell.
    escape_of_quote = re.compile(rf'{escape}(["{escape}{end}\r\n]?)')

    def prepare(line: str) -> str:
        if dialect.delimiter == " ":
            line = line.replace("\t", " ").rstrip() + "\n"
        elif '" ' in line or '"\t' in line:
            line = behind_quote.sub('"', line)
        if dialect.escape and dialect.escape in line:
            line = escape_of_quote.sub(lambda m: m[0] if m[1] else 2 * dialect.escape, line)
        return line

    return prepare
