"""Verifying a finished run: retrain it from its stored config, and compare."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.formatting import flatten
from nnlab.runs.differences import (
    digest_of_tensors,
    digest_of_values,
    far_metrics,
    first_record,
    first_tensor,
    first_value,
    tolerance_in_words,
    without_measured,
)
from nnlab.runs.engine import describe_engine
from nnlab.runs.environment import describe_computer
from nnlab.runs.load import StoredRun, open_run
from nnlab.runs.own_code import changed_code
from nnlab.runs.results import load_outputs, write_results
from nnlab.storage import checkpoint, versions
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from nnlab.storage.schemas import survivors
from nnlab.training.loop import train
from nnlab.training.recorder import Recorder
from nnlab.training.runtime import deterministic, threads
from nnlab.training.saving import SavePlan
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.schemas import Summary
    from nnlab.training.job import Job


@dataclass(frozen=True)
class Verification:
    """What retraining showed.

    Attributes:
        run: Id of the run.
        changes: Differences between the computer of the run and this one. Without any, bytes were
            compared, else final metrics within ``tolerance``.
        tolerance: How far a metric may differ, in words; None when bytes were compared.
        problems: Differences that refute the run; empty if it is verified.
        num_tensors: Tensors of the run: weights, optimizer state, outputs for the test split.
        tensors_sha256: Digest of their names, types, shapes and bytes.
        num_records: Lines of metrics.
        metrics_sha256: Digest of the metrics and the summary, without measured times and memory.
        killed_at: Step at which the second training was killed, or None if it was not.
        resumed_at: Step from which it resumed.
    """

    run: str
    changes: tuple[str, ...]
    tolerance: str | None
    problems: tuple[str, ...]
    num_tensors: int
    tensors_sha256: str
    num_records: int
    metrics_sha256: str
    killed_at: int | None
    resumed_at: int | None

    def to_json(self) -> dict[str, object]:
        """Return plain values."""
        return {"schema_version": versions.OUTPUT, "holds": not self.problems, **asdict(self)}


def check_whole(run: RunDir, command: str) -> None:
    """Refuse a part of a sweep, whose training depends on the others.

    Args:
        run: The run.
        command: What takes the whole sweep.

    Raises:
        RunError: With what to do.
    """
    if run.replicas_path.is_file():
        sweep = run.path.parent.parent
        msg = f"{run.path} is a part of a sweep; for all of it: nnlab {command} {sweep}"
        raise RunError(msg)


def verify_run(run: StoredRun, folders: Folders, *, is_resumed: bool = False) -> Verification:
    """Retrain a finished run in a scratch folder, and compare weights and metrics.

    Args:
        run: The run.
        folders: Where to find its data.
        is_resumed: Whether to kill the second training at a random step, and resume it.

    Raises:
        RunError: If the run is not finished, a checkpoint is damaged, or its data have changed.
    """
    if run.status != "finished":
        msg = f"run {run.id} is {run.status}; only a finished run can be verified"
        raise RunError(msg)
    check_whole(run.folder, "verify")
    tensors = _tensors(run.folder, run.summary, run.checkpoint)
    killed_at = random.randint(1, run.summary["steps"]) if is_resumed else None
    with tempfile.TemporaryDirectory(prefix="nnlab-verify-") as folder:
        again = RunDir.create(Path(folder), "again")
        if killed_at is not None:
            _train_and_kill(run, again, folders, killed_at)
        changes, resumed_at = _train_again(run, again, folders)
        if changes:
            problems = far_metrics(run.summary, again.summary)
        else:
            problems = _differences(run, tensors, again)
        if changed := changed_code(run):
            problems = (f"the code has changed since:\n{changed}", *problems)
    records = run.folder.metrics
    return Verification(
        run.id,
        changes,
        tolerance_in_words(len(run.summary["per_seed"])) if changes else None,
        problems,
        num_tensors=len(tensors),
        tensors_sha256=digest_of_tensors(tensors),
        num_records=len(records),
        metrics_sha256=digest_of_values(without_measured([*records, run.summary])),
        killed_at=killed_at,
        resumed_at=resumed_at if is_resumed else None,
    )


def _train_again(run: StoredRun, again: RunDir, folders: Folders) -> tuple[tuple[str, ...], int]:
    """Train to the end; return what has changed since the run, and the step it started from."""
    with deterministic():
        config, job = _job_of(run, folders)
        with threads(job.num_threads):
            resumed_at = _train(config, job, again)
            return _changes(
                run.meta, describe_computer(job.device) | describe_engine(job.engine)
            ), resumed_at


def _job_of(run: StoredRun, folders: Folders) -> tuple[ExperimentConfig, Job]:
    """Build the job of a run again.

    Raises:
        RunError: If a time limit ended the run, or its data have changed.
    """
    config = run.with_table(folders.table).as_trained().config
    if config.train.max_minutes is not None and _was_cut_short(run, config):
        msg = f"run {run.id} was ended by train.max_minutes; no other training would end at the same step"
        raise RunError(msg)
    return config, replace(run.build_job(config, folders.data), max_seconds=None)


def _was_cut_short(run: StoredRun, config: ExperimentConfig) -> bool:
    is_active = any(seed["stopped_epoch"] is None for seed in survivors(run.summary))
    return is_active and run.summary["epochs"] < config.train.epochs


def _train(
    config: ExperimentConfig,
    job: Job,
    run: RunDir,
    after_step: Callable[[int], object] | None = None,
) -> int:
    """Train from the newest checkpoint to the end; return the step it started from."""
    recorder = Recorder(run, job)
    recorder.restore()
    start = recorder.progress.step
    with job.training_mode():
        train(job, recorder, StopRequest(), after_step=after_step)
    write_results(run, config, job, recorder)
    return start


def _train_and_kill(run: StoredRun, again: RunDir, folders: Folders, step: int) -> None:
    """Train in another process and kill it after a step, as a power cut would."""
    paths = [run.folder.path, again.path, folders.data, folders.table or ""]
    ended = subprocess.run(
        [sys.executable, "-m", "nnlab.runs.verify", *map(str, paths), str(step)],
        capture_output=True,
        text=True,
        check=False,
    )
    if ended.returncode != -signal.SIGKILL:
        msg = f"the second training did not reach step {step}: {ended.stderr.strip()[-500:]}"
        raise RunError(msg)


def _changes(recorded: Mapping[str, Any], present: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what differs from the recorded computer; facts that were not recorded count as equal."""
    before = flatten(recorded, with_lists=True)
    after = flatten(present, with_lists=True)
    found = [
        f"{name} was {before[name]}, is {value}"
        for name, value in after.items()
        if name in before and before[name] != value and name != "versions.python"
    ]
    num_threads = present["threads"]
    if num_threads > (num_processors := os.cpu_count() or 1):
        found.append(f"{num_threads} threads were used, and there are {num_processors} processors")
    return tuple(found)


