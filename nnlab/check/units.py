"""Numbers that are two units in one column, or codes."""

from __future__ import annotations

import numpy as np

from nnlab.data.columns.row_numbers import WORDS

# Grams and kilograms, centimetres and metres, cents and euros.
FACTORS = (100, 1000, 1_000_000)
MIN_ROWS, MIN_CLUSTER, TOLERANCE = 20, 3, 0.25
CODE_WORDS = {"code", "codes", "zip", "zipcode", "postcode", "postal", "plz", "kennzahl"}
MIN_CODES, MAX_CODES, ROWS_PER_CODE = 3, 100, 3


def unit_factor(column: np.ndarray) -> int | None:
    """Return the factor between two units of a column, or None if it has one unit.

    Its two clusters are then the same but for the factor: they lie farther apart than either is wide.

    Args:
        column: Its numbers, none of them missing.
    """
    if len(column) < MIN_ROWS or column.min() <= 0:
        return None
    logs = np.sort(np.log(column))
    cut = int(np.diff(logs).argmax()) + 1
    low, high = logs[:cut], logs[cut:]
    if min(len(low), len(high)) < MIN_CLUSTER or high[0] - low[-1] < max(np.ptp(low), np.ptp(high)):
        return None
    distance = np.median(high) - np.median(low)
    return next((f for f in FACTORS if abs(distance - np.log(f)) < TOLERANCE), None)


def is_code(name: str, column: np.ndarray) -> bool:
    """Return whether a column of whole numbers names a few things, by its name and its values."""
    words = {word.casefold() for word in WORDS.findall(name)}
    known = column[~np.isnan(column)]
    count = len(np.unique(known))
    is_small = MIN_CODES <= count <= min(MAX_CODES, len(known) / ROWS_PER_CODE)
    return bool(words & CODE_WORDS) and is_small and bool((known == np.round(known)).all())
