"""How far a run has come: counters, and what each replica's metrics have decided."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence


@dataclass
class ReplicaProgress:
    """What the monitored metric has decided for one replica.

    Attributes:
        best_value: Best value of the monitored metric so far, or None before the first.
        best_epoch: Completed epochs at that value.
        evaluations_since_best: Evaluations without improvement, for early stopping.
        evaluations_since_cut: Evaluations without improvement or cut, for the plateau schedule.
        lr_factor: Product of the plateau schedule's cuts.
        stopped_epoch: Completed epochs at which the replica stopped early, or None.
    """

    best_value: float | None = None
    best_epoch: int | None = None
    evaluations_since_best: int = 0
    evaluations_since_cut: int = 0
    lr_factor: float = 1.0
    stopped_epoch: int | None = None


@dataclass
class Progress:
    """Counters of a run; with the learner's state, all that is needed to go on.

    Attributes:
        seeds: One seed per replica.
        epoch: Completed epochs.
        batch: Batches done in the epoch that is not yet completed.
        step: Optimizer steps done.
        seconds: Training time, interruptions excluded [s].
        replicas: One entry per replica.
    """

    seeds: tuple[int, ...]
    epoch: int = 0
    batch: int = 0
    step: int = 0
    seconds: float = 0.0
    replicas: list[ReplicaProgress] = field(default_factory=list)

    @classmethod
    def start(cls, seeds: Sequence[int]) -> Progress:
        """Return the progress of a run that has not begun."""
        return cls(tuple(seeds), replicas=[ReplicaProgress() for _ in seeds])

    @property
    def is_active(self) -> bool:
        """Whether a replica has not stopped."""
        return any(replica.stopped_epoch is None for replica in self.replicas)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> Progress:
        """Return the progress that ``to_json`` gave."""
        replicas = [ReplicaProgress(**replica) for replica in value["replicas"]]
        return cls(**{**value, "seeds": tuple(value["seeds"]), "replicas": replicas})
