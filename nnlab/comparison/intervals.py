"""How far a difference may be off: for new seeds and for new test examples together.

docs/comparison.md says what is assumed, and the simulation that this was chosen by.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

if TYPE_CHECKING:
    from numpy.typing import NDArray

LEVEL = 0.95


@dataclass(frozen=True)
class Interval:
    """Where the truth may be.

    Attributes:
        low: Lower end.
        high: Upper end.
    """

    low: float
    high: float

    def to_json(self) -> dict[str, float] | None:
        """Return both ends, or None for an interval without ends."""
        return {"low": self.low, "high": self.high} if math.isfinite(self.width) else None

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
    """The variance of a mean over R seeds and N examples, by where it comes from.

    Seeds and examples are crossed: every seed is tested on every example.

    Attributes:
        mean: Mean over seeds and examples.
        seeds: Variance of the mean that new seeds would show: var(mean over examples) / R.
        examples: Variance of the mean that new examples would show: var(mean over seeds) / N.
        cross: What both of these contain beside their own: residual variance / (R N).
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
    def endless(self) -> float:
        """Variance that endless seeds would leave: that of the examples, without the residual."""
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
    def p_value(self) -> float:
        """How often the mean would be as far from zero if the truth were zero."""
        if self.variance == 0:
            return float(self.mean == 0)
        statistic = abs(self.mean) / math.sqrt(self.variance)
        return float(2 * stats.t.sf(statistic, self.degrees_of_freedom))

    def interval(self, level: float = LEVEL) -> Interval:
        """Return the interval of the mean for new seeds and new examples."""
        reach = stats.t.ppf((1 + level) / 2, self.degrees_of_freedom) * math.sqrt(self.variance)
        return Interval(float(self.mean - reach), float(self.mean + reach))


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
        msg = f"two seeds and two examples are needed, not {num_seeds} and {num_examples}"
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


def student(values: NDArray[np.float64], level: float = LEVEL) -> Interval | None:
    """Return Student's interval of a mean.

    Over the seeds' means it is for new seeds on the same examples; over the examples of one seed,
    for new examples and these very weights.

    Args:
        values: ``(n,)``.
        level: How often such an interval holds the truth.

    Returns:
        None for a single value, which says nothing of others.
    """
    if len(values) < 2:
        return None
    reach = stats.t.ppf((1 + level) / 2, len(values) - 1) * stats.sem(values)
    return Interval(float(values.mean() - reach), float(values.mean() + reach))
