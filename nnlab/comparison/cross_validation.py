"""What cross-validation says: the mean over the folds of a run, and how far it can be trusted."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.comparison.intervals import BySource
from nnlab.comparison.ranges import interval_in_range
from nnlab.storage.schemas import scalars_of, survivors

if TYPE_CHECKING:
    from nnlab.comparison.intervals import Interval
    from nnlab.storage.run_dir import RunDir


class Folds(NamedTuple):
    """The folds of a finished run.

    Attributes:
        number: K, into how many folds the examples are divided.
        repeats: How often they are divided anew.
        smallest: Test examples of the smallest fold.
        largest: Test examples of the largest.
        num_train: Examples that each was trained on.
    """

    number: int
    repeats: int
    smallest: int
    largest: int
    num_train: int

    def __str__(self) -> str:
        sizes = f"{self.smallest:,}"
        if self.largest > self.smallest:
            sizes += f" to {self.largest:,}"
        repeated = "" if self.repeats == 1 else f", drawn {self.repeats} times"
        return f"{self.number} folds of {sizes} test examples{repeated}"


def folds_of(run: RunDir) -> Folds | None:
    """Return the folds of a finished run; None if it has none, or was not tested."""
    per_seed = run.summary["per_seed"]
    sizes = [size for seed in per_seed if (size := seed.get("num_tested"))]
    num_train = run.meta.get("num_examples", {}).get("train", 0)
    if not sizes or not num_train:
        return None
    number = 1 + max(seed.get("fold", 0) for seed in per_seed)
    repeats = math.ceil(len(per_seed) / number)
    return Folds(number, repeats, min(sizes), max(sizes), num_train)


def folds_interval(run: RunDir, metric: str) -> Interval | None:
    """Return the 95 % interval of the mean of a test metric over folds; see ``BySource.of_splits``.

    None if the run has no folds, if one of them does not define the metric, or if only one is left.

    Args:
        run: A finished run.
        metric: A metric.
    """
    folds = folds_of(run)
    values = [scalars_of(seed, "test").get(metric) for seed in survivors(run.summary)]
    known = np.array([value for value in values if value is not None])
    if folds is None or len(known) < max(len(values), 2):
        return None
    found = BySource.of_splits(known, folds.largest / folds.num_train)
    return interval_in_range(metric, found, (len(known), folds.largest))
