"""Decisions by the monitored metric: the best epoch, early stopping, cuts of the learning rate."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.storage.schemas import value_in

if TYPE_CHECKING:
    from nnlab.storage.schemas import Record, SplitName
    from nnlab.training.progress import ReplicaProgress


@dataclass(frozen=True)
class Plateau:
    """When and how far the learning rate is cut."""

    factor: float
    patience: int
    min_factor: float


@dataclass(frozen=True)
class Selection:
    """The monitored metric, and what depends on it.

    Attributes:
        split: ``val`` or ``test``.
        metric: Name of the metric.
        is_lower_better: Whether a smaller value is an improvement.
        min_delta: A change of at most this is not an improvement.
        patience: Evaluations without improvement before a replica stops, or None for never.
        plateau: The plateau schedule, or None.
    """

    split: SplitName
    metric: str
    is_lower_better: bool
    min_delta: float = 0.0
    patience: int | None = None
    plateau: Plateau | None = None

    def observe(self, replica: ReplicaProgress, record: Record) -> bool:
        """Update the replica with an evaluation; return whether it is its best so far."""
        value = value_in(record, self.split, self.metric)
        if value is None:
            return False
        if self._is_better(value, replica.best_value):
            replica.best_value, replica.best_epoch = value, record["epoch"]
            replica.evaluations_since_best = replica.evaluations_since_cut = 0
            return True
        replica.evaluations_since_best += 1
        replica.evaluations_since_cut += 1
        if self.patience is not None and replica.evaluations_since_best >= self.patience:
            replica.stopped_epoch = record["epoch"]
        if self.plateau and replica.evaluations_since_cut >= self.plateau.patience:
            cut = replica.lr_factor * self.plateau.factor
            replica.lr_factor = max(cut, self.plateau.min_factor)
            replica.evaluations_since_cut = 0
        return False

    def _is_better(self, value: float, best: float | None) -> bool:
        if math.isnan(value):
            return False
        if best is None:
            return True
        gain = best - value if self.is_lower_better else value - best
        return gain > self.min_delta
