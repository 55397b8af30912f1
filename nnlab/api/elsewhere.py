"""Runs that are trained in other processes or on other computers, several at once."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from typing import TYPE_CHECKING

from nnlab.api.run import Run
from nnlab.config.load import dump_config
from nnlab.errors import DivergedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.folders import Folders
    from nnlab.storage.run_dir import RunDir

OnTrained = Callable[["RunDir", int, int], object]


def train_elsewhere(
    configs: Sequence[ExperimentConfig], folders: Folders, on: str, on_trained: OnTrained | None
) -> list[Run]:
    """Train experiments; their runs lie in the folder of runs as ``train`` leaves them.

    Args:
        configs: The experiments.
        folders: Where runs and data are.
        on: Where to train: ``process:4``, ``ray`` or ``slurm``.
        on_trained: Called with each run that has been trained, how many have been, and how many there
            are.

    Raises:
        ConfigError: If there is no such place.
        DivergedError: If every seed of an experiment has diverged.
        InterruptedRun: If a signal asked to stop; runs that were being trained can be resumed.
    """
    import torch

    from nnlab.sweep.executors.choose import executor_of
    from nnlab.sweep.executors.protocol import run_all
    from nnlab.sweep.places import RunsPlace
    from nnlab.sweep.units import StoredUnit, Unit

    place = RunsPlace(folders.runs, folders.data, torch.get_num_threads())
    executor = executor_of(on, place)
    runs: list[Run] = []
    num_done = 0

    def count(unit: Unit) -> None:
        nonlocal num_done
        num_done += 1
        run = place.run_of(unit)
        _check_alive(run)
        if on_trained is not None:
            on_trained(run, num_done, len(configs))

    try:
        runs.extend(_with_inputs(config, folders) for config in configs)
        run_all(executor, [StoredUnit(run.id) for run in runs], count)
    finally:
        executor.cancel()
        _tidy(runs)
        with contextlib.suppress(OSError):  # it may hold logs
            place.scratch.rmdir()
    return runs


def _with_inputs(config: ExperimentConfig, folders: Folders) -> Run:
    """Return a run that is ready to be trained, and counts as interrupted until it is."""
    from nnlab.assembly.footprint import check_disk_space
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import write_inputs
    from nnlab.training.runtime import deterministic

    with deterministic():
        job = build_job(config, folders.data)
        check_disk_space(job.footprint, folders.runs)
        run = Run.create(folders.runs, config.name)
        with run.removed_unless_begun():
            write_inputs(run, dump_config(config), config, job)
        run.update_meta(status="interrupted")
    return run


def _check_alive(run: RunDir) -> None:
    from nnlab.training.guards import ADVICE

    if run.meta.get("status") == "diverged":
        msg = f"{run.path}: every seed has diverged\n{ADVICE}"
        raise DivergedError(msg)


def _tidy(runs: Sequence[Run]) -> None:
    """Remove runs that nobody has begun to train."""
    for run in runs:
        if not run.checkpoints_dir.exists() and run.meta.get("status") == "interrupted":
            shutil.rmtree(run.path)
