"""Every two contenders of a comparison, judged with the risk that all of them share."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any

from nnlab.comparison.intervals import LEVEL
from nnlab.comparison.pairs import Pair, compare_pair, corrected, holm_levels
from nnlab.comparison.scores import Predictions, strata_of
from nnlab.metrics import is_fraction
from nnlab.tasks.classification import NUM_CONFIDENCE_BINS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray


def judge_pairs(
    names: Sequence[str],
    predictions: Mapping[str, Predictions],
    tables: Mapping[str, NDArray[np.float64]],
    metric: str,
    *,
    is_sequential: bool,
) -> list[Pair]:
    """Return the pairs of all contenders; together, their verdicts are wrong in 5 % of comparisons.

    Args:
        names: The contenders, best mean first.
        predictions: Predictions of each.
        tables: Contributions of the examples to the metric of each, ``(R, N)``.
        metric: Its name.
        is_sequential: Whether seeds are added until the intervals are narrow.
    """
    first, couples = predictions[names[0]], list(itertools.combinations(names, 2))
    options: dict[str, Any] = {
        "test_to_train": first.test_to_train,
        "is_sequential": is_sequential,
        "strata": strata_of(first, metric),
        "num_bins": NUM_CONFIDENCE_BINS if metric == "ece" else 1,
        "largest": 1.0 if is_fraction(metric) else math.inf,
    }
    hits = {name: predictions[name].hits() for name in names} if metric == "accuracy" else {}

    def judge(couple: tuple[str, str], level: float) -> Pair:
        one, two = couple
        both = (hits[one], hits[two]) if hits else None
        return compare_pair(couple, (tables[one], tables[two]), hits=both, level=level, **options)

    # Anytime intervals are corrected for several pairs through their level (Bonferroni).
    level = 1 - (1 - LEVEL) / len(couples) if is_sequential else LEVEL
    pairs = [judge(couple, level) for couple in couples]
    p_values = [1.0 if pair.p_value is None else pair.p_value for pair in pairs]
    if not is_sequential and len(first.logits) > 1:
        pairs = [
            pair if level == pair.level else judge(couple, level)
            for pair, couple, level in zip(pairs, couples, holm_levels(p_values), strict=True)
        ]
    return corrected(pairs)
