"""Training a unit of a sweep in this process."""

from __future__ import annotations

import contextlib
import logging
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from nnlab.assembly.footprint import check_disk_space
from nnlab.assembly.job import build_job
from nnlab.assembly.replicas import Replica
from nnlab.config.load import dump_config
from nnlab.errors import DivergedError, RunError
from nnlab.own.loading import located
from nnlab.runs.engine import describe_engine
from nnlab.runs.environment import describe_environment
from nnlab.runs.execute import execute, memory_errors_as_ours, outcome, write_inputs
from nnlab.runs.results import write_results
from nnlab.storage import versions
from nnlab.storage.atomic import sweep as remove_temporary
from nnlab.storage.result_dir import write_json
from nnlab.sweep.places import AnyPlace, Place, RunsPlace
from nnlab.sweep.units import PackUnit, StoredUnit, Unit, config_of, with_test_withheld
from nnlab.sweep.validation import write_scores
from nnlab.training.loop import train
from nnlab.training.memory import forget_peak
from nnlab.training.recorder import Recorder
from nnlab.training.runtime import deterministic, sharing, threads
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.run_dir import RunDir
    from nnlab.sweep.plan import Plan
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

SECONDS_BETWEEN_LOOKS = 0.1
logger = logging.getLogger(__name__)


def train_unit(place: AnyPlace, unit: Unit) -> None:
    """Train a unit from its newest checkpoint to its end; one that is done stays as it is.

    Raises:
        InterruptedRun: If a signal asked to stop; the current step has been saved.
        RunError: If another process trains it.
    """
    place = place.up_to(unit)
    run = place.run_of(unit)
    _wait_for_others(run)
    if is_trained(run, unit):
        return
    with deterministic(), threads(place.num_threads), sharing(place.share):
        if isinstance(unit, StoredUnit):
            _train_stored(place, run)
        elif isinstance(place, RunsPlace):
            msg = f"{unit} is part of a sweep, and {place.path} is none"
            raise TypeError(msg)
        elif isinstance(unit, PackUnit):
            _train_pack(place, unit)
        else:
            _train_alone(place, run, config_of(place.plan, unit))


def _wait_for_others(run: RunDir) -> None:
    """Wait for a worker that has lost its sweep: what it still trains need not be trained twice."""
    is_said = False
    while run.is_locked():
        if not is_said:
            logger.warning("waiting for process %s, which trains %s", run.meta.get("pid"), run.path)
            is_said = True
        time.sleep(SECONDS_BETWEEN_LOOKS)


def is_done(place: AnyPlace, unit: Unit) -> bool:
    """Return whether a unit has been trained to its end."""
    return is_trained(place.run_of(unit), unit)


def is_trained(run: RunDir, unit: Unit) -> bool:
    """Return whether a run has been trained to the end of a unit."""
    if not run.meta_path.is_file():
        return False
    meta = run.meta
    if meta.get("status") in ("finished", "diverged"):
        return True
    return isinstance(unit, PackUnit) and meta.get("rungs", 0) > unit.rung


def replicas_of_pack(plan: Plan, pack: int) -> list[Replica]:
    """Return the replicas of a pack: of each trial all seeds, one trial after another."""
    trials = [plan.trials[number] for number in plan.packs[pack]]
    configs = {trial.number: with_test_withheld(trial.config) for trial in trials}
    return [
        Replica(configs[trial.number], seed, trial.number)
        for trial in trials
        for seed in plan.seeds
    ]


def _train_stored(place: AnyPlace, run: RunDir) -> None:
    """Train a run whose inputs have been written, and say in it where it was trained."""
    config = run.config
    job = _build(place, run, config)
    if not run.checkpoints_dir.is_dir():
        run.update_meta(**describe_engine(job.engine), **describe_environment(job.device))
    _execute(run, config, job)


def _train_alone(place: Place, run: RunDir, config: ExperimentConfig) -> None:
    _execute(run, config, _job(place, run, config))


def _execute(run: RunDir, config: ExperimentConfig, job: Job) -> None:
    with threads(job.num_threads), contextlib.suppress(DivergedError):
        execute(run, config, job, None)


def _train_pack(place: Place, unit: PackUnit) -> None:
    run, replicas = place.run_of(unit), replicas_of_pack(place.plan, unit.pack)
    first = replicas[0].config
    own = first.train.model_copy(update={"seeds": len(replicas)})
    config = first.model_copy(update={"train": own})
    job = _job(place, run, config, replicas)
    is_last = unit.rung == len(place.plan.rungs) - 1
    with (
        threads(job.num_threads),
        contextlib.suppress(DivergedError),
        run.lock(),
        outcome(run, "finished" if is_last else "paused"),
        memory_errors_as_ours(job),
    ):
        recorder = _climb(place.plan, unit, run, job)
        if is_last:
            write_results(run, config, job, recorder)
            write_scores(run, job, recorder.progress, unit.active[-1])
        run.update_meta(rungs=unit.rung + 1)


def _job(
    place: Place, run: RunDir, config: ExperimentConfig, replicas: Sequence[Replica] | None = None
) -> Job:
    """Build the job of a unit, and write its inputs if they are not there."""
    job = _build(place, run, config, replicas)
    run.path.mkdir(parents=True, exist_ok=True)
    if not run.checkpoints_dir.is_dir():
        check_disk_space(job.footprint, place.folder.path)
        if replicas is not None:
            _write_replicas(place, run, replicas)
        write_inputs(run, dump_config(config), config, job)
    return job


def _build(
    place: AnyPlace,
    run: RunDir,
    config: ExperimentConfig,
    replicas: Sequence[Replica] | None = None,
) -> Job:
    """Build the job of a unit.

    Raises:
        RunError: If the data are not those that it was started with.
    """
    job = build_job(config, place.data, replicas=replicas)
    if run.meta_path.is_file() and run.meta.get("data_sha256") not in {None, job.dataset.sha256}:
        msg = f"the data of {run.path} have changed; it cannot go on with other data"
        raise RunError(msg)
    return job


def _write_replicas(place: Place, run: RunDir, replicas: Sequence[Replica]) -> None:
    overrides = [place.plan.trials[replica.trial or 0].overrides for replica in replicas]
    entries = [
        {**replica.label, "overrides": own}
        for replica, own in zip(replicas, overrides, strict=True)
    ]
    write_json(run.replicas_path, {"schema_version": versions.RUN, "replicas": entries})


def _climb(plan: Plan, unit: PackUnit, run: RunDir, job: Job) -> Recorder:
    """Train a pack from rung to rung, from its newest checkpoint."""
    forget_peak(job.device)
    remove_temporary(run.path)
    remove_temporary(run.checkpoints_dir)
    recorder = Recorder(run, job)
    recorder.restore()
    for rung, active in zip(plan.rungs, unit.active, strict=False):
        epochs = min(rung.epochs, job.num_epochs)
        if recorder.progress.epoch >= epochs and recorder.progress.batch == 0:
            continue
        _stop_others(recorder.progress, job, active)
        recorder.job = replace(job, num_epochs=epochs)
        with located(), StopRequest() as stop_request, job.training_mode():
            train(recorder.job, recorder, stop_request)
    recorder.job = job
    return recorder


def _stop_others(progress: Progress, job: Job, active: Sequence[int]) -> None:
    """Stop the replicas of trials that have been pruned."""
    for label, replica in zip(job.labels, progress.replicas, strict=True):
        if label["trial"] not in active and replica.is_active:
            replica.stopped_epoch = progress.epoch
