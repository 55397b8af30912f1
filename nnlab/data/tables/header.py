"""The names of a table's columns."""

from __future__ import annotations

import itertools
import unicodedata
from typing import TYPE_CHECKING

from nnlab.data.tables.numbers import NUMBER
from nnlab.errors import DataError

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_SHOWN = 5


def plain_name(name: str) -> str:
    """Return a name composed (NFC), with plain blanks and without what a reader cannot see."""
    if name.isascii():
        return name.strip()
    visible = "".join(
        " " if unicodedata.category(character) == "Zs" else character
        for character in unicodedata.normalize("NFC", name)
        if unicodedata.category(character) != "Cf"
    )
    return visible.strip()


def check_unique(path: str, line: int, names: Sequence[str]) -> None:
    """Check that no two columns have the same name; any number may have none.

    Raises:
        DataError: With both places of each name that occurs twice.
    """
    seen: dict[str, int] = {}
    found = []
    for number, name in enumerate(names, start=1):
        if name and name in seen:
            found.append(f"columns {seen[name]} and {number} are both called '{name}'")
        seen.setdefault(name, number)
    if not found:
        return
    more = f", and {len(found) - MAX_SHOWN:,} more" if len(found) > MAX_SHOWN else ""
    advice = "rename one of them"
    if looks_like_data(names):
        advice = "if this line is data and not a header, set dataset.header=false"
    msg = f"{path}, line {line}: {', '.join(found[:MAX_SHOWN])}{more}; {advice}"
    raise DataError(msg)


def looks_like_data(names: Sequence[str]) -> bool:
    """Return whether a header holds numbers that count nothing, such as 5.1 and 3.5."""
    numbers = [name for name in names if NUMBER.fullmatch(name)]
    if not numbers or any(not name.isdecimal() for name in numbers):
        return bool(numbers)
    if len(numbers) < len(names) / 2:
        return False
    counts = [int(name) for name in numbers]
    return len(counts) > 1 and any(b - a != 1 for a, b in itertools.pairwise(counts))
