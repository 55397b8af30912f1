"""Mean and deviation of features, some rows at a time: a table of gigabytes is not copied."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


class Moments(NamedTuple):
    """What is known of features, each ``(...)`` as one example.

    Attributes:
        first: Those of the first example.
        mean: Their means.
        std: Their standard deviations.
        is_constant: Whether all examples have the same.
    """

    first: np.ndarray
    mean: np.ndarray
    std: np.ndarray
    is_constant: np.ndarray


def moments_of(blocks: Callable[[], Iterable[np.ndarray]]) -> Moments:
    """Return the moments of features, to the last bit those of all rows at once.

    Args:
        blocks: Returns the rows ``(N, ...)`` in parts, each time it is called; with a single
            feature, in one part, because numpy adds those in another order.
    """
    first, low, high, total, count = None, None, None, None, 0
    for block in blocks():
        first = block[0] if first is None else first
        low = _reduced(np.minimum, low, block)
        high = _reduced(np.maximum, high, block)
        total = _reduced(np.add, total, block)
        count += len(block)
    assert first is not None, "there are training examples"
    mean = np.asarray(total) / count
    squares = None
    for block in blocks():
        deviations = block - mean
        squares = _reduced(np.add, squares, np.multiply(deviations, deviations, out=deviations))
    std = np.sqrt(np.asarray(squares) / count)
    return Moments(first, mean, std, np.asarray(low == high))


def _reduced(ufunc: np.ufunc, so_far: np.ndarray | None, block: np.ndarray) -> np.ndarray:
    """Return a reduction over the rows of a block and what came before it, in their order."""
    rows = block if so_far is None else np.concatenate([so_far[None], block])
    reduced: np.ndarray = ufunc.reduce(rows, axis=0)
    return reduced
