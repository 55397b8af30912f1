"""The result of a comparison: a row for each contender, and a pair for each two of them."""

from __future__ import annotations

import operator
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.comparison.all_pairs import judge_pairs
from nnlab.comparison.diverged import lost_seeds, without_lost
from nnlab.comparison.intervals import BySource, Interval, by_source
from nnlab.comparison.ranges import interval_in_range
from nnlab.comparison.same_data import check_same_bytes
from nnlab.comparison.scores import Predictions, joined, scores, strata_of
from nnlab.errors import ConfigError, RunError
from nnlab.metrics import METRICS, metrics_of
from nnlab.storage.schemas import scalars_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from nnlab.comparison.costs import Costs
    from nnlab.comparison.pairs import Pair
    from nnlab.comparison.portions import Portion
    from nnlab.comparison.timing import Clock
    from nnlab.storage.schemas import SplitName


@dataclass(frozen=True)
class Row:
    """One contender's metric over seeds, and its costs.

    Attributes:
        name: Name given by the user.
        runs: Ids of its runs, in the order of the seeds.
        seeds: The seeds, in the order of ``per_seed``.
        per_seed: Metric of each seed.
        mean: Mean over seeds.
        interval: Interval of the mean for new seeds and new examples, or for new splits if each seed
            has its own; None for one seed.
        std: Sample standard deviation over seeds; None for one.
        num_parameters: Parameters of one replica.
        train_seconds_per_seed: Training time divided by the number of seeds [s].
        peak_memory_bytes: Peak memory in training, all seeds together; None if not recorded.
        costs: Cost of inference.
        replicas: For each run, the indices of the replicas that are compared.
        clock: How long its runs took, if this command trained them all; else None.
        diverged: Its seeds that have diverged; no contender is compared on them.
        model: Its model, such as ``mlp`` or ``random_forest``; empty if not recorded.
        versions: Versions of nnlab that trained its runs.
    """

    name: str
    runs: list[str]
    seeds: list[int]
    per_seed: list[float]
    mean: float
    interval: Interval | None
    std: float | None
    num_parameters: int
    train_seconds_per_seed: float
    peak_memory_bytes: int | None
    costs: Costs
    replicas: list[list[int]] = field(default_factory=list)
    clock: Clock | None = None
    model: str = ""
    diverged: list[int] = field(default_factory=list)
    versions: list[str] = field(default_factory=list)


@dataclass(frozen=True, repr=False)
class Comparison:
    """Contenders, best mean first, and their pairs; printed, it is the verdicts.

    Attributes:
        metric: Name of the metric.
        num_examples: Examples it is measured on.
        rows: One per contender.
        pairs: Better mean first; p-values are corrected for the number of pairs.
        split: Where the examples are from, ``test`` or ``val``.
        id: Id of the folder it is stored in.
    """

    metric: str
    num_examples: int
    rows: list[Row]
    pairs: list[Pair]
    split: SplitName = "test"
    id: str = ""

    @property
    def verdicts(self) -> list[str]:
        """What the comparison supports about each pair, in a sentence."""
        from nnlab.comparison.words import verdict

        return [verdict(self, pair) for pair in self.pairs]

    @property
    def notes(self) -> list[str]:
        """Which models lose to an estimator of scikit-learn, or do not beat the dummy."""
        from nnlab.comparison.plain_words import plain_words

        return plain_words(self)

    def __str__(self) -> str:
        return "\n".join([*self.verdicts, *self.notes])

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.id}: {'; '.join(self.verdicts)}>"

    @property
    def is_lower_better(self) -> bool:
        """Whether a lower metric is better."""
        return METRICS[self.metric].lower_is_better

    def best(self, row: Row) -> float:
        """Return the metric of a contender's best seed."""
        return (min if self.is_lower_better else max)(row.per_seed)

    def worst(self, row: Row) -> float:
        """Return the metric of a contender's worst seed."""
        return (max if self.is_lower_better else min)(row.per_seed)


def compare_runs(
    runs: Mapping[str, Sequence[Portion]],
    metric: str,
    costs: Mapping[str, Costs],
    *,
    data_dir: Path,
    split: SplitName = "test",
    is_sequential: bool = False,
) -> Comparison:
    """Compare finished runs on the same seeds and examples.

    Args:
        runs: What is taken from the runs of each contender by its name, in the order of the seeds.
        metric: A metric.
        costs: Cost of inference of each contender.
        data_dir: Folder of installed data, to predict validation examples again.
        split: ``test`` or ``val``.
        is_sequential: Whether seeds are added until an interval is narrow.

    Raises:
        RunError: If data, seeds or examples differ, or there is no such split.
        ConfigError: If there is no such metric.
    """
    check_same_bytes(runs)
    _check_portions(runs, split)
    runs, lost = without_lost(runs), {name: lost_seeds(same) for name, same in runs.items()}
    predictions = {
        name: joined([Predictions.load(run, split, data_dir) for run in same])
        for name, same in runs.items()
    }
    rows = [
        _row(name, same, _values(name, same, predictions[name], metric, split), costs[name])
        for name, same in runs.items()
    ]
    rows = [replace(row, diverged=lost[row.name]) for row in rows]
    rows.sort(key=lambda row: row.mean, reverse=not METRICS[metric].lower_is_better)
    _check_same_examples(predictions)
    names = [row.name for row in rows]
    first = predictions[names[0]]
    tables = {row.name: _table(row, predictions[row.name], metric) for row in rows}
    rows = [_with_interval(row, tables[row.name], predictions[row.name], metric) for row in rows]
    pairs = judge_pairs(names, predictions, tables, metric, is_sequential=is_sequential)
    if first.test_to_train is not None:
        pairs = [replace(pair, num_examples=first.num_examples) for pair in pairs]
    return Comparison(metric, first.num_examples, rows, pairs, split)


