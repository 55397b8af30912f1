"""What the cells of a table's column are: missing, numbers, true or false, dates or categories."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.columns import Kind

ISO_DATE = re.compile(
    r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[-+]\d{2}:?\d{2})?)?", re.ASCII
)
BOOLEANS = {
    **dict.fromkeys(("false", "no", "f", "n", "0"), 0.0),
    **dict.fromkeys(("true", "yes", "t", "y", "1"), 1.0),
}
# One letter may also be one of several categories, so a column needs both.
BOOLEAN_WORDS = ({"false", "true"}, {"no", "yes"})
BOOLEAN_LETTERS = ({"f", "t"}, {"n", "y"})
DATES = (
    *(
        "%d.%m.%Y",
        "%d.%m.%y",
        "%Y.%m.%d",
        "%d/%m/%Y",
        "%d/%m/%y",
        "%m/%d/%Y",
        "%m/%d/%y",
        "%Y/%m/%d",
    ),
    *("%d-%m-%Y", "%d-%m-%y", "%m-%d-%Y", "%m-%d-%y", "%y-%m-%d", "%Y-%m-%d", "%Y-%m", "%m/%Y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y"),
)
TIMES = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", " %I:%M %p", " %I:%M:%S %p")
MAX_DATE = 40
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def to_boolean(cell: str) -> float | None:
    """Return 0 or 1 for a word that is false or true; None for any other text."""
    return BOOLEANS.get(cell.casefold())


def to_days(cell: str, date_format: str | None) -> float | None:
    """Return a date as days since 1970-01-01 UTC; None if it is no date of the format.

    Args:
        cell: The date; a time without an offset is UTC.
        date_format: Format for ``strptime``; None for ISO 8601.
    """
    try:
        if date_format is not None:
            moment = datetime.strptime(cell, date_format)  # noqa: DTZ007 (UTC is added below)
        elif ISO_DATE.fullmatch(cell):
            moment = datetime.fromisoformat(cell)
        else:
            return None
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return (moment - EPOCH) / DAY
    except (ValueError, OverflowError, re.error):  # re.error: a format with a directive twice
        return None


def find_kind(cells: Sequence[str], date_format: str | None) -> Kind:
    """Return what cells that are not numbers are: dates if at least half of them are, for one.

    Cells that are then not of this kind are mistakes to be reported.

    Args:
        cells: Cells that are not missing, without blanks around them.
        date_format: See ``to_days``.
    """
    words = {cell.casefold() for cell in set(cells)}
    if any(words <= pair for pair in BOOLEAN_WORDS) or words in BOOLEAN_LETTERS:
        return "boolean"
    dates = sum(to_days(cell, date_format) is not None for cell in cells)
    return "date" if 2 * dates >= len(cells) else "category"


def date_formats(cells: Sequence[str]) -> list[str]:
    """Return the usual formats that all cells have as dates, each of another reading."""
    different = list(dict.fromkeys(cells))
    if not different or max(map(len, different)) > MAX_DATE:
        return []
    found: dict[tuple[float | None, ...], str] = {}
    for date_format in (date + time for date in DATES for time in TIMES):
        if all(to_days(cell, date_format) is not None for cell in different):
            days = tuple(to_days(cell, date_format) for cell in different)
            found.setdefault(days, date_format)
    return list(found.values())


def guess_date_format(cells: Sequence[str]) -> str | None:
    """Return the only usual format that all cells have as dates; None if none or several have."""
    formats = date_formats(cells)
    return formats[0] if len(formats) == 1 else None
