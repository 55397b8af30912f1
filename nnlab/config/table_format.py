"""How a file of the user's says that it is a table: what parts cells, and how numbers are written."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TableFormat:
    """How a table is written; ``auto`` is found out from the file.

    Attributes:
        delimiter: Character between cells; a blank stands for any number of blanks and tabs.
        decimal: Character before the decimals of a number.
        thousands: Character between groups of three digits, or None.
        encoding: Python's name of the encoding; a mark at the start of a file overrides it.
        header: Whether the first line has the names of the columns.
        comment: Character at the start of lines that are no rows, or None.
        escape: Character before a quote that belongs to its cell, or None.
        skip_rows: Number of lines above the table; those that can be recognised need not count.
        otherwise: The characters before decimals and between thousands where ``decimal`` is auto and
            no number tells: of new rows, those of the run.
    """

    delimiter: str = "auto"
    decimal: str = "auto"
    thousands: str | None = None
    encoding: str = "auto"
    header: bool = True
    comment: str | None = None
    escape: str | None = None
    skip_rows: int = 0
    otherwise: tuple[str, str] = (".", "")


UNKNOWN_FORMAT = TableFormat()
