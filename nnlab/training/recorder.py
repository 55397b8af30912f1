"""Recording a run: metrics, best weights, checkpoints."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from nnlab.errors import InterruptedRun, RunError
from nnlab.storage.checkpoint import LogSizes
from nnlab.storage.snapshot import Snapshot
from nnlab.training.frames import Frames
from nnlab.training.guards import (
    check_weights_fit,
    diverged,
    divergence_of,
    non_finite_replicas,
)
from nnlab.training.losses import MeanLoss
from nnlab.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.store import Store

logger = logging.getLogger(__name__)

# What learners and torch raise for a state that does not fit.
CONTRADICTIONS = (ValueError, TypeError, KeyError, IndexError, RuntimeError)


class Recorder:
    """Writes a run's metrics and checkpoints, and restores the newest of them.

    Args:
        run: The run folder, or another place.
        job: The experiment.
    """

    def __init__(self, run: Store, job: Job) -> None:
        self.run = run
        self.job = job
        self.progress = Progress.start(job.seeds)
        self.losses = MeanLoss(len(job.seeds), job.device, job.log_every)
        self.best: dict[str, Tensor] = {}
        self.frames = Frames(job)
        self._saved_at = (-1, -1)

    def restore(self) -> tuple[str, ...]:
        """Restore the newest good checkpoint, if there is one; return the names of damaged ones."""
        newest = self.run.load_checkpoint(self.job.footprint.max_checkpoint)
        if newest is None:
            self.run.truncate_logs(LogSizes(0, 0))
            return ()
        try:
            self._load(newest)
        except CONTRADICTIONS as error:
            msg = f"the checkpoint of run {self.run.id} does not fit its experiment: {error}"
            raise RunError(msg) from error
        self.run.truncate_logs(newest.log_sizes)
        return newest.damaged

    def _load(self, newest: Checkpoint[Tensor]) -> None:
        progress, snapshot = Progress.from_json(newest.progress), newest.snapshot()
        if progress.seeds != self.job.seeds or len(progress.replicas) != len(progress.seeds):
            msg = f"its seeds are {progress.seeds}, not {self.job.seeds}"
            raise ValueError(msg)
        self.progress = progress
        weights = self.job.learner.weights()
        shapes = {name: tuple(tensor.shape) for name, tensor in weights.items()}
        check_weights_fit(snapshot.weights, shapes)
        self.job.learner.load_weights(snapshot.weights)
        self.job.learner.load_state_dict(snapshot.learner_state)
        self.losses.load_state_dict(snapshot.losses)
        self.best = {name: tensor.to(self.job.device) for name, tensor in snapshot.best.items()}
        self.frames.restore(snapshot.frames, is_over=progress.epoch >= self.job.num_epochs)

    def write(self, records: Sequence[Record]) -> None:
        """Append records to the metrics of the run."""
        self.run.append_metrics(records)

    def without_diverged(self, records: Mapping[int, Record]) -> dict[int, Record]:
        """Mark the replicas whose loss is not finite, and return the records of the others.

        Args:
            records: By the index of the replica.

        Raises:
            DivergedError: If every replica has diverged.
        """
        found = {replica: divergence_of(record) for replica, record in records.items()}
        reasons = {replica: reason for replica, reason in found.items() if reason is not None}
        self._mark_diverged(reasons)
        return {replica: record for replica, record in records.items() if replica not in reasons}

    def _mark_diverged(self, reasons: Mapping[int, str]) -> None:
        """Stop replicas that have diverged, and set their weights to zero, which can be stored.

        Args:
            reasons: What is not finite, by the index of the replica.
        """
        for replica in reasons:
            self.progress.replicas[replica].diverged_epoch = self.progress.epoch
            self.progress.replicas[replica].diverged_step = self.progress.step
        if reasons and all(replica.has_diverged for replica in self.progress.replicas):
            several = "every seed has diverged; " if len(self.job.seeds) > 1 else ""
            raise diverged(several + next(iter(reasons.values())))
        if not reasons:
            return
        weights = self.job.learner.weights()
        for tensor in weights.values():
            tensor[list(reasons)] = 0
        self.job.learner.load_weights(weights)
        for reason in reasons.values():
            logger.warning("%s: this seed has diverged and is left out of the results", reason)

    def keep(self, records: Mapping[int, Record]) -> None:
        """Keep what the records decide: best weights, a frame, a measurement of the probe."""
        replicas, observe = self.progress.replicas, self.job.selection.observe
        improved = [r for r, record in records.items() if observe(replicas[r], record)]
        if improved:
            self._keep_best(improved)
        epoch = self.progress.epoch
        if self.frames.is_due(epoch, is_last=epoch == self.job.num_epochs):
            self.frames.keep(epoch, self.job.learner.weights())
        health = self.job.probe.measure_if_due(self.job.learner)
        if health is not None:
            self.run.append_probe_record({"epoch": self.progress.epoch, **health._asdict()})

    def _keep_best(self, improved: list[int]) -> None:
        weights = self.job.learner.weights()
        self.best = self.best or weights
        for name, tensor in self.best.items():
            tensor[improved] = weights[name][improved]

    def interrupted(self, signal_number: int) -> InterruptedRun:
        """Return the error that ends the run at this step, which has been saved."""
        msg = f"stopped at step {self.progress.step:,}; continue with: nnlab resume {self.run.id}"
        return InterruptedRun(msg, signal_number)

    def finish(self) -> None:
        """Save the end of the training, with the replicas marked whose weights are not finite.

        Raises:
            DivergedError: If every replica has diverged; earlier checkpoints are kept.
        """
        bad = non_finite_replicas(self.job.learner.weights())
        self._mark_diverged({replica: self._reason(name) for replica, name in bad.items()})
        self.save()

    def _reason(self, name: str) -> str:
        return f"{name} has weights that are not finite after step {self.progress.step}"

    def save(self) -> None:
        """Save a checkpoint of this step, unless there is one already.

        A replica is only marked where its losses are recorded, so that no decision depends on the
        moment of a checkpoint: until then, none is written.

        Raises:
            DivergedError: If a weight of every replica is not finite; earlier checkpoints are kept.
        """
        here = (self.progress.epoch, self.progress.batch)
        if here == self._saved_at:
            return
        if bad := non_finite_replicas(self.job.learner.weights()):
            replicas = enumerate(self.progress.replicas)
            if {r for r, replica in replicas if not replica.has_diverged} <= bad.keys():
                raise diverged(self._reason(next(iter(bad.values()))))
            return
        with self.job.saving.measured():
            tensors = self._snapshot().to_tensors()
            self.run.save_checkpoint(tensors, self.progress.to_json())
        self._saved_at = here

    def _snapshot(self) -> Snapshot[Tensor]:
        """Return the state of the run."""
        learner = self.job.learner
        weights, state = learner.weights(), learner.state_dict()
        return Snapshot(weights, state, self.losses.state_dict(), self.best, self.frames.kept)
