"""Two contenders on the same seeds and the same examples."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np
from scipy import stats

from nnlab.comparison.evidence import FEWEST, num_differing
from nnlab.comparison.intervals import (
    LEVEL,
    BySource,
    Components,
    Interval,
    Strata,
    by_source,
    components,
    t_interval,
)
from nnlab.comparison.sequential import anytime_interval, min_half_width

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

ALPHA = 1 - LEVEL
# Up to this number, all sign flips are enumerated; beyond it, this many are drawn at random.
MOST_FLIPS = 2**16
# A smaller relative spread is the rounding of sums in a different order.
ROUNDING = 1e-12

Method = Literal["crossed", "anytime", "examples", "resampled"]
UNKNOWN = Interval(-math.inf, math.inf)


@dataclass(frozen=True)
class Pair:
    """The difference of two contenders, first minus second.

    Attributes:
        first: Name of the one with the better mean.
        second: Name of the other.
        num_seeds: Seeds of both.
        num_examples: Test examples, or groups of them for a metric that is not a mean.
        per_seed: Difference of each seed.
        difference: Their mean.
        interval: Interval of the difference; unbounded if there is no verdict.
        method: ``crossed``: for new seeds and new examples; ``anytime``: the same, valid after any
            number of looks; ``examples``: for new examples with the same weights, from one seed;
            ``resampled``: for new splits of the same examples.
        p_value: P-value of the crossed or resampled interval; None for other methods.
        p_sign_flip: Exact permutation p-value over seeds; None for one seed, and for splits, which
            are not independent.
        p_mcnemar: Exact p-value over the examples of the median seed; None if not an accuracy.
        effect_size: Mean over standard deviation of the seeds' differences; None without spread.
        parts: Variance components; None for one seed, and if each seed has its own split.
        least_reach: Half-width of the anytime interval in the limit of many seeds; 0 for one seed.
        level: Coverage of the interval; higher for one of several pairs.
        num_differing: Examples that the difference rests on, see ``num_differing``; None if each seed
            has its own.
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
    level: float = LEVEL
    num_differing: float | None = None

    @property
    def is_refused(self) -> bool:
        """Whether the contenders differ on too few examples for a verdict."""
        if self.num_differing is None:
            return not math.isfinite(self.interval.width)
        return self.num_differing < FEWEST

    @property
    def is_decided(self) -> bool:
        """Whether new seeds and examples are expected to agree on which is better."""
        is_clear = self.p_value is None or self.p_value < ALPHA
        is_possible = self.method != "examples" and not self.is_refused
        return is_possible and is_clear and self.interval.excludes_zero


def compare_pair(
    names: tuple[str, str],
    tables: tuple[NDArray[np.float64], NDArray[np.float64]],
    *,
    hits: tuple[NDArray[np.bool_], NDArray[np.bool_]] | None = None,
    test_to_train: float | None = None,
    is_sequential: bool = False,
    strata: Strata | None = None,
    num_bins: int = 1,
    largest: float = math.inf,
    level: float = LEVEL,
) -> Pair:
    """Return the difference of two contenders with its uncertainty.

    Args:
        names: Names of both.
        tables: ``(R, N)`` of both: the contribution of each example to the metric of each seed.
        hits: ``(R, N)`` of both, for McNemar's test: which examples are classified correctly.
        test_to_train: Test examples per training example if each seed has its own split.
        is_sequential: Whether seeds are added until the interval is narrow.
        strata: The classes of a metric in which every class counts the same.
        num_bins: Bins that the metric divides the examples among.
        largest: The largest difference there can be.
        level: Coverage: how often the interval contains the true difference.
    """
    differences = tables[0] - tables[1]
    by_seed = differences.mean(1)
    has_spread = len(by_seed) > 1 and by_seed.std(ddof=1) > ROUNDING * abs(by_seed.mean())
    parts = components(differences) if len(by_seed) > 1 and test_to_train is None else None
    kind = _Kind(is_sequential, strata, num_bins, level)
    judged = _judge(differences, parts, test_to_train, kind)
    return Pair(
        first=names[0],
        second=names[1],
        num_seeds=len(by_seed),
        num_examples=differences.shape[1],
        per_seed=by_seed.tolist(),
        difference=float(by_seed.mean()),
        interval=judged.interval.within(largest),
        method=judged.method,
        p_value=judged.p_value,
        p_sign_flip=sign_flip_p_value(by_seed) if parts else None,
        p_mcnemar=_mcnemar_of_median_seed(by_seed, hits) if hits is not None else None,
        effect_size=float(by_seed.mean()) / float(by_seed.std(ddof=1)) if has_spread else None,
        parts=parts,
        least_reach=min_half_width(parts, level) if parts else 0.0,
        level=level,
        num_differing=judged.num_differing,
    )


