"""How many examples of each class a stratified split takes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

# Remainders that differ by less are equal: they are rounding errors of products.
DIGITS = 9


def stratified_sizes(counts: np.ndarray, fractions: Sequence[float]) -> np.ndarray:
    """Return how many examples of each class each held-out part takes: largest remainders.

    The size of a part is its fraction of all examples, rounded down or up, and every class is
    within one example of its own fraction. A class gives its last example only if the others
    have none to spare.

    Args:
        counts: Examples of each class, ``(C,)``, each at least 1.
        fractions: Fraction of each part; their sum is below 1.

    Returns:
        Sizes, ``(len(fractions), C)`` int64.
    """
    room = counts - 1
    owed = np.zeros(len(counts))
    sizes = []
    for fraction in fractions:
        quotas = counts * fraction
        part = np.floor(quotas).astype(np.int64)
        missing = _total(quotas, fraction * counts.sum()) - part.sum()
        part[_next_classes(quotas, owed, room)[:missing]] += 1
        sizes.append(part)
        room = room - part
        owed += quotas - part
    return np.array(sizes, dtype=np.int64).reshape(len(fractions), len(counts))


def rounded_sizes(counts: np.ndarray, fractions: Sequence[float]) -> np.ndarray:
    """Return the sizes of earlier versions: the quota of each class, rounded on its own."""
    return np.rint(np.outer(fractions, counts)).astype(np.int64)


def _total(quotas: np.ndarray, whole: float) -> int:
    """Return the sum of the rounded quotas, moved to a neighbour of the quota of all examples."""
    rounded = int(np.rint(quotas).sum())
    return min(max(rounded, math.floor(whole)), math.ceil(whole))


def _next_classes(quotas: np.ndarray, owed: np.ndarray, room: np.ndarray) -> np.ndarray:
    """Return the classes that can give another example, those that are next first.

    A larger remainder goes first, a half as it is rounded to even; then the class of which earlier
    parts took less than their quota.

    Args:
        quotas: What each class should give, ``(C,)``.
        owed: What earlier parts took less than they should.
        room: What each class can give and keep one to train on.
    """
    whole = np.floor(quotas)
    remainders = np.round(quotas - whole, DIGITS)
    has_room = whole < room
    order = np.lexsort((-np.round(owed, DIGITS), whole % 2 == 0, -remainders, ~has_room))
    is_open = (whole <= room) & (remainders > 0)
    following: np.ndarray = order[is_open[order]]
    return following
