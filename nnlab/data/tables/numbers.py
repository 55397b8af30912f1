"""Cells that are numbers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.data.tables.cells import has_numbers, num_cells, unpack

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.data.tables.cells import Block

# float() would also accept nan, inf, 1_000 and digits of other scripts.
NUMBER = re.compile(r"\s*[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?\s*", re.ASCII)
# Other characters that stand between thousands where the first one does.
ALIKE = {" ": re.compile("[\u00a0\u2009\u202f]"), "'": re.compile("\u2019")}
# Of these, float() accepts exactly what NUMBER does.
PLAIN_BYTES = b"0123456789+-.eE \t\0"


class NumberStyle(NamedTuple):
    """How numbers are written.

    Attributes:
        decimal: Character before the decimals.
        thousands: Character between groups of three digits, or an empty string.
    """

    decimal: str = "."
    thousands: str = ""


PLAIN_STYLE = NumberStyle()


@dataclass(frozen=True)
class Parsed:
    """A column as numbers.

    Attributes:
        values: ``(N,)`` float64; NaN where the cell is empty or not a number, infinite where it is
            too large.
        is_empty: ``(N,)`` bool.
        is_number: ``(N,)`` bool.
    """

    values: np.ndarray
    is_empty: np.ndarray
    is_number: np.ndarray

    @property
    def is_complete(self) -> bool:
        """Whether every cell is a finite number."""
        return bool(np.isfinite(self.values).all())


def parse(blocks: Sequence[Block], style: NumberStyle) -> Parsed:
    """Return a column as numbers."""
    size, start = sum(map(num_cells, blocks)), 0
    values, is_empty, is_number = np.empty(size), np.empty(size, bool), np.empty(size, bool)
    for block in blocks:
        part = slice(start, start + num_cells(block))
        values[part], is_empty[part], is_number[part] = _parse_block(block, style)
        start = part.stop
    return Parsed(values, is_empty, is_number)


def _parse_block(block: Block, style: NumberStyle) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    if has_numbers(block):
        stored = np.asarray(block, np.float64)
        is_finite = np.isfinite(stored)
        return np.where(is_finite, stored, np.nan), np.isnan(stored), is_finite
    values = _plain_numbers(block, style)
    if values is not None:
        return values, np.zeros(len(values), bool), np.ones(len(values), bool)
    cells = unpack(block)
    is_empty = np.array([not cell for cell in cells])
    numbers = [to_number(cell, style) for cell in cells]
    values = np.array([np.nan if number is None else number for number in numbers])
    return values, is_empty, np.array([number is not None for number in numbers])


def _plain_numbers(block: Block, style: NumberStyle) -> np.ndarray | None:
    """Return a block of plain numbers, or None if it has other cells."""
    content = bytes(block)
    if style.decimal != ".":
        if b"." in content:
            return None
        content = content.replace(style.decimal.encode(), b".")
    if content.translate(None, PLAIN_BYTES):
        return None
    cells = content.split(b"\0")
    try:
        return np.fromiter(map(float, cells), np.float64, len(cells))
    except ValueError:
        return None


def to_number(cell: str, style: NumberStyle) -> float | None:
    """Return the number in a cell, or None if it has none."""
    if style != PLAIN_STYLE:
        plain = _in_plain_style(cell, style)
        if plain is None:
            return None
        cell = plain
    return float(cell) if NUMBER.fullmatch(cell) else None


def _in_plain_style(cell: str, style: NumberStyle) -> str | None:
    """Return a number with a decimal point and without groups, or None if it is in another style."""
    if style.thousands in ALIKE:
        cell = ALIKE[style.thousands].sub(style.thousands, cell)
    whole, decimal, decimals = cell.partition(style.decimal)
    if style.decimal != "." and "." in decimals:
        return None
    if style.thousands and style.thousands in whole:
        group = re.escape(style.thousands)
        if not re.fullmatch(rf"[-+]?[0-9]{{1,3}}({group}[0-9]{{3}})+", whole, re.ASCII):
            return None
        whole = whole.replace(style.thousands, "")
    if style.decimal != "." and "." in whole:
        return None
    return whole + ("." if decimal else "") + decimals
