"""Everything a run leaves behind while it trains: metrics, best weights, checkpoints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.errors import InterruptedRun, RunError
from nnlab.storage import checkpoint, schemas
from nnlab.storage.schemas import problem_of
from nnlab.training.guards import check_finite_weights, check_weights_fit
from nnlab.training.losses import MeanLoss
from nnlab.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.run_dir import RunDir
    from nnlab.training.job import Job
    from nnlab.training.losses import Record

# Weights of the first seed are kept at a few epochs where a picture can show all that they mean: the
# regions of two features. A larger model would cost more than the picture is worth.
MAX_FRAME_PARAMETERS = 20_000
FRAME_RATIO = 1.25
# What learners and torch raise for a state that is not theirs.
CONTRADICTIONS = (ValueError, TypeError, KeyError, IndexError, RuntimeError)


class Recorder:
    """Writes a run's metrics and checkpoints, and restores the newest of them.

    Args:
        run: Where to.
        job: What trains.
    """

    def __init__(self, run: RunDir, job: Job) -> None:
        self.run = run
        self.job = job
        self.progress = Progress.start(job.seeds)
        self.losses = MeanLoss(len(job.seeds), job.device, job.log_every)
        self.best: dict[str, Tensor] = {}
        self.frames: dict[str, Tensor] = {}
        self._next_frame = 1
        self._saved_at = (-1, -1)

    def restore(self) -> tuple[str, ...]:
        """Go on from the newest good checkpoint, if there is one; return the damaged ones."""
        found = checkpoint.load(self.run.checkpoints_dir, self.job.footprint.max_checkpoint)
        if found is None:
            self.run.truncate(0, 0)
            return ()
        try:
            self._take_over(found)
        except CONTRADICTIONS as error:
            msg = f"the checkpoint of run {self.run.id} does not fit its experiment: {error}"
            raise RunError(msg) from error
        self.run.truncate(found.metrics_bytes, found.looks_bytes)
        return found.damaged

    def _take_over(self, found: Checkpoint) -> None:
        if problem := problem_of(schemas.Progress, found.progress):
            raise ValueError(problem)
        progress = Progress.from_json(found.progress)
        if progress.seeds != self.job.seeds or len(progress.replicas) != len(progress.seeds):
            msg = f"its seeds are {progress.seeds}, not {self.job.seeds}"
            raise ValueError(msg)
        self.progress = progress
        weights = under(found.tensors, "weights.")
        check_weights_fit(weights, self.job.learner.weights())
        self.job.learner.load_weights(weights)
        self.job.learner.load_state_dict(under(found.tensors, "state."))
        self.losses.load_state_dict(under(found.tensors, "loss."))
        best = under(found.tensors, "best.")
        self.best = {name: tensor.to(self.job.device) for name, tensor in best.items()}
        self.frames = under(found.tensors, "frame.")
        self._plan_frame()

    def write(self, records: Sequence[Record]) -> None:
        """Append records to the metrics of the run."""
        self.run.append_metrics(records)

    def keep(self, records: Sequence[Record]) -> None:
        """Let the selection look at good records."""
        improved = []
        for record in records:
            replica = self.job.seeds.index(record["seed"])
            if self.job.selection.observe(self.progress.replicas[replica], record):
                improved.append(replica)
        if improved:
            self._keep_best(improved)
        is_last = self.progress.epoch == self.job.num_epochs
        if (self.progress.epoch >= self._next_frame or is_last) and self._is_drawable():
            self._keep_frame()
        if (look := self.job.probe.look_if_due(self.job.learner)) is not None:
            self.run.append_probe_record({"epoch": self.progress.epoch, **look})

    def _keep_best(self, improved: list[int]) -> None:
        weights = self.job.learner.weights()
        self.best = self.best or weights
        for name, tensor in self.best.items():
            tensor[improved] = weights[name][improved]

    def _is_drawable(self) -> bool:
        spec = self.job.dataset.spec
        is_plane = spec.task == "classification" and spec.input_shape == (2,)
        return is_plane and self.job.num_parameters <= MAX_FRAME_PARAMETERS

    def _keep_frame(self) -> None:
        first = {name: tensor[0].clone() for name, tensor in self.job.learner.weights().items()}
        self.frames |= _over(first, f"{self.progress.epoch}.")
        self._plan_frame()

    def _plan_frame(self) -> None:
        """Choose the epoch of the next frame: the first of a fixed series after the last frame."""
        last = max((int(name.partition(".")[0]) for name in self.frames), default=0)
        self._next_frame = 1
        while self._next_frame <= last:
            self._next_frame = math.ceil(self._next_frame * FRAME_RATIO)

    def interrupted(self, signal_number: int) -> InterruptedRun:
        """Return the error that ends the run at this step, which is saved."""
        msg = f"stopped at step {self.progress.step:,}; go on with: nnlab resume {self.run.id}"
        return InterruptedRun(msg, signal_number)

    def save(self) -> None:
        """Save a checkpoint of this step, unless it is saved already.

        Raises:
            DivergedError: If a weight is not finite; the last good checkpoint stays.
        """
        here = (self.progress.epoch, self.progress.batch)
        if here == self._saved_at:
            return
        with self.job.saving.measured():
            tensors = self._tensors()
            sizes = self.run.sync_metrics(), self.run.sync_probe_records()
            checkpoint.save(self.run.checkpoints_dir, tensors, self.progress.to_json(), *sizes)
        self._saved_at = here

    def _tensors(self) -> dict[str, Tensor]:
        """Return all that a checkpoint holds, its weights finite."""
        learner = self.job.learner
        weights = learner.weights()
        check_finite_weights(weights, self.progress.step)
        return {
            **_over(weights, "weights."),
            **_over(learner.state_dict(), "state."),
            **_over(self.losses.state_dict(), "loss."),
            **_over(self.best, "best."),
            **_over(self.frames, "frame."),
        }


def under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _over(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}
