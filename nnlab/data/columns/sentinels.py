"""Numbers that stand for missing ones: -999 among ages."""

from __future__ import annotations

import re

import numpy as np

SENTINEL = re.compile(r"-?9+|-1")
MIN_ROWS = 2
MAX_DIGITS = 10


def sentinels(values: np.ndarray) -> dict[int, int]:
    """Return the numbers that may stand for a missing one, with their numbers of rows.

    They are written with nines, or as -1, occur several times, and lie farther from all others than
    these from each other.

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
    return {
        int(value): count
        for value, count in counts.items()
        if count >= MIN_ROWS and max(low - value, value - high) > high - low > 0
    }


def _is_written_so(value: float) -> bool:
    is_whole = value.is_integer() and abs(value) < 10**MAX_DIGITS
    return is_whole and SENTINEL.fullmatch(str(int(value))) is not None
