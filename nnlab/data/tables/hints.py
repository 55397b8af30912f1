"""What a cell that is not a number may be, and what to do about it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from nnlab.data.labels import missing_words

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SAMPLE = 100
BLANKS = " \u00a0\u2009\u202f"
CURRENCY = "[$\u20ac\xa3\xa5]"
HINTS = (
    (
        re.compile(r"[-+]?[0-9]{1,3}([.][0-9]{3})*,[0-9]+"),
        "a decimal comma? dataset.decimal=, reads it (dataset.thousands=, if it parts thousands)",
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]+)?"),
        "thousands separators? dataset.thousands=, reads them",
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}([.][0-9]{3}){2,}(,[0-9]+)?"),
        "thousands separators? dataset.thousands=. reads them",
    ),
    (
        re.compile(rf"[-+]?[0-9]{{1,3}}([{BLANKS}][0-9]{{3}})+([.,][0-9]+)?"),
        "thousands separators? dataset.thousands=' ' reads them (decimal commas: dataset.decimal=,)",
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}(['\u2019][0-9]{3})+([.,][0-9]+)?"),
        'thousands separators? dataset.thousands="\'" reads them',
    ),
    (
        re.compile(r"[-+]?[0-9]{1,3}(_[0-9]{3})+([.][0-9]+)?"),
        "thousands separators? dataset.thousands=_ reads them",
    ),
    (
        re.compile(r"[0-9]{1,2}(,[0-9]{2})+,[0-9]{3}([.][0-9]+)?"),
        "leave out the commas in 12,34,567; thousands have groups of three digits",
    ),
    (re.compile(r"\(\s*[$\u20ac\xa3\xa5]?[0-9.,]+\s*\)|[0-9.,]+\s*-"), "write a loss as -12"),
    (
        re.compile(r"=\"[-+]?[0-9.,]+\""),
        'leave out =" and ", which keep Excel from reading a number',
    ),
    (re.compile(r"[-+]?[0-9.]+[dD][-+]?[0-9]+"), "write an exponent with e: 1.5e+02"),
    (re.compile(r"0[xX][0-9a-fA-F]+"), "write hexadecimal numbers as decimal ones"),
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


def num_styled_numbers(cells: Sequence[str]) -> int:
    """Return how many cells are numbers in another style or with a unit; 0 if the first are not."""
    if not any(map(_is_styled_number, cells[:MAX_SAMPLE])):
        return 0
    return sum(map(_is_styled_number, cells))


def _is_styled_number(cell: str) -> bool:
    return any(pattern.fullmatch(cell) for pattern, _ in HINTS)


def hint_about(cell: str) -> str:
    """Return what to do about a cell that is not a number; empty if nothing is known."""
    if missing_words([cell]):
        return "if it means that the value is missing, leave the cell empty"
    return next((hint for pattern, hint in HINTS if pattern.fullmatch(cell)), "")
