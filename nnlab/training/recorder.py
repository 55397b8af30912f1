"""Everything a run leaves behind while it trains: metrics, best weights, checkpoints."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nnlab.errors import InterruptedRun
from nnlab.training import checkpoint
from nnlab.training.metrics import MeanLoss
from nnlab.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.runs import RunDir
    from nnlab.training.job import Job
    from nnlab.training.metrics import Record

# Saving may take this share of the time of training; an epoch's end that would exceed it is passed.
MAX_SAVING_SHARE = 0.01


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
        self.losses = MeanLoss(len(job.seeds), job.device)
        self.best: dict[str, Tensor] = {}
        self._saved_at = (-1, -1)
        self._next_save = 0.0

    def restore(self) -> tuple[str, ...]:
        """Go on from the newest good checkpoint, if there is one; return the damaged ones."""
        found = checkpoint.load(self.run.checkpoints_dir)
        if found is None:
            self.run.truncate_metrics(0)
            return ()
        self.progress = Progress.from_json(found.progress)
        self.job.learner.load_weights(under(found.tensors, "weights."))
        self.job.learner.load_state_dict(under(found.tensors, "state."))
        self.losses.load_state_dict(under(found.tensors, "loss."))
        self.best = under(found.tensors, "best.")
        self.run.truncate_metrics(found.metrics_bytes)
        return found.damaged

    def write(self, records: Sequence[Record]) -> None:
        """Append records to the metrics of the run."""
        self.run.append_metrics(records)

    def keep(self, records: Sequence[Record]) -> None:
        """Let the selection look at good records, and save when that is cheap."""
        improved = []
        for record in records:
            replica = self.job.seeds.index(record["seed"])
            if self.job.selection.observe(self.progress.replicas[replica], record):
                improved.append(replica)
        if improved:
            self._keep_best(improved)
        if time.monotonic() >= self._next_save:
            self.save()

    def _keep_best(self, improved: list[int]) -> None:
        weights = self.job.learner.weights()
        self.best = self.best or weights
        for name, tensor in self.best.items():
            tensor[improved] = weights[name][improved]

    def interrupt(self, signal_number: int) -> InterruptedRun:
        """Save this step, and return the error that ends the run."""
        self.save()
        msg = f"stopped at step {self.progress.step:,}; go on with: nnlab resume {self.run.id}"
        return InterruptedRun(msg, signal_number)

    def save(self) -> None:
        """Save a checkpoint of this step, unless it is saved already."""
        here = (self.progress.epoch, self.progress.batch)
        if here == self._saved_at:
            return
        start = time.monotonic()
        learner = self.job.learner
        tensors = {
            **_over(learner.weights(), "weights."),
            **_over(learner.state_dict(), "state."),
            **_over(self.losses.state_dict(), "loss."),
            **_over(self.best, "best."),
        }
        metrics_bytes = self.run.sync_metrics()
        folder = self.run.checkpoints_dir
        checkpoint.save(folder, tensors, self.progress.to_json(), metrics_bytes)
        self._saved_at = here
        now = time.monotonic()
        self._next_save = now + (now - start) / MAX_SAVING_SHARE


def under(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """Return the tensors whose names begin with a prefix, without it."""
    return {
        name.removeprefix(prefix): tensor
        for name, tensor in tensors.items()
        if name.startswith(prefix)
    }


def _over(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {prefix + name: tensor for name, tensor in tensors.items()}
