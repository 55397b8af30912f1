"""Numbers that stand for missing ones: -999 among ages."""

from __future__ import annotations

import re

import numpy as np

SENTINEL = re.compile(r"-?9+|-1|0")
MIN_ROWS = 2
# A pressure of 0 among pressures of 60 to 100; with few values, it may be a grade.
MIN_VALUES, FAR_ZERO = 10, 0.3
MAX_DIGITS = 10


def sentinels(values: np.ndarray) -> dict[int, int]:
    """Return the numbers that may stand for a missing one, with their numbers of rows.

    They are written with nines, or as -1 or 0, occur several times, and lie farther from all others
    than these from each other: 0 by less, and -1 in any way if all others count or measure something.

    Args:
        values: ``(N,)``; NaN where a cell is missing.
    """
    known = values[~np.isnan(values)]
    ends = {float(end) for end in (known.min(), known.max())} if len(known) else set()
    candidates = sorted(filter(_is_written_so, ends))
    others = known[~np.isin(known, candidates)]
    if not len(others):
        return {}
    low, high = others.min(), others.max()
    counts = {value: int((known == value).sum()) for value in candidates}
    are_many = len(np.unique(others)) >= MIN_VALUES
    width = high - low

    def is_apart(value: float) -> bool:
        distance = max(low - value, value - high)
        if value == 0:
            return are_many and distance > FAR_ZERO * width
        is_only_negative = value < 0 <= low and are_many
        return is_only_negative or distance > width

    return {
        int(value): count
        for value, count in counts.items()
        if count >= MIN_ROWS and width > 0 and is_apart(value)
    }


def _is_written_so(value: float) -> bool:
    is_whole = value.is_integer() and abs(value) < 10**MAX_DIGITS
    return is_whole and SENTINEL.fullmatch(str(int(value))) is not None