class _Kind(NamedTuple):
    is_sequential: bool
    strata: Strata | None
    num_bins: int
    level: float


class _Judged(NamedTuple):
    interval: Interval
    method: Method
    p_value: float | None = None
    num_differing: float | None = None


def _judge(
    differences: NDArray[np.float64],
    parts: Components | None,
    test_to_train: float | None,
    kind: _Kind,
) -> _Judged:
    by_seed, level = differences.mean(1), kind.level
    if len(by_seed) > 1 and test_to_train is not None:
        if not by_seed.std():
            return _Judged(UNKNOWN, "resampled", 1.0)
        of_splits = BySource.of_splits(by_seed, test_to_train)
        return _Judged(of_splits.interval(level), "resampled", of_splits.p_value)
    number = num_differing(differences, kind.num_bins)
    method: Method = "examples" if parts is None else "anytime" if kind.is_sequential else "crossed"
    if number < FEWEST:
        return _Judged(UNKNOWN, method, 1.0 if method == "crossed" else None, number)
    if method == "examples":
        interval = t_interval(differences[0], level)
        assert interval is not None  # a test split has more than one example
        return _Judged(interval, method, num_differing=number)
    if method == "anytime":
        return _Judged(anytime_interval(differences, level), method, num_differing=number)
    found = by_source(differences, kind.strata)
    return _Judged(found.interval(level), method, found.p_value, number)


def largest_unseen_fraction(num_examples: int, level: float = LEVEL) -> float:
    """Return the highest probability of an event that may never occur in n examples.

    Source: the exact binomial limit, 1 - (1 - level)^(1/n), about 3 / n for 95 %.
    """
    return float(1 - (1 - level) ** (1 / num_examples))


def sign_flip_p_value(differences: NDArray[np.float64]) -> float:
    """Return how often flipping the signs of the seeds' differences gives a mean as far from 0.

    Exact up to 16 seeds: all 2^R sign flips are enumerated, so p is at least 2 / 2^R.

    Source: Fisher, "The Design of Experiments" (1935), section 21.

    Args:
        differences: ``(R,)``.
    """
    test = stats.permutation_test(
        (differences,),
        np.mean,
        permutation_type="samples",
        n_resamples=MOST_FLIPS,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return float(test.pvalue)


def _mcnemar_of_median_seed(
    by_seed: NDArray[np.float64], hits: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> float:
    median = int(np.argsort(by_seed, kind="stable")[(len(by_seed) - 1) // 2])
    return mcnemar_p_value(hits[0][median], hits[1][median])


def mcnemar_p_value(first: NDArray[np.bool_], second: NDArray[np.bool_]) -> float:
    """Return how often two equally good models would disagree at least as one-sidedly.

    This is about these two models on new examples, not about new seeds.

    Source: McNemar, "Note on the sampling error of the difference between correlated proportions
    or percentages" (1947), with the exact binomial distribution.

    Args:
        first: ``(N,)``, which examples the first model classifies correctly.
        second: ``(N,)``, which examples the second model classifies correctly.
    """
    only_first = int((first & ~second).sum())
    disagreements = int((first ^ second).sum())
    return float(stats.binomtest(only_first, disagreements).pvalue) if disagreements else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Return p-values corrected for multiple tests.

    Source: Holm, "A simple sequentially rejective multiple test procedure" (1979).
    """
    result = [0.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        result[index] = largest
    return result


def holm_levels(p_values: Sequence[float]) -> list[float]:
    """Return the level of each interval that excludes zero exactly if Holm's method decides.

    The smallest p-value is tested at alpha / K, the next at alpha / (K - 1), up to the first that is
    not significant; all that follow are tested at the same alpha as that one.
    """
    levels, alpha = [LEVEL] * len(p_values), ALPHA / max(len(p_values), 1)
    is_open = True
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        if is_open:
            alpha = ALPHA / (len(p_values) - rank)
            is_open = p_values[index] < alpha
        levels[index] = 1 - alpha
    return levels


def corrected(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with both kinds of p-values over seeds corrected by Holm's method."""
    by_interval = _holm([pair.p_value for pair in pairs])
    by_flips = _holm([pair.p_sign_flip for pair in pairs])
    return [
        replace(pair, p_value=p_value, p_sign_flip=p_sign_flip)
        for pair, p_value, p_sign_flip in zip(pairs, by_interval, by_flips, strict=True)
    ]


def _holm(p_values: Sequence[float | None]) -> Sequence[float | None]:
    """Return corrected p-values; all are None if the pairs have none."""
    known = [p_value for p_value in p_values if p_value is not None]
    return holm(known) if known else p_values
