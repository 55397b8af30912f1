"""What a smaller search would have found."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

COVERAGE = 0.9


class ExpectedBest(NamedTuple):
    """The best score of n trials, for n from 1 to T.

    Attributes:
        mean: Its expectation, ``(T,)``.
        low: Lower end of the middle 90 %, ``(T,)``.
        high: Upper end, ``(T,)``.
    """

    mean: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]


def expected_best(scores: Sequence[float | None], *, lower_is_better: bool) -> ExpectedBest:
    """Return what the best of n trials scores, if n are drawn from those that were run.

    The best of n draws is at most the k-th smallest score with probability (k / T)^n, from which its
    distribution follows. A trial that has diverged counts as the worst one that has not.

    Source: Dodge, Gururangan, Card, Schwartz and Smith, "Show Your Work: Improved Reporting of
    Experimental Results" (EMNLP 2019), equations 5 to 8.

    Args:
        scores: The score of each trial; None for one that has diverged.
        lower_is_better: Whether a small score is good.
    """
    sign = -1 if lower_is_better else 1
    known = [sign * score for score in scores if score is not None]
    filled = np.array([*known, *([min(known)] * (len(scores) - len(known)))])
    ordered = np.sort(filled)  # the best last
    total = len(ordered)
    below = np.arange(total + 1)[:, None] / total  # (T + 1, 1)
    at_most = below ** np.arange(1, total + 1)  # (T + 1, T), of k smallest scores and n draws
    mean = ordered @ np.diff(at_most, axis=0)
    tail = (1 - COVERAGE) / 2
    ends = [ordered[(at_most[1:] < level).sum(0)] for level in (tail, 1 - tail)]
    low, high = sorted((sign * end for end in ends), key=lambda end: float(end.sum()))
    return ExpectedBest(sign * mean, low, high)
