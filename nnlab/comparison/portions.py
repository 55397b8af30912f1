"""The replicas that a comparison takes from a run, and the finished runs that have them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.assembly.engine import engine_of
from nnlab.config.resolve import load_examples
from nnlab.errors import RunError
from nnlab.runs.engine import recorded_engine
from nnlab.runs.load import open_run
from nnlab.storage.registry import list_runs
from nnlab.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from nnlab.comparison.timing import Clock
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import SeedResult


@dataclass(frozen=True)
class Portion:
    """Some replicas of a finished run, whether they have diverged or not.

    Attributes:
        run: The run.
        replicas: Their indices, in the order of their seeds.
        clock: How long the whole run took to train, if this command trained it.
    """

    run: StoredRun
    replicas: tuple[int, ...]
    clock: Clock | None = None

    @classmethod
    def whole(cls, run: StoredRun, clock: Clock | None = None) -> Portion:
        """Return all replicas of a run."""
        return cls(run, tuple(range(run.config.train.seeds)), clock)

    @property
    def per_seed(self) -> list[SeedResult]:
        """The final metrics of each replica."""
        per_seed = self.run.summary["per_seed"]
        return [per_seed[replica] for replica in self.replicas]


def find_portions(config: ExperimentConfig, runs_dir: Path, data_dir: Path) -> list[Portion]:
    """Return replicas of finished runs that cover the seeds of an experiment; none if they do not.

    The newest run that has all seeds is preferred to several.

    Args:
        config: The experiment; every default counts except which seeds.
        runs_dir: Folder of runs.
        data_dir: Folder of installed data, which are read to verify that they are the same.
    """
    wanted = config.train.replica_seeds
    available = list(_same_experiment(config, runs_dir, data_dir))
    for run in available:
        if set(wanted) <= set(run.config.train.replica_seeds):
            return [_portion(run, list(wanted))]
    missing, portions = set(wanted), []
    for run in available:
        if taken := sorted(missing & set(run.config.train.replica_seeds)):
            portions.append(_portion(run, taken))
            missing -= set(taken)
    portions.sort(key=lambda portion: portion.per_seed[0]["seed"])
    seeds = [summary["seed"] for portion in portions for summary in portion.per_seed]
    return portions if seeds == list(wanted) else []


def _same_experiment(
    config: ExperimentConfig, runs_dir: Path, data_dir: Path
) -> Iterator[StoredRun]:
    """Yield the finished runs of the same experiment, data and version of nnlab, newest first."""
    digest: str | None = None
    for run in reversed(list_runs(runs_dir)):
        if _is_same(run, config):
            digest = digest or load_examples(config.dataset, data_dir).sha256
            if run.meta.get("data_sha256") == digest:
                yield open_run(run)


def _is_same(run: RunDir, config: ExperimentConfig) -> bool:
    try:
        meta = run.meta
        return (
            meta.get("status") == "finished"
            and meta.get("name") == config.name
            and meta.get("versions", {}).get("nnlab") == __version__
            and _identity(run.config) == _identity(config)
            and recorded_engine(run.config, meta) == _engine(config)
        )
    except RunError:
        return False


def _engine(config: ExperimentConfig) -> str:
    return config.train.engine if config.model.is_estimator else engine_of(config)[0]


def _identity(config: ExperimentConfig) -> dict[str, object]:
    """Return what the result of a seed depends on: the company of others, only by the time left."""
    fields = config.training_fields()
    if config.train.max_minutes is None:
        fields["train"] = {**fields["train"], "seed": None, "seeds": None}
    return fields


def _portion(run: StoredRun, seeds: list[int]) -> Portion:
    return Portion(run, tuple(seed - run.config.train.seed for seed in seeds))
