"""What a sweep costs: memory and disk from the sizes of its networks, time from a few steps."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from nnlab.assembly.footprint import estimate
from nnlab.assembly.job import job_of
from nnlab.config.resolve import load_examples
from nnlab.inspection.profiling import seconds_per_epoch
from nnlab.storage.checkpoint import NUM_KEPT
from nnlab.sweep.packs import MAX_REPLICAS, kind_of
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec, Examples
    from nnlab.sweep.plan import Plan
    from nnlab.training.footprint import Footprint

# Weights, gradients and optimizer of a pack; the same on every computer, as packs must be.
MAX_PACK_BYTES = 10**9
# Of many kinds of packs, some stand for all.
MAX_MEASURED = 20
MIN_SECONDS = 0.1


class Costs(NamedTuple):
    """What a sweep costs.

    Attributes:
        memory_bytes: Memory of the largest pack, besides the data [byte].
        disk_bytes: Lower bound of the disk space of all packs and of the confirmation [byte].
        confirmation_epochs: Epochs of all replicas of the confirmation together.
        search_seconds: Estimated time of the search [s]; None if its steps cannot be timed.
        confirmation_seconds: Estimated time of the confirmation [s].
        audit_seconds: Estimated time of the audit [s].
        engine: What trains the first pack.
        device: Where it is trained.
        threads: The most processor threads.
    """

    memory_bytes: int
    disk_bytes: int
    confirmation_epochs: int
    search_seconds: float | None
    confirmation_seconds: float | None
    audit_seconds: float | None
    engine: str
    device: str
    threads: int


class _Kind(NamedTuple):
    """What a pack costs.

    Attributes:
        seconds: Time of one epoch of one replica [s]; None if unknown.
    """

    footprint: Footprint
    seconds: float | None
    engine: str
    device: str
    threads: int


@dataclass(frozen=True)
class Meter:
    """Measures the experiments of a sweep, which share their data.

    Attributes:
        data_dir: Folder of installed data.
    """

    data_dir: Path
    _cache: dict[str, tuple[Examples, DataSpec]] = field(default_factory=dict)

    def _data(self, config: ExperimentConfig) -> tuple[Examples, DataSpec]:
        """Return the examples of an experiment and the shapes of what it learns from."""
        key = json.dumps(config.dataset.model_dump(mode="json"), sort_keys=True)
        if key not in self._cache:
            examples = load_examples(config.dataset, self.data_dir)
            job = job_of(_with_seeds(config, 1), examples, data_dir=self.data_dir)
            self._cache[key] = examples, job.dataset.spec
        return self._cache[key]

    def max_replicas(self, config: ExperimentConfig) -> int:
        """Return how many replicas a pack of an experiment can have."""
        needed = self.size_of(config, 1)
        size = needed.parameters + needed.gradients + needed.optimizer
        return min(MAX_REPLICAS, max(MAX_PACK_BYTES // max(size, 1), 1))

    def size_of(self, config: ExperimentConfig, num_replicas: int) -> Footprint:
        """Return the memory of a run of an experiment, without its activations."""
        return estimate(_with_seeds(config, num_replicas), self._data(config)[1])

    def measure(self, config: ExperimentConfig, num_replicas: int, seconds: float) -> _Kind:
        """Train an experiment for a short time, and return what it costs."""
        with deterministic():
            examples, _ = self._data(config)
            job = job_of(_with_seeds(config, num_replicas), examples, data_dir=self.data_dir)
            is_timed = not (config.model.is_estimator or config.optimizer.has_line_search)
            spent = None
            if is_timed:
                with threads(job.num_threads), job.training_mode():
                    spent = seconds_per_epoch(job, seconds) / num_replicas
        return _Kind(job.footprint, spent, job.engine, str(job.device), job.max_threads)

    def costs(self, plan: Plan, seconds: float) -> Costs:
        """Return what a plan costs, after measuring each kind of pack.

        Args:
            plan: The plan.
            seconds: How long to measure in total [s].
        """
        largest: dict[str, tuple[int, ...]] = {}
        for pack in plan.packs:
            kind = kind_of(plan.trials[pack[0]].config)
            largest[kind] = max(pack, largest.get(kind, ()), key=len)
        step = -(-len(largest) // MAX_MEASURED)
        share = max(seconds / (len(largest) / step), MIN_SECONDS)
        found = {
            kind: self.measure(plan.trials[pack[0]].config, len(pack) * len(plan.seeds), share)
            for kind, pack in [*largest.items()][::step]
        }
        return _sum(plan, found, self)

    def sizes(self, plan: Plan) -> list[Footprint]:
        """Return the memory of each pack, without its activations."""
        num_seeds = len(plan.seeds)
        return [
            self.size_of(plan.trials[pack[0]].config, len(pack) * num_seeds) for pack in plan.packs
        ]


def _sum(plan: Plan, found: dict[str, _Kind], meter: Meter) -> Costs:
    first = next(iter(found.values()))
    confirm, epochs = plan.sweep.confirm, plan.base.train.epochs
    num_finalists = min(confirm.finalists, plan.num_survivors)
    num_chosen = num_finalists if num_finalists > 1 else 0
    confirmation = (num_chosen + 2) * confirm.seeds * epochs
    rate = _mean_rate(plan, found)
    sizes = meter.sizes(plan)
    stored = sum(size.checkpoint for size in sizes)
    confirmed = (num_chosen + 2) * meter.size_of(plan.base, confirm.seeds).checkpoint
    return Costs(
        memory_bytes=max(_total(size) for size in [*sizes, *(k.footprint for k in found.values())]),
        disk_bytes=NUM_KEPT * (stored * plan.num_trials // len(plan.trials) + confirmed),
        confirmation_epochs=confirmation,
        search_seconds=rate and rate * plan.replica_epochs,
        confirmation_seconds=rate and rate * confirmation,
        audit_seconds=rate and rate * plan.audited * len(plan.seeds) * epochs,
        engine=first.engine,
        device=first.device,
        threads=first.threads,
    )


def _mean_rate(plan: Plan, found: dict[str, _Kind]) -> float | None:
    """Return the time of one epoch of one replica, over all trials, of which pruning may keep any."""
    rates = [
        found[kind].seconds for trial in plan.trials if (kind := kind_of(trial.config)) in found
    ]
    known = [rate for rate in rates if rate is not None]
    return sum(known) / len(known) if len(known) == len(rates) else None


def _total(size: Footprint) -> int:
    return sum(asdict(size).values())


def _with_seeds(config: ExperimentConfig, num_replicas: int) -> ExperimentConfig:
    train = config.train.model_copy(update={"seeds": num_replicas})
    return config.model_copy(update={"train": train})
