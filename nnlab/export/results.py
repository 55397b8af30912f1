"""The results of runs, or of a comparison, as one table."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.comparison.result import Comparison
from nnlab.errors import ConfigError
from nnlab.formatting import flatten
from nnlab.metrics import COMPARED
from nnlab.storage.schemas import SPLITS, deviations, survivors, values_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.runs.load import StoredRun
    from nnlab.storage.schemas import SplitName

    Result = StoredRun | Comparison

# Keys of an experiment that are no setting: what it is called, and how many seeds it has.
NOT_COMPARED = frozenset({"name", "train.seeds"})


class Measure(NamedTuple):
    """What was measured.

    Attributes:
        split: On which examples.
        metric: Name of the metric.
    """

    split: SplitName
    metric: str

    @property
    def column(self) -> str:
        """Name of its column."""
        return f"{self.split}_{self.metric}"


class Measured(NamedTuple):
    """A metric over seeds.

    Attributes:
        mean: Its mean; None if it is undefined.
        std: Its sample standard deviation; None for one seed.
    """

    mean: float | None
    std: float | None


@dataclass(frozen=True)
class ResultRow:
    """One run, or one contender.

    Attributes:
        labels: What it is, by the name of the column: texts, settings, counts.
        measured: Its metrics.
        is_best: Whether the verdict is that it is better than every other row.
        details: Further numbers, which a printed table leaves out.
    """

    labels: dict[str, Any]
    measured: dict[Measure, Measured]
    is_best: bool = False
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ResultTable:
    """Results, one row each.

    Attributes:
        ids: Ids of the runs, or of the comparison.
        name: What a file of it is called.
        rows: The rows; all of them have the same labels.
        headline: The measures of a printed table.
        notes: What was compared, and the verdicts.
    """

    ids: list[str]
    name: str
    rows: list[ResultRow]
    headline: list[Measure]
    notes: list[str] = field(default_factory=list)

    def records(self) -> list[dict[str, Any]]:
        """Return a flat record for each row, all with the same keys."""
        measures = list(dict.fromkeys(m for row in self.rows for m in row.measured))
        return [{**row.labels, **dict(_numbers(row, measures)), **row.details} for row in self.rows]

    def default_path(self, suffix: str) -> Path:
        """Return where it is written unless the user says."""
        return Path(f"{self.name}{suffix}")


def result_table(results: Sequence[Result]) -> ResultTable:
    """Return runs, or one comparison, as a table.

    Raises:
        ConfigError: If a comparison is not alone.
        RunError: If a run is not finished.
    """
    runs = [result for result in results if not isinstance(result, Comparison)]
    if len(runs) == len(results):
        return _of_runs(runs)
    if len(results) > 1:
        msg = "a table is of runs, or of one comparison; export each comparison by itself"
        raise ConfigError(msg)
    (comparison,) = results
    assert isinstance(comparison, Comparison), "the only result is no run"
    return _of_comparison(comparison)


def _numbers(row: ResultRow, measures: Sequence[Measure]) -> Iterator[tuple[str, float | None]]:
    for measure in measures:
        found = row.measured.get(measure, Measured(None, None))
        yield measure.column, found.mean
        yield f"{measure.column}_std", found.std


def _of_runs(runs: Sequence[StoredRun]) -> ResultTable:
    settings = _differing_settings(runs)
    rows = [_row(run, of_run) for run, of_run in zip(runs, settings, strict=True)]
    present = {measure for row in rows for measure in row.measured}
    split: SplitName = "test" if any(m.split == "test" for m in present) else "val"
    wanted = [Measure(split, COMPARED[run.spec.task]) for run in runs]
    wanted.append(Measure(split, "loss"))
    name = runs[0].config.name if len(runs) == 1 else "runs"
    headline = [measure for measure in dict.fromkeys(wanted) if measure in present]
    return ResultTable([run.id for run in runs], name, rows, headline)


def _row(run: StoredRun, settings: dict[str, Any]) -> ResultRow:
    summary = run.summary
    seeds = survivors(summary)
    return ResultRow(
        {"run": run.id, "name": run.config.name, **settings, "seeds": len(seeds)},
        {
            Measure(split, metric): Measured(mean, deviations(summary, split)[metric])
            for split in SPLITS
            for metric, mean in values_in(summary, split).items()
        },
        details={
            "epochs": summary["epochs"],
            "num_parameters": summary["num_parameters"],
            "train_seconds": summary["train_seconds"],
        },
    )


def _differing_settings(runs: Sequence[StoredRun]) -> list[dict[str, Any]]:
    """Return, for each run, the settings in which the runs differ."""
    all_settings = [flatten(run.config.model_dump(mode="json", exclude={"ignore"})) for run in runs]
    keys = [key for key in dict.fromkeys(k for s in all_settings for k in s) if _is_setting(key)]
    differing = [key for key in keys if len({json.dumps(s.get(key)) for s in all_settings}) > 1]
    return [{key: _plain(settings.get(key)) for key in differing} for settings in all_settings]


def _is_setting(key: str) -> bool:
    return key not in NOT_COMPARED


def _plain(value: Any) -> Any:
    """Return a setting as one cell: lists and mappings as JSON."""
    return json.dumps(value) if isinstance(value, list | dict) else value


def _of_comparison(comparison: Comparison) -> ResultTable:
    measure = Measure(comparison.split, comparison.metric)
    best = _clearly_best(comparison)
    rows = [
        ResultRow(
            {"contender": row.name, "model": row.model, "seeds": len(row.seeds)},
            {measure: Measured(row.mean, row.std)},
            row.name == best,
            {
                "low": row.interval and row.interval.low,
                "high": row.interval and row.interval.high,
                "best_seed": comparison.best(row),
                "worst_seed": comparison.worst(row),
                "num_parameters": row.num_parameters,
                "train_seconds_per_seed": row.train_seconds_per_seed,
                "is_clearly_best": row.name == best,
            },
        )
        for row in comparison.rows
    ]
    examples = f"{comparison.num_examples:,} {comparison.split} examples"
    notes = [f"{comparison.metric} on {examples}", *comparison.verdicts]
    return ResultTable([comparison.id], comparison.id, rows, [measure], notes)


def _clearly_best(comparison: Comparison) -> str | None:
    """Return the contender that the verdicts call better than every other one, or None."""
    ahead, *others = [row.name for row in comparison.rows]
    decided = {p.second for p in comparison.pairs if p.first == ahead and p.is_decided}
    return ahead if decided >= set(others) else None
