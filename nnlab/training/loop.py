"""The training loop and the evaluation loop."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from nnlab.data.batches import eval_batches
from nnlab.data.steps import Steps
from nnlab.learners.protocol import ignore
from nnlab.metrics import recorded_with
from nnlab.tasks.uneven import measure_each
from nnlab.training.outputs import Outputs
from nnlab.training.pace import Pace

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence

    import torch

    from nnlab.data.types import Split
    from nnlab.learners.protocol import Learner
    from nnlab.metrics import Metrics
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.losses import MeanLoss
    from nnlab.training.progress import Progress
    from nnlab.training.recorder import Recorder
    from nnlab.training.signals import StopRequest


def train(
    job: Job,
    recorder: Recorder,
    stop_request: StopRequest,
    *,
    on_records: Callable[[Sequence[Record]], object] = ignore,
    after_step: Callable[[int], object] | None = None,
) -> None:
    """Train every replica to its last epoch, starting from the recorder's progress.

    Args:
        job: The learner, its data and its schedule.
        recorder: Holds the progress; writes metrics, best weights and checkpoints.
        stop_request: Whether a signal asked to stop.
        on_records: Called with the records of every evaluated epoch.
        after_step: Called after every step with the number of steps so far; steps are then taken
            one by one.

    Raises:
        DivergedError: If a loss or a weight of every seed is not finite; earlier checkpoints are kept.
        InterruptedRun: If a signal asked to stop; the current step has been saved.
    """
    progress, losses = recorder.progress, recorder.losses
    pace = Pace(job.learner.MAX_STEPS if after_step is None else 1)
    started = time.monotonic() - progress.seconds
    while not job.is_done(progress):
        while num_steps := min(pace.num_steps, job.num_steps_ahead(progress)):
            pace.start()
            # --------------------------------------------------------------- the steps
            steps = Steps(job.batches, progress.epoch, progress.batch, num_steps)
            lrs = [job.lrs(progress, progress.step + i) for i in range(num_steps)]
            losses.add(job.learner.train_steps(steps, lrs), steps.sizes)
            # ------------------------------------------------------------------------
            pace.stop(num_steps)
            progress.advance(num_steps, job.batches.num_batches)
            if after_step is not None:
                after_step(progress.step)
            progress.seconds = time.monotonic() - started
            _save(recorder, stop_request, is_due=job.saving.is_due_after_step(progress.step))
        progress.epoch += 1
        progress.batch = 0
        progress.seconds = time.monotonic() - started
        if progress.epoch % job.eval_every == 0 or job.is_done(progress):
            on_records(_record(job, recorder))
        if not job.is_done(progress):
            _save(recorder, stop_request, is_due=job.saving.is_due_after_epoch(progress.epoch))
    recorder.finish()


def _save(recorder: Recorder, stop_request: StopRequest, *, is_due: bool) -> None:
    """Save if it is due, or a signal asked to stop, and then stop.

    Raises:
        InterruptedRun: If a signal asked to stop.
    """
    if is_due or stop_request.signal is not None:
        recorder.save()
    if stop_request.signal is not None:
        raise recorder.interrupted(stop_request.signal)


def evaluate_split(
    learner: Learner, split: Split, dtype: torch.dtype, names: Collection[str] | None = None
) -> list[Metrics]:
    """Return the metrics of each replica over every example of a split.

    Args:
        learner: The replicas.
        split: The examples.
        dtype: Type of inputs.
        names: The metrics needed, or None for all; outputs are kept only if one needs them.
    """
    if learner.task.needs_outputs(names) or split.sizes is not None:
        return evaluate_and_predict(learner, split, dtype, names)[0]
    return learner.task.metrics(_sums(learner, split, dtype))  # sync


def evaluate_and_predict(
    learner: Learner, split: Split, dtype: torch.dtype, names: Collection[str] | None = None
) -> tuple[list[Metrics], torch.Tensor]:
    """Return what ``evaluate_split`` does, and the outputs for the split, ``(R, N, C)``."""
    outputs = Outputs(len(split))
    if split.sizes is not None:
        for inputs, _ in eval_batches(split, dtype):
            outputs.add(learner.predict(inputs, is_varied=True))
        found = measure_each(learner.task, outputs.all, split.targets, split.sizes, names)
        return found, outputs.all
    metrics = learner.task.metrics(_sums(learner, split, dtype, outputs.add))  # sync
    return learner.task.complete(metrics, outputs.all, split.targets, names), outputs.all


def _sums(
    learner: Learner,
    split: Split,
    dtype: torch.dtype,
    on_outputs: Callable[[torch.Tensor], object] = ignore,
) -> dict[str, torch.Tensor]:
    """Return the task's sums over a split, and call a function with the outputs of each batch."""
    totals: dict[str, torch.Tensor] = {}
    for inputs, targets in eval_batches(split, dtype):
        outputs = learner.predict(inputs, is_varied=targets.dim() == 2)
        for name, value in learner.task.sums(outputs, targets).items():
            totals[name] = totals[name] + value if name in totals else value
        on_outputs(outputs)
    return totals


def _record(job: Job, recorder: Recorder) -> list[Record]:
    """Measure and record the replicas; return the records of those that have not diverged."""
    records = _measure(job, recorder.progress, recorder.losses)
    recorder.write([*records.values()])
    records = recorder.without_diverged(records)
    recorder.keep(records)
    return [*records.values()]


def _measure(job: Job, progress: Progress, losses: MeanLoss) -> dict[int, Record]:
    """Return a record of each replica that still trains, by its index, and reset the mean loss."""
    train_losses = losses.compute()
    recorded = recorded_with(job.selection.metric)
    evaluated = {
        name: evaluate_split(job.learner, split, job.dtype, recorded)
        for name, split in job.monitored_splits().items()
    }
    lrs = job.lrs(progress, progress.step - 1)
    records: dict[int, Record] = {}
    for r, lr in enumerate(lrs):
        if lr is None:
            continue
        record: Record = {
            "epoch": progress.epoch,
            "step": progress.step,
            **job.labels[r],  # type: ignore[typeddict-item]
            "train": train_losses[r],
        }
        for name, metrics in evaluated.items():
            record[name] = {k: v for k, v in metrics[r].values.items() if k in recorded}
        if job.learner.iterations is not None:
            record["iterations"] = job.learner.iterations[r]
        records[r] = {**record, "lr": lr, "seconds": round(progress.seconds, 3)}
    return records
