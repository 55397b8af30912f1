"""Everything the loop needs, already built: no names, no YAML."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch

from nnlab.training.runtime import keep_freed_memory
from nnlab.training.saving import next_multiple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from nnlab.data.batches import TrainBatches
    from nnlab.data.types import Dataset, Split
    from nnlab.learners.protocol import Learner
    from nnlab.optim.schedules import Schedule
    from nnlab.storage.schemas import SplitName
    from nnlab.training.footprint import Footprint
    from nnlab.training.probe import Probe
    from nnlab.training.progress import Progress
    from nnlab.training.saving import SavePlan
    from nnlab.training.selection import Selection


class LearningRate(NamedTuple):
    """The learning rate of a replica, before the cuts of a plateau schedule.

    Attributes:
        base: Per step.
        schedule: Its factor by step.
    """

    base: float
    schedule: Schedule

    def at(self, step: int) -> float:
        """Return the learning rate of a step."""
        return self.base * self.schedule(step)


@dataclass(frozen=True)
class Job:
    """One experiment, or several that differ in what a replica may vary, ready to train.

    Attributes:
        learner: The replicas.
        engine: What computes their steps.
        dataset: The splits to train on and to evaluate.
        batches: Batches of the training split.
        rates: The learning rate of each replica.
        selection: What the monitored metric decides.
        seeds: One seed per replica.
        labels: What the records of each replica say of it: its seed, and in a search its trial.
        num_epochs: Passes over the training split.
        eval_every: Epochs between two records.
        log_every: Steps between two batches whose loss is recorded, or None.
        max_seconds: Training time after which no epoch starts [s], or None.
        device: Where tensors are.
        dtype: Type of inputs.
        num_parameters: Parameters of one replica.
        probe: Measures the health of the first replica from time to time.
        num_threads: Threads of torch; the bytes of what it computes depend on them.
        saving: When checkpoints are due.
        footprint: Memory and disk it needs.
    """

    learner: Learner
    engine: str
    dataset: Dataset
    batches: TrainBatches
    rates: tuple[LearningRate, ...]
    selection: Selection
    seeds: tuple[int, ...]
    labels: tuple[dict[str, int], ...]
    num_epochs: int
    eval_every: int
    log_every: int | None
    max_seconds: float | None
    device: torch.device
    dtype: torch.dtype
    num_parameters: int
    num_threads: int
    probe: Probe
    saving: SavePlan
    footprint: Footprint

    @property
    def lr(self) -> float:
        """The learning rate of the first replica, before its schedule."""
        return self.rates[0].base

    @property
    def max_threads(self) -> int:
        """The most processor threads that train it."""
        return self.learner.num_threads or self.num_threads

    def lrs(self, progress: Progress, step: int) -> list[float | None]:
        """Return each replica's learning rate at a step, None for those that have stopped."""
        return [
            rate.at(step) * replica.lr_factor if replica.is_active else None
            for rate, replica in zip(self.rates, progress.replicas, strict=True)
        ]

    def is_done(self, progress: Progress) -> bool:
        """Return whether no epoch, no time or no active replica is left."""
        is_late = self.max_seconds is not None and progress.seconds >= self.max_seconds
        return progress.epoch >= self.num_epochs or is_late or not progress.is_active

    def num_steps_ahead(self, progress: Progress) -> int:
        """Return how many steps may come before something is recorded or saved; 0 ends the epoch."""
        per_epoch = self.batches.num_batches
        if progress.batch == per_epoch:
            return 0
        next_record = next_multiple(self.eval_every, progress.epoch)
        epoch = min(next_record, self.num_epochs, self.saving.next_epoch(progress.epoch))
        steps = (epoch - progress.epoch) * per_epoch - progress.batch
        return int(min(steps, self.saving.next_step(progress.step) - progress.step))

    @contextlib.contextmanager
    def training_mode(self) -> Iterator[None]:
        """Prepare the process for the learner's steps.

        Steps with autograd allocate activations every time and are faster if the allocator keeps
        freed memory; the others skip autograd's bookkeeping.
        """
        if self.learner.NEEDS_AUTOGRAD:
            keep_freed_memory()
        with torch.inference_mode(not self.learner.NEEDS_AUTOGRAD):
            yield

    def monitored_splits(self) -> dict[SplitName, Split]:
        """Return the splits evaluated during training: validation, and test if it is monitored."""
        splits: dict[SplitName, Split | None] = {"val": self.dataset.val}
        if self.selection.split == "test":
            splits["test"] = self.dataset.test
        return {name: split for name, split in splits.items() if split is not None}
