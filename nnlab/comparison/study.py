"""Running a comparison: which runs to reuse, what to train and when to stop."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.comparison import costs as costing
from nnlab.config.resolve import load_examples
from nnlab.errors import RunError
from nnlab.runs.load import open_run
from nnlab.storage.registry import list_runs
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from nnlab.comparison.contenders import Contender
    from nnlab.comparison.result import Comparison
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir

    Train = Callable[[ExperimentConfig], RunDir]
    Judge = Callable[..., Comparison]


@dataclass(frozen=True)
class StoppingRule:
    """When to stop adding seeds.

    Attributes:
        width: Maximum width of the interval of every difference, in the unit of the metric.
        most_seeds: Maximum number of seeds per contender.
    """

    width: float
    most_seeds: int


def run_study(
    contenders: Sequence[Contender],
    *,
    seeds: int,
    train: Train,
    judge: Judge,
    stop: StoppingRule | None = None,
) -> Comparison:
    """Train the contenders without a run, on the same seeds, and compare all.

    Args:
        contenders: Two or more.
        seeds: Seeds per contender; with ``stop``, the number added each time.
        train: Returns a finished run of an experiment.
        judge: Compares the runs by a metric; see ``compare_runs``.
        stop: When to stop adding seeds; the intervals are then anytime-valid. None adds none.
    """
    runs = {c.name: [_first_run(c, seeds, train)] for c in contenders}
    costs = {name: costing.measure(of_contender[0]) for name, of_contender in runs.items()}
    comparison = judge(runs, costs=costs, is_sequential=stop is not None)
    while stop and _needs_seeds(comparison, stop):
        done = len(comparison.rows[0].seeds)
        more = min(seeds, stop.most_seeds - done)
        for contender in contenders:
            config = _of_seeds(contender.config, done, more)
            runs[contender.name].append(open_run(train(config)))
        comparison = judge(runs, costs=costs, is_sequential=True)
    return comparison


def _first_run(contender: Contender, seeds: int, train: Train) -> StoredRun:
    return contender.run or open_run(train(_of_seeds(contender.config, 0, seeds)))


def _of_seeds(config: ExperimentConfig, skipped: int, number: int) -> ExperimentConfig:
    """Return the experiment with ``number`` replicas, after skipping ``skipped`` seeds."""
    first = config.train.seed + skipped
    train = config.train.model_copy(update={"seed": first, "seeds": number})
    return config.model_copy(update={"train": train})


def _needs_seeds(comparison: Comparison, stop: StoppingRule) -> bool:
    """Return whether more seeds are allowed, needed and useful."""
    wide = [pair for pair in comparison.pairs if pair.interval.width > stop.width]
    is_allowed = len(comparison.rows[0].seeds) < stop.most_seeds
    return is_allowed and any(2 * pair.least_reach <= stop.width for pair in wide)


def find_finished(config: ExperimentConfig, runs_dir: Path, data_dir: Path) -> RunDir | None:
    """Return the newest finished run of the same experiment, data and version of nnlab, if any.

    Args:
        config: The experiment; every default counts.
        runs_dir: Folder of runs.
        data_dir: Folder of installed data, which are read to verify that they are the same.
    """
    for run in reversed(list_runs(runs_dir)):
        if _is_same(run, config, data_dir):
            return run
    return None


def _is_same(run: RunDir, config: ExperimentConfig, data_dir: Path) -> bool:
    try:
        meta = run.meta
        is_same = (
            meta.get("status") == "finished"
            and meta.get("name") == config.name
            and meta.get("versions", {}).get("nnlab") == __version__
            and run.config.training_fields() == config.training_fields()
        )
    except RunError:
        return False
    return is_same and meta.get("data_sha256") == _digest(config, data_dir)


def _digest(config: ExperimentConfig, data_dir: Path) -> str:
    return load_examples(config.dataset, data_dir).sha256
