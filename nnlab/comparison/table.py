"""The numbers of a comparison, from the summaries of runs."""

from __future__ import annotations

import statistics
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from nnlab.config.experiment import LOWER_IS_BETTER
from nnlab.errors import ConfigError, RunError
from nnlab.tasks import scalars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.runs import RunDir

SCHEMA_VERSION = 1


@dataclass(frozen=True)
class Row:
    """One contender's test metric over seeds, and what it cost.

    Attributes:
        name: What the user called it.
        run: Id of its run.
        seeds: The seeds, in the order of ``per_seed``.
        per_seed: Test metric of each seed.
        mean: Mean over seeds.
        std: Sample standard deviation over seeds, or None for one.
        num_parameters: Parameters of one replica.
        train_seconds_per_seed: Training time divided by the number of seeds [s].
    """

    name: str
    run: str
    seeds: list[int]
    per_seed: list[float]
    mean: float
    std: float | None
    num_parameters: int
    train_seconds_per_seed: float


@dataclass(frozen=True)
class Comparison:
    """Contenders' rows, best mean first.

    Attributes:
        metric: Name of the test metric.
        rows: One per contender.
    """

    metric: str
    rows: list[Row]

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object of ``nnlab compare --json``."""
        return {
            "schema_version": SCHEMA_VERSION,
            "metric": self.metric,
            "ahead": self.rows[0].name,
            "contenders": [asdict(row) for row in self.rows],
        }


def tabulate(names: Sequence[str], runs: Sequence[RunDir], metric: str) -> Comparison:
    """Return the comparison of finished runs on the same seeds.

    Raises:
        RunError: If the runs have different seeds or no test part.
        ConfigError: If there is no such metric.
    """
    rows = [_row(name, run, metric) for name, run in zip(names, runs, strict=True)]
    for row in rows[1:]:
        if row.seeds != rows[0].seeds:
            msg = f"{rows[0].name} has seeds {rows[0].seeds}, {row.name} has {row.seeds}"
            raise RunError(msg)
    is_lower_better = metric in LOWER_IS_BETTER
    return Comparison(metric, sorted(rows, key=lambda row: row.mean, reverse=not is_lower_better))


def _row(name: str, run: RunDir, metric: str) -> Row:
    summary = run.summary
    per_seed = summary["per_seed"]
    if "test" not in summary:
        msg = f"run {run.id} has no test part to compare on (dataset.split.test)"
        raise RunError(msg)
    known = scalars(per_seed[0]["test"])
    if metric not in known:
        msg = f"unknown metric '{metric}'; {name} has {', '.join(known)}"
        raise ConfigError(msg)
    values = [float(seed["test"][metric]) for seed in per_seed]
    return Row(
        name=name,
        run=run.id,
        seeds=[int(seed["seed"]) for seed in per_seed],
        per_seed=values,
        mean=statistics.fmean(values),
        std=statistics.stdev(values) if len(values) > 1 else None,
        num_parameters=int(summary["num_parameters"]),
        train_seconds_per_seed=float(summary["train_seconds"]) / len(per_seed),
    )