def _table(row: Row, predictions: Predictions, metric: str) -> NDArray[np.float64]:
    """Return what a pair compares, ``(R, N)``: the metric of each seed if each has its own split."""
    if predictions.test_to_train is None or len(row.seeds) == 1:
        return scores(predictions, metric)
    return np.array(row.per_seed)[:, None]


def _check_portions(runs: Mapping[str, Sequence[Portion]], split: SplitName) -> None:
    """Check that contenders have the same seeds, and the split."""
    (first, expected), *_ = (
        (name, [seed["seed"] for portion in same for seed in portion.per_seed])
        for name, same in runs.items()
    )
    for name, same in runs.items():
        run = same[0].run
        if split not in run.summary:
            msg = f"run {run.id} has no {split} split to compare on (dataset.split.{split})"
            raise RunError(msg)
        seeds = [seed["seed"] for portion in same for seed in portion.per_seed]
        if seeds != expected:
            msg = f"{first} has seeds {expected}, {name} has {seeds}"
            raise RunError(msg)


def _values(
    name: str,
    portions: Sequence[Portion],
    predictions: Predictions,
    metric: str,
    split: SplitName,
) -> NDArray[np.float64]:
    """Return the metric of each seed ``(R,)``; runs older than the metric do not store it."""
    known = [scalars_of(seed, split) for portion in portions for seed in portion.per_seed]
    if all(metric in scalars for scalars in known):
        return np.array([scalars[metric] for scalars in known])
    own = [config.metric for config in portions[0].run.config.metrics]
    if metric not in [*metrics_of(portions[0].run.spec.task), *own]:
        msg = f"unknown metric '{metric}'; {name} has {', '.join(known[0])}"
        raise ConfigError(msg)
    if reason := predictions.why_undefined(metric):
        msg = f"the {split} {metric} of {name} is undefined: {reason}"
        raise ConfigError(msg)
    return np.asarray(scores(predictions, metric).mean(1))


def _row(name: str, portions: Sequence[Portion], values: NDArray[np.float64], costs: Costs) -> Row:
    summaries = [portion.run.summary for portion in portions]
    per_seed = [seed for portion in portions for seed in portion.per_seed]
    peaks = [summary.get("peak_memory_bytes") for summary in summaries]
    seconds = sum(summary["train_seconds"] for summary in summaries)
    clocks = [portion.clock for portion in portions if portion.clock is not None]
    return Row(
        name=name,
        runs=[portion.run.id for portion in portions],
        replicas=[list(portion.replicas) for portion in portions],
        seeds=[seed["seed"] for seed in per_seed],
        per_seed=values.tolist(),
        mean=float(values.mean()),
        interval=None,
        std=float(values.std(ddof=1)) if len(values) > 1 else None,
        num_parameters=summaries[0]["num_parameters"],
        train_seconds_per_seed=seconds / sum(len(summary["per_seed"]) for summary in summaries),
        peak_memory_bytes=max((peak for peak in peaks if peak is not None), default=None),
        costs=costs,
        clock=reduce(operator.add, clocks) if len(clocks) == len(portions) else None,
        model=portions[0].run.config.model.title,
        versions=sorted(
            {p.run.meta.get("versions", {}).get("nnlab") or "unknown" for p in portions}
        ),
    )


def _with_interval(
    row: Row, table: NDArray[np.float64], predictions: Predictions, metric: str
) -> Row:
    """Return a row with the interval of its mean; of one seed, there is none."""
    if len(row.seeds) == 1:
        return row
    ratio, size = predictions.test_to_train, (len(row.seeds), predictions.num_examples)
    if ratio is not None:
        found = BySource.of_splits(np.array(row.per_seed), ratio)
    else:
        found = by_source(table, strata_of(predictions, metric))
    return replace(row, interval=interval_in_range(metric, found, size))


def _check_same_examples(predictions: Mapping[str, Predictions]) -> None:
    (first, expected), *others = predictions.items()
    for name, other in others:
        if not torch.equal(_rounded(other.targets), _rounded(expected.targets)):
            msg = f"{first} and {name} were measured on different examples (dataset.split)"
            raise RunError(msg)


def _rounded(targets: Tensor) -> Tensor:
    """Return targets as every precision can store them."""
    return targets.float() if targets.is_floating_point() else targets
