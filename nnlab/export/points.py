"""The metrics of a run as points of curves: of each seed, and of their mean; live, too."""

from __future__ import annotations

import statistics
import time
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from nnlab.errors import ConfigError, RunError
from nnlab.runs.load import StoredRun
from nnlab.storage.schemas import SPLITS, scalars_of, survivors, value_in

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from nnlab.export.results import Result
    from nnlab.storage.schemas import Record, SplitName
    from nnlab.training.signals import StopRequest

POLL_SECONDS = 0.5
MEAN = "mean"


class Point(NamedTuple):
    """A value of a curve.

    Attributes:
        series: ``seed-3``, or ``mean``.
        split: Where it was measured; empty for the learning rate.
        metric: What was measured.
        epoch: Completed epochs.
        value: The value, finite.
        time: When [s since 1970].
    """

    series: str
    split: SplitName | str
    metric: str
    epoch: int
    value: float
    time: float


def runs_among(results: Sequence[Result], to: str, *, follow: bool) -> list[StoredRun]:
    """Return results that are all runs.

    Raises:
        ConfigError: If one is a comparison, or several are to be followed.
    """
    runs = [result for result in results if isinstance(result, StoredRun)]
    if len(runs) < len(results):
        msg = f"--to {to} exports runs; a comparison has no curves: export its runs"
        raise ConfigError(msg)
    if follow and len(runs) > 1:
        msg = f"--follow watches one run, not {len(runs)}"
        raise ConfigError(msg)
    return runs


def check_any(runs: Sequence[StoredRun], written: Collection[object]) -> None:
    """Check that there was anything to write.

    Raises:
        RunError: If there was not.
    """
    if not written:
        msg = f"run {runs[0].id} is {runs[0].status} and has no metrics yet"
        raise RunError(msg)


def watch(run: StoredRun, stop: StopRequest | None) -> Iterator[list[Record]]:
    """Yield the records of a run that there are, and then those that are added until it has ended.

    Args:
        run: The run.
        stop: Whether to stop watching; None: the records that there are.
    """
    num_read = 0
    while True:
        is_over = stop is None or stop.signal is not None or run.folder.status != "running"
        records = run.folder.metrics
        yield records[num_read:]
        num_read = len(records)
        if is_over:
            return
        time.sleep(POLL_SECONDS)


def points_of(run: StoredRun, stop: StopRequest | None = None) -> Iterator[list[Point]]:
    """Yield the points of a run, some at a time; those of its results come last; see ``watch``.

    The mean of an epoch follows when all of its seeds are there.
    """
    started, has_mean = _started(run), run.config.train.seeds > 1
    epoch: list[Record] = []
    for records in watch(run, stop):
        found: list[Point] = []
        for record in records:
            if epoch and record["epoch"] != epoch[0]["epoch"]:
                found += _means(epoch, started) if has_mean else []
                epoch = []
            epoch.append(record)
            found += _of_record(record, started)
        yield found
    last = _means(epoch, started) if has_mean else []
    yield [*last, *_of_results(run)] if run.folder.status == "finished" else last


def _started(run: StoredRun) -> float:
    started = run.meta.get("started_at")
    return datetime.fromisoformat(started).timestamp() if started else 0.0


def _of_record(record: Record, started: float) -> Iterator[Point]:
    series, epoch = f"seed-{record['seed']}", record["epoch"]
    when = started + record.get("seconds", 0.0)
    for split in SPLITS:
        for metric in record.get(split) or {}:
            value = None if metric == "batches" else value_in(record, split, metric)
            if value is not None:
                yield Point(series, split, metric, epoch, value, when)
    lr = record.get("lr")
    if lr is not None:
        yield Point(series, "", "lr", epoch, lr, when)


def _means(records: Sequence[Record], started: float) -> list[Point]:
    """Return the means over the seeds that have a value."""
    return _averaged(point for record in records for point in _of_record(record, started))


def _averaged(points: Iterable[Point]) -> list[Point]:
    groups: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for point in points:
        groups[point.split, point.metric].append(point)
    return [
        group[0]._replace(series=MEAN, value=statistics.fmean(point.value for point in group))
        for group in groups.values()
    ]


def _of_results(run: StoredRun) -> list[Point]:
    """Return what was measured on the test split at the end, of each seed and their mean."""
    summary = run.summary
    when = _started(run) + summary["train_seconds"]
    points = [
        Point(f"seed-{seed['seed']}", "test", metric, summary["epochs"], value, when)
        for seed in survivors(summary)
        for metric, value in scalars_of(seed, "test").items()
    ]
    return [*points, *(_averaged(points) if run.config.train.seeds > 1 else [])]
