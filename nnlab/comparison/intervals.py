"""The uncertainty of a difference, over new seeds and new test examples together.

docs/comparison.md states the assumptions, and the simulation behind this choice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy import optimize, special, stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.95
SMALLEST_P = 1e-200


@dataclass(frozen=True)
class Interval:
    """An interval for the true value.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float

    def to_json(self) -> dict[str, float] | None:
        """Return both ends, or None for an infinite interval."""
        return {"low": self.low, "high": self.high} if math.isfinite(self.width) else None

    def within(self, largest: float) -> Interval:
        """Return the part of a finite interval between a number and its negative."""
        if not math.isfinite(self.width):
            return self
        return Interval(max(self.low, -largest), min(self.high, largest))

    @property
    def width(self) -> float:
        """Upper end minus lower end."""
        return self.high - self.low

    def __neg__(self) -> Interval:
        return Interval(-self.high, -self.low)

    @property
    def excludes_zero(self) -> bool:
        """Whether both ends have the same sign."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Components:
    """The variance of a mean over R seeds and N examples, by source.

    Seeds and examples are crossed: every seed is tested on every example.

    Attributes:
        mean: Mean over seeds and examples.
        seeds: Variance of the mean over new seeds: var(mean over examples) / R.
        examples: Variance of the mean over new examples: var(mean over seeds) / N.
        cross: Residual that both of these contain: residual variance / (R N).
        num_seeds: R.
        num_examples: N.
    """

    mean: float
    seeds: float
    examples: float
    cross: float
    num_seeds: int
    num_examples: int

    @property
    def variance(self) -> float:
        """Variance of the mean over new seeds and new examples."""
        return max(self.seeds + self.examples - self.cross, self.seeds, self.examples)

    @property
    def limit_variance(self) -> float:
        """Variance in the limit of many seeds: that of the examples, without the residual."""
        return max(self.examples - self.cross, 0.0)

    @property
    def degrees_of_freedom(self) -> float:
        """Satterthwaite's approximation; at least R - 1."""
        fewest = self.num_seeds - 1
        if self.variance == 0:
            return fewest
        weighted = self.seeds**2 / fewest + self.examples**2 / (self.num_examples - 1)
        return max(self.variance**2 / weighted, fewest)

    @property
    def uncertainty(self) -> BySource:
        """The uncertainty of a mean over examples."""
        alone, freedoms = self.limit_variance, (self.num_seeds - 1, self.num_examples - 1)
        return BySource(self.mean, self.seeds, alone, self.cross, *freedoms)


