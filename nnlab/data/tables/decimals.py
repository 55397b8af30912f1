"""Whether a comma in a number comes before the decimals or parts thousands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from nnlab.data.tables.cells import has_numbers, unpack
from nnlab.data.tables.numbers import NUMBER, PLAIN_STYLE, NumberStyle

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.config.table_format import TableFormat
    from nnlab.data.tables.cells import Block

EXPONENT = r"([eE][-+]?[0-9]+)?"
DECIMAL_COMMA = re.compile(rf"[-+]?([0-9]*|[1-9][0-9]{{0,2}}([.][0-9]{{3}})+),[0-9]+{EXPONENT}")
THOUSANDS_COMMA = re.compile(rf"[-+]?[1-9][0-9]{{0,2}}(,[0-9]{{3}})+([.][0-9]*)?{EXPONENT}")
THOUSANDS_POINT = re.compile(r"[-+]?[1-9][0-9]{0,2}([.][0-9]{3})+")


class _Evidence(NamedTuple):
    """Cells that can be read in one way only; empty if there are none."""

    decimal_comma: str = ""
    thousands_comma: str = ""


def find_style(
    columns: Sequence[str], blocks: Sequence[Sequence[Block]], given: TableFormat
) -> tuple[NumberStyle, str | None]:
    """Return how numbers are written, and what to say about it if that was found out.

    A comma counts as what it is if any number with it can be read in one way only, such as 1,5 or
    1,234.5, and nothing contradicts that.

    Args:
        columns: Names of the columns.
        blocks: The cells of each column.
        given: What the user says about it.
    """
    if given.decimal != "auto" or given.thousands in {".", ","}:
        decimal = given.decimal if given.decimal != "auto" else ".,"[given.thousands == "."]
        return NumberStyle(decimal, given.thousands or ""), None
    blocks = [_texts(column) for column in blocks]
    found = [
        (name, evidence)
        for name, column in zip(columns, blocks, strict=True)
        if (evidence := _evidence(column)) is not None
    ]
    comma = next(((name, e.decimal_comma) for name, e in found if e.decimal_comma), None)
    thousands = next(((name, e.thousands_comma) for name, e in found if e.thousands_comma), None)
    if comma and not thousands and not any(map(_has_decimal_point, blocks)):
        note = f"numbers have decimal commas (column '{comma[0]}': {comma[1]!r})"
        return NumberStyle(",", given.thousands or "."), note
    if thousands and not comma:
        note = f"commas part thousands (column '{thousands[0]}': {thousands[1]!r})"
        return NumberStyle(".", ","), note
    is_pointed = given.otherwise[0] == "," and any(map(_has_decimal_point, blocks))
    if comma or thousands or is_pointed:
        return PLAIN_STYLE._replace(thousands=given.thousands or ""), None
    decimal, between = given.otherwise
    return NumberStyle(decimal, given.thousands or between), None


def has_point(blocks: Sequence[Block]) -> bool:
    """Return whether any number of a column is written with a point."""
    return any(
        "." in cell and NUMBER.fullmatch(cell)
        for block in _texts(blocks)
        if b"." in bytes(block)
        for cell in unpack(block)
    )


def _texts(column: Sequence[Block]) -> list[Block]:
    """Return the blocks of a column that are written in any style."""
    return [block for block in column if not has_numbers(block)]


def _evidence(column: Sequence[Block]) -> _Evidence | None:
    """Return what a column proves, or None if it has no numbers with a comma."""
    if not any(b"," in bytes(block) for block in column):
        return None
    comma = thousands = ""
    num_numbers = num_others = 0
    for cell in _filled(column):
        is_comma, is_thousands = DECIMAL_COMMA.fullmatch(cell), THOUSANDS_COMMA.fullmatch(cell)
        if is_comma or is_thousands or NUMBER.fullmatch(cell):
            num_numbers += 1
        else:
            num_others += 1
        if is_comma and not is_thousands:
            comma = comma or cell
        elif is_thousands and not is_comma:
            thousands = thousands or cell
    return _Evidence(comma, thousands) if num_numbers > num_others else None


def _has_decimal_point(column: Sequence[Block]) -> bool:
    """Return whether any number has a point that cannot part thousands."""
    if not any(b"." in bytes(block) for block in column):
        return False
    return any(
        "." in cell and NUMBER.fullmatch(cell) and not THOUSANDS_POINT.fullmatch(cell)
        for cell in _filled(column)
    )


def _filled(column: Sequence[Block]) -> Iterator[str]:
    return (cell for block in column for cell in unpack(block) if cell)
