"""Two contenders on the same seeds and the same examples."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from nnlab.comparison.intervals import LEVEL, Components, Interval, components, student
from nnlab.comparison.sequential import anytime_interval, least_reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHA = 1 - LEVEL
# Up to here every way to flip the signs is tried; beyond, so many at random.
MOST_FLIPS = 2**16
# A smaller relative spread is that of additions in another order.
ROUNDING = 1e-12

Method = Literal["crossed", "anytime", "examples"]


@dataclass(frozen=True)
class Pair:
    """The difference of two contenders, first minus second.

    Attributes:
        first: Name of the one with the better mean.
        second: Name of the other.
        num_seeds: Seeds of both.
        num_examples: Test examples, or groups of them for a metric that is no mean.
        per_seed: Difference of each seed.
        difference: Their mean.
        interval: Of the difference.
        method: ``crossed``: for new seeds and new examples; ``anytime``: the same, however often
            one looks; ``examples``: for new examples and these weights, all that one seed can tell.
        p_value: Of the crossed interval: how often no difference would look as large.
        p_sign_flip: Exact permutation p-value over seeds; None for one seed.
        p_mcnemar: Exact p-value over the examples of the median seed; None if not an accuracy.
        effect_size: Mean over standard deviation of the seeds' differences; None where it has none.
        parts: Variance by where it comes from; None for one seed.
        least_reach: Of the anytime interval to each side, with endless seeds; 0 for one seed.
    """

    first: str
    second: str
    num_seeds: int
    num_examples: int
    per_seed: list[float]
    difference: float
    interval: Interval
    method: Method
    p_value: float | None
    p_sign_flip: float | None
    p_mcnemar: float | None
    effect_size: float | None
    parts: Components | None
    least_reach: float

    @property
    def is_decided(self) -> bool:
        """Whether other seeds and examples are expected to agree on which is better."""
        is_clear = self.p_value is None or self.p_value < ALPHA
        return self.method != "examples" and is_clear and self.interval.excludes_zero


def compare_pair(
    names: tuple[str, str],
    tables: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    hits: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
    peeks: bool = False,
    level: float = LEVEL,
) -> Pair:
    """Return the difference of two contenders with its uncertainty.

    Args:
        names: Of both.
        tables: ``(R, N)`` of both: what each example contributes to the metric of each seed.
        hits: ``(R, N)`` of both, for McNemar's test: which examples are right.
        peeks: Whether seeds are added until the interval is narrow.
        level: How often the interval holds the truth.
    """
    differences = tables[0] - tables[1]
    by_seed = differences.mean(1)
    parts = components(differences) if len(by_seed) > 1 else None
    spread = float(by_seed.std(ddof=1)) if parts else 0.0
    has_spread = spread > ROUNDING * abs(by_seed.mean())
    interval, method = _judge(differences, parts, peeks=peeks, level=level)
    if hits is not None and not (hits[0] ^ hits[1]).any():
        reach = largest_unseen_share(differences.shape[1], level)
        interval = Interval(-reach, reach)
    return Pair(
        first=names[0],
        second=names[1],
        num_seeds=len(by_seed),
        num_examples=differences.shape[1],
        per_seed=by_seed.tolist(),
        difference=float(by_seed.mean()),
        interval=interval,
        method=method,
        p_value=parts.p_value if parts and method == "crossed" else None,
        p_sign_flip=sign_flip_p_value(by_seed) if parts else None,
        p_mcnemar=_mcnemar_of_median_seed(by_seed, hits) if hits is not None else None,
        effect_size=float(by_seed.mean()) / spread if has_spread else None,
        parts=parts,
        least_reach=least_reach(parts, level) if parts else 0.0,
    )


def _judge(
    differences: NDArray[np.float64], parts: Components | None, *, peeks: bool, level: float
) -> tuple[Interval, Method]:
    if parts is None:
        interval = student(differences[0], level)
        assert interval is not None  # a test part has more than one example
        return interval, "examples"
    if peeks:
        return anytime_interval(differences, level), "anytime"
    return parts.interval(level), "crossed"


def largest_unseen_share(num_examples: int, level: float = LEVEL) -> float:
    """Return how frequent something may be that none of n examples showed.

    Source: the exact binomial limit, 1 - (1 - level)^(1/n), about 3 / n for 95 %.
    """
    return float(1 - (1 - level) ** (1 / num_examples))


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """Return how often flipping the signs of the seeds' differences makes a mean as far from 0.

    Exact to 16 seeds: every one of 2^R ways is tried, so that p is at least 2 / 2^R.

    Source: Fisher, "The Design of Experiments" (1935), section 21.

    Args:
        differences: ``(R,)``.
    """
    found = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=MOST_FLIPS,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def _mcnemar_of_median_seed(
    by_seed: NDArray[np.float64], hits: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> float:
    median = int(np.argsort(by_seed, kind="stable")[(len(by_seed) - 1) // 2])
    return mcnemar_p_value(hits[0][median], hits[1][median])


def mcnemar_p_value(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return how often two equally good models would disagree as one-sidedly.

    It is about these two models and new examples, not about new seeds.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions
    or percentages" (1947), with the exact binomial distribution.

    Args:
        first: ``(N,)``, which examples the one got right.
        second: ``(N,)``, which examples the other got right.
    """
    only_first = int((first & ~second).sum())
    disagreements = int((first ^ second).sum())
    return float(stats.binomtest(only_first, disagreements).pvalue) if disagreements else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for their number.

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    result = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        result[index] = largest
    return result


def corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with both kinds of p-values over seeds corrected by Holm's method."""
    by_interval = _holm([pair.p_value for pair in pairs])
    by_flips = _holm([pair.p_sign_flip for pair in pairs])
    return [
        replace(pair, p_value=p_value, p_sign_flip=p_sign_flip)
        for pair, p_value, p_sign_flip in zip(pairs, by_interval, by_flips, strict=True)
    ]


def _holm(p_values: Sequence[float | None]) -> Sequence[float | None]:
    """Return corrected p-values; where there are none, for all pairs, none."""
    known = [p_value for p_value in p_values if p_value is not None]
    return holm(known) if known else p_values