class BySource(NamedTuple):
    """The uncertainty of a mean whose seeds and examples keep their own degrees of freedom.

    Source: Cochran, "Approximate significance levels of the Behrens-Fisher test" (1964): the
    quantile is the mean of the quantiles of both sources, weighted by their variances.

    Attributes:
        mean: Mean over seeds and examples.
        seeds: Variance of the mean over new seeds, with the residual.
        examples: Variance of the mean over new examples, without the residual.
        residual: Residual variance of the mean; the true variance is no smaller.
        seed_freedom: Degrees of freedom of the first.
        example_freedom: Degrees of freedom of the second.
    """

    mean: float
    seeds: float
    examples: float
    residual: float
    seed_freedom: float
    example_freedom: float

    @classmethod
    def of_splits(cls, values: NDArray[np.float64], test_to_train: float) -> BySource:
        """Return the uncertainty of a mean over random splits of the same examples.

        Random splits overlap, so that their results are correlated: the usual variance of a mean,
        without ``test_to_train``, is too small.

        Source: Nadeau and Bengio, "Inference for the Generalization Error" (2003), section 3, the
        corrected resampled t-test.

        Args:
            values: One per split, ``(R,)``, R at least 2.
            test_to_train: Test examples per training example.
        """
        variance = float(values.var(ddof=1)) * (1 / len(values) + test_to_train)
        return cls(float(values.mean()), variance, 0.0, 0.0, len(values) - 1, math.inf)

    def half_width(self, risk: float) -> float:
        """Return the half-width of the interval that misses the true mean with this probability."""
        of_seeds, of_examples = -special.stdtrit(
            [self.seed_freedom, self.example_freedom], risk / 2
        )
        least, total = of_examples * math.sqrt(self.residual), self.seeds + self.examples
        if total == 0:
            return float(least)
        quantile = of_seeds * (self.seeds / total) + of_examples * (self.examples / total)
        return float(max(quantile * math.sqrt(total), least))

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the interval of the mean for new seeds and new examples."""
        half_width = self.half_width(1 - level)
        return Interval(self.mean - half_width, self.mean + half_width)

    @property
    def p_value(self) -> float:
        """The risk at which the interval begins to exclude zero."""
        if self.seeds + self.examples + self.residual == 0:
            return float(self.mean == 0)
        if self.half_width(SMALLEST_P) < abs(self.mean):
            return SMALLEST_P
        root = optimize.brentq(
            lambda log: self.half_width(math.exp(log)) - abs(self.mean), math.log(SMALLEST_P), 0.0
        )
        return math.exp(float(root))


def components(differences: NDArray[np.float64]) -> Components:
    """Return the variance components of a crossed table.

    Source: Owen, "The pigeonhole bootstrap" (2007), section 3, for two crossed random factors;
    Satterthwaite, "An approximate distribution of estimates of variance components" (1946).

    Args:
        differences: ``(R, N)``, one contender minus the other for each seed and example.

    Raises:
        ValueError: If there are fewer than two seeds or examples.
    """
    num_seeds, num_examples = differences.shape
    if num_seeds < 2 or num_examples < 2:
        msg = f"needs at least two seeds and two examples, not {num_seeds} and {num_examples}"
        raise ValueError(msg)
    by_seed, by_example = differences.mean(1), differences.mean(0)
    mean = by_seed.mean()
    residual = np.square(differences - by_seed[:, None] - by_example + mean).sum()
    residual /= (num_seeds - 1) * (num_examples - 1)
    return Components(
        mean=float(mean),
        seeds=float(by_seed.var(ddof=1)) / num_seeds,
        examples=float(by_example.var(ddof=1)) / num_examples,
        cross=float(residual) / (num_seeds * num_examples),
        num_seeds=num_seeds,
        num_examples=num_examples,
    )


class Strata(NamedTuple):
    """The classes of a metric in which every class counts the same.

    Attributes:
        classes: Class of each example, ``(N,)``.
        is_area: Whether the metric is an area under a curve: a few examples that are far from
            their class decide, and the variance is known less well than that of a Gaussian.
    """

    classes: NDArray[np.int64]
    is_area: bool = False


def by_source(differences: NDArray[np.float64], strata: Strata | None = None) -> BySource:
    """Return what seeds and examples add to the uncertainty of a metric.

    Where every class counts the same, the few examples of a rare one decide: each class has its own
    variance and degrees of freedom.

    Args:
        differences: ``(R, N)``, one contender minus the other for each seed and example.
        strata: The classes; None for a mean over examples.
    """
    parts = components(differences)
    if strata is None:
        return parts.uncertainty
    examples, freedom = _of_classes(differences.mean(0), strata)
    of_classes = replace(parts, examples=examples)
    return of_classes.uncertainty._replace(example_freedom=freedom)


def _of_classes(by_example: NDArray[np.float64], strata: Strata) -> tuple[float, float]:
    """Return the variance of a mean over examples in classes, and its degrees of freedom.

    Source: Welch, "The generalization of Student's problem" (1947).
    """
    number, mean = len(by_example), by_example.mean()
    variances, freedoms, between = [], [], 0.0
    for index in np.unique(strata.classes):
        own = by_example[strata.classes == index]
        between += len(own) * (own.mean() - mean) ** 2 / number**2
        if len(own) > 1:
            variances.append(own.var(ddof=1) * len(own) / number**2)
            freedoms.append(_freedom(own) if strata.is_area else len(own) - 1)
    terms = np.array([*variances, between])
    weighted = np.sum(terms**2 / np.array([*freedoms, number - 1]))
    total = float(terms.sum())
    return total, float(total**2 / weighted) if weighted else float(number - 1)


def _freedom(values: NDArray[np.float64]) -> float:
    """Return the degrees of freedom of a variance: 2 n / (kurtosis - 1), at most n - 1.

    Source: Cramer, "Mathematical Methods of Statistics" (1946), section 27.4: the variance of a
    sample variance.
    """
    number, squares = len(values), np.square(values - values.mean())
    if not squares.any():
        return number - 1
    kurtosis = float(np.square(squares).mean() / squares.mean() ** 2)
    return min(2 * number / max(kurtosis - 1, 2.0), number - 1)


def t_interval(values: NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """Return Student's t interval of a mean.

    Over the seeds' means, it is for new seeds on the same examples; over the examples of one seed,
    for new examples with the same weights.

    Args:
        values: ``(n,)``.
        level: Coverage: how often such an interval contains the true mean.

    Returns:
        The interval; None for a single value.
    """
    if len(values) < 2:
        return None
    half_width = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return Interval(float(values.mean() - half_width), float(values.mean() + half_width))