def _tensors(run: RunDir, summary: Summary, newest: Checkpoint[Tensor]) -> dict[str, Tensor]:
    """Return the tensors of a finished run by name, its weights first."""
    if newest.damaged:
        msg = f"{run.checkpoints_dir}: {', '.join(newest.damaged)} is missing or damaged"
        raise RunError(msg)
    names = sorted(newest.tensors, key=lambda name: (not name.startswith("weights."), name))
    tensors = {name: newest.tensors[name] for name in names}
    if run.predictions_path.is_file():
        outputs, targets = load_outputs(run, summary)
        tensors |= {"predictions.logits": outputs, "predictions.targets": targets}
    return tensors


def _differences(run: StoredRun, tensors: Mapping[str, Tensor], again: RunDir) -> tuple[str, ...]:
    """Return the first tensor, the first epoch and the first result whose bytes differ."""
    newest = checkpoint.load(again.checkpoints_dir)
    assert newest is not None, "training ends with a checkpoint"
    found = [
        first_tensor(tensors, _tensors(again, again.summary, newest)),
        first_record(without_measured(run.folder.metrics), without_measured(again.metrics)),
        first_value(without_measured(run.summary), without_measured(again.summary)),
    ]
    names = ("tensors", "metrics.jsonl", "summary.json")
    return tuple(f"{name}: {text}" for name, text in zip(names, found, strict=True) if text)


def _train_until_killed(run: str, again: str, data_dir: str, data_file: str, kill_at: str) -> None:
    with deterministic():
        folders = Folders.choose(data_dir=data_dir, data_file=data_file)
        config, job = _job_of(open_run(RunDir(Path(run))), folders)
        last_step = int(kill_at)
        job = replace(job, saving=SavePlan(steps=max(last_step // 2, 1)))

        def kill_after_last_step(step: int) -> None:
            if step == last_step:
                os.kill(os.getpid(), signal.SIGKILL)

        with threads(job.num_threads):
            _train(config, job, RunDir(Path(again)), kill_after_last_step)


if __name__ == "__main__":
    _train_until_killed(*sys.argv[1:])
