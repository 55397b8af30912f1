"""Progress of a run: counters, and the state of early stopping and the plateau schedule."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING

from pydantic import ConfigDict, with_config

from nnlab.storage.schemas import STRICT, Count, NonNegative, parse

if TYPE_CHECKING:
    from collections.abc import Sequence


FORBID_OTHERS = ConfigDict(**{**STRICT, "extra": "forbid"})


@with_config(FORBID_OTHERS)
@dataclass
class ReplicaProgress:
    """What the monitored metric has decided so far for one replica.

    Attributes:
        best_value: Best value of the monitored metric so far, or None before the first.
        best_epoch: Completed epochs at that value.
        evaluations_since_best: Evaluations without improvement, for early stopping.
        evaluations_since_cut: Evaluations without improvement or cut, for the plateau schedule.
        lr_factor: Product of the plateau schedule's cuts.
        stopped_epoch: Completed epochs at which the replica stopped early, or None.
        diverged_epoch: Completed epochs when a loss or a weight was found not to be finite, or None.
        diverged_step: Optimizer steps done by then.
    """

    best_value: float | None = None
    best_epoch: Count | None = None
    evaluations_since_best: Count = 0
    evaluations_since_cut: Count = 0
    lr_factor: float = 1.0
    stopped_epoch: Count | None = None
    diverged_epoch: Count | None = None
    diverged_step: Count | None = None

    @property
    def has_diverged(self) -> bool:
        """Whether it is left out of every result."""
        return self.diverged_epoch is not None

    @property
    def is_active(self) -> bool:
        """Whether it still trains."""
        return self.stopped_epoch is None and not self.has_diverged


@with_config(FORBID_OTHERS)
@dataclass
class Progress:
    """Counters of a run; with the learner's state, all that a run needs to resume.

    Attributes:
        seeds: One seed per replica.
        epoch: Completed epochs.
        batch: Batches done in the epoch that is not yet completed.
        step: Optimizer steps done.
        seconds: Training time without interruptions [s].
        replicas: One entry per replica.
    """

    seeds: tuple[Count, ...]
    epoch: Count = 0
    batch: Count = 0
    step: Count = 0
    seconds: NonNegative = 0.0
    replicas: list[ReplicaProgress] = field(default_factory=list)

    @classmethod
    def start(cls, seeds: Sequence[int]) -> Progress:
        """Return the progress of a run that has not started."""
        return cls(tuple(seeds), replicas=[ReplicaProgress() for _ in seeds])

    @property
    def is_active(self) -> bool:
        """Whether a replica still trains."""
        return any(replica.is_active for replica in self.replicas)

    def advance(self, num_steps: int, num_batches: int) -> None:
        """Count steps of epochs with a number of batches; the last epoch stays open at its end."""
        self.step += num_steps
        done = self.batch + num_steps
        epochs = (done - 1) // num_batches
        self.epoch += epochs
        self.batch = done - epochs * num_batches

    def to_json(self) -> dict[str, object]:
        """Return plain values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: object) -> Progress:
        """Return the progress that ``to_json`` wrote.

        Raises:
            ValueError: Naming the first invalid field.
        """
        return parse(cls, json.dumps(value))
