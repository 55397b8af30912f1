"""How a table is written, found out from its first lines."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from nnlab.data.tables.cells import has_content
from nnlab.data.tables.preamble import (
    is_number_like,
    note_about,
    note_about_second_header,
    num_comment_lines,
    num_titles,
)
from nnlab.data.tables.records import Dialect, records

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.table_format import TableFormat

DELIMITERS = (",", ";", "\t", "|")
# Characters of names, numbers, dates and texts.
NO_DELIMITERS = set("\"'`._-+()[]{}<>%$#?\r\n\ufeff")
BLANK = ",;|\t \r\n"
MAX_RECORDS = 100
ESCAPE = "\\"
# Titles above the header, and quotes that do not match.
LESS_LIKELY, UNLIKELY = 0.9, 0.5
# With titles above them, texts are not taken for rows of words.
MIN_NUMBERS = 0.5
# Excel writes the separator into a first line of its own.
SEP_LINE = re.compile(r'"?sep=(.)"?[,;\t |]*\s*', re.IGNORECASE)


class Found(NamedTuple):
    """How a table is written, and what to say about that."""

    dialect: Dialect
    notes: tuple[str, ...] = ()


class _Trial(NamedTuple):
    """How well a way to part cells fits.

    Attributes:
        dialect: The way.
        is_read: Whether the quotes match.
        regular: Fraction of rows that are as wide as most; 0 if these have one cell.
        numbers: Fraction of cells that are numbers.
        width: Number of cells in most rows.
        has_titles: Whether rows stand above the header.
        note: What else to say about the rows.
    """

    dialect: Dialect
    is_read: bool
    regular: float = 0.0
    numbers: float = 0.0
    width: int = 0
    has_titles: bool = False
    note: str | None = None

    @property
    def fit(self) -> tuple[float, float, int]:
        """The larger, the better."""
        likely = self.regular * (LESS_LIKELY if self.has_titles else 1)
        return likely * (1 if self.is_read else UNLIKELY), self.numbers, self.width

    @property
    def is_sure(self) -> bool:
        """Whether every row fits."""
        return self.is_read and self.regular == 1.0 and not self.has_titles


def find_dialect(sample: str, given: TableFormat, *, is_whole: bool) -> Found:
    """Return how the lines of a table become rows.

    Args:
        sample: Its first lines.
        given: What the user says about it.
        is_whole: Whether these are all lines.
    """
    lines = list(io.StringIO(sample, newline=""))
    num_given = min(given.skip_rows, len(lines))
    sep = SEP_LINE.fullmatch(lines[num_given]) if lines[num_given:] else None
    delimiter = given.delimiter
    if sep:
        delimiter = sep[1] if delimiter == "auto" else delimiter
        num_given += 1
    sampling = _Sampling(lines[num_given:], given, is_whole)
    best, notes = sampling.best([delimiter] if delimiter != "auto" else [])
    num_above = best.dialect.num_skipped
    if num_above:
        about = note_about(lines[num_given:], num_above, has_header=given.header)
        notes = (about, *notes)
    skipped = max(num_given, given.skip_rows) + num_above
    return Found(best.dialect._replace(num_skipped=skipped), notes)


class _Sampling(NamedTuple):
    """The first lines of a table.

    Attributes:
        lines: The lines.
        given: What the user says about the table.
        is_whole: Whether these are all lines.
    """

    lines: Sequence[str]
    given: TableFormat
    is_whole: bool

    def best(self, delimiters: Sequence[str]) -> tuple[_Trial, tuple[str, ...]]:
        """Return the way to part cells that fits best, and what to say about it.

        Args:
            delimiters: Those to choose from; empty for any.
        """
        trials = [self.trial(delimiter) for delimiter in delimiters or DELIMITERS]
        best = max(trials, key=lambda trial: trial.fit)
        if not delimiters and (best.has_titles or not best.regular):
            trials += self._rarer() or ([] if best.regular else self._blanks())
            best = max(trials, key=lambda trial: trial.fit)
        likewise = [trial for trial in trials if trial.fit == best.fit and trial != best]
        notes = [best.note] if best.note else []
        if best.regular and likewise:
            one, other = best.dialect.called, likewise[0].dialect.called
            notes.append(f"cells are parted at {one}, not at {other}; see dataset.delimiter")
        if best.dialect.escape and not self.given.escape:
            notes.append(r"quotes within cells are written as \"")
        return best, tuple(notes)

    def _rarer(self) -> list[_Trial]:
        """Return the way to part cells at the only other character that fits every row."""
        filled = [line for line in self.lines if line.strip()][:MAX_RECORDS]
        everywhere = set.intersection(*map(set, filled)) if filled else set()
        others = [
            c for c in sorted(everywhere - {*DELIMITERS, *NO_DELIMITERS, " "}) if not c.isalnum()
        ]
        trials = [trial for c in others if (trial := self.trial(c)).is_sure]
        return trials if len(trials) == 1 else []

    def _blanks(self) -> list[_Trial]:
        """Return the way to part cells at blanks, if it fits every row."""
        blanks = self.trial(" ")
        has_numbers = blanks.numbers >= MIN_NUMBERS and blanks.regular == 1.0
        return [blanks] if blanks.is_sure or has_numbers else []

    def trial(self, delimiter: str) -> _Trial:
        """Return how well cells are parted at a character."""
        plain = self._trial(delimiter, self.given.escape or "")
        if (
            self.given.escape
            or delimiter == ESCAPE
            or not any('\\"' in line for line in self.lines)
        ):
            return plain
        escaped = self._trial(delimiter, ESCAPE)
        is_better = escaped.is_read and (not plain.is_read or escaped.regular > plain.regular)
        return escaped if is_better else plain

    def _trial(self, delimiter: str, escape: str) -> _Trial:
        comment, has_header = self.given.comment or "", self.given.header
        above = 0
        if not comment and not self.given.skip_rows:
            above = num_comment_lines(self.lines, delimiter, has_header=has_header)
        dialect = Dialect(delimiter, comment, escape, above)
        rows, is_read = self._rows(dialect)
        titles = 0 if self.given.skip_rows else self._num_titles(rows)
        if titles:
            dialect = dialect._replace(num_skipped=rows[titles][0] - 1)
        body = [row for _, row in rows[titles:]]
        width, count = Counter(map(len, body)).most_common(1)[0] if body else (0, 0)
        if width < 2 or len(body[0]) < 2:
            return _Trial(dialect._replace(num_skipped=above), is_read)
        cells = [cell for row in body[1:] for cell in row]
        numbers = sum(map(is_number_like, cells)) / max(len(cells), 1)
        note = note_about_second_header(rows[titles:]) if has_header else None
        return _Trial(dialect, is_read, count / len(body), numbers, width, bool(titles), note)

    def _num_titles(self, rows: Sequence[tuple[int, Sequence[str]]]) -> int:
        above = [self.lines[line - 2 : line - 1] for line, _ in rows]
        is_below_gap = [bool(gap) and not gap[0].strip(BLANK) for gap in above]
        return num_titles([row for _, row in rows], is_below_gap, has_header=self.given.header)

    def _rows(self, dialect: Dialect) -> tuple[list[tuple[int, list[str]]], bool]:
        """Return the first rows with content and their lines, and whether the quotes match."""
        rows: list[tuple[int, list[str]]] = []
        try:
            for line, row in islice(records(iter(self.lines), dialect), MAX_RECORDS):
                if has_content(row):
                    rows.append((line, [cell.strip() for cell in row]))
        except csv.Error as error:
            return rows, error.args[0] == "unexpected end of data" and not self.is_whole
        return rows, True
