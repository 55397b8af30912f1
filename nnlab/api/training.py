"""Training from Python: start an experiment, or resume a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import find_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from nnlab.runs.execute import Watcher

AnyConfig = str | Path | Mapping[str, Any] | ExperimentConfig


def train(
    config: AnyConfig,
    overrides: Sequence[str] = (),
    *,
    seeds: int | None = None,
    device: str | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> RunDir:
    """Train an experiment and return its run.

    Args:
        config: A file, the name of a bundled experiment, or its content.
        overrides: ``key.path=value`` strings, which win over the config.
        seeds: Number of replicas; short for ``train.seeds=...``.
        device: ``auto``, ``cpu`` or ``cuda``; short for ``train.device=...``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs.
        watch: Called with (run, job, progress); returns a context manager that yields a callback,
            which receives the records of every evaluated epoch.

    Raises:
        NnlabError: A subclass that says what was wrong.
    """
    from nnlab.assembly.footprint import check_disk_space
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import execute, write_inputs
    from nnlab.training.runtime import deterministic, threads

    folders = Folders.choose(runs_dir, data_dir)
    experiment = as_config(config, overrides, seeds=seeds, device=device)
    with deterministic():
        job = build_job(experiment, folders.data)
        check_disk_space(job.footprint, folders.runs)
        run = RunDir.create(folders.runs, experiment.name)
        with threads(job.num_threads):
            write_inputs(run, _as_typed(config, experiment), experiment, job)
            return execute(run, experiment, job, watch)


def resume(
    run: str | Path | RunDir,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> RunDir:
    """Continue an interrupted run; a finished one is returned as it is.

    Args:
        run: The run.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.
        watch: See ``train``.

    Raises:
        RunError: If there is no such run, it is being trained, or its data has changed.
    """
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import execute
    from nnlab.runs.load import open_run
    from nnlab.training.runtime import deterministic, threads

    folders = Folders.choose(runs_dir, data_dir, data_file)
    folder = load_run(run, runs_dir=folders.runs)
    if folder.status == "finished":
        return folder
    stored = open_run(folder).with_table(folders.table).with_recorded_threads()
    with deterministic():
        job = build_job(stored.config, folders.data)
        stored.check_data(job)
        with threads(job.num_threads):
            return execute(folder, stored.config, job, watch)


def load_run(run: str | Path | RunDir, *, runs_dir: str | Path | None = None) -> RunDir:
    """Return the run that a path, id, unique prefix, tag, ``latest`` or ``latest~1`` means.

    Args:
        run: The reference; a ``RunDir`` is returned as it is.
        runs_dir: Folder of runs.

    Raises:
        RunError: If there is none, or several.
    """
    if isinstance(run, RunDir):
        return run
    return find_run(str(run), Folders.choose(runs_dir).runs)


def as_config(
    config: AnyConfig,
    overrides: Sequence[str] = (),
    *,
    seeds: int | None = None,
    device: str | None = None,
) -> ExperimentConfig:
    """Return the experiment that a file, a bundled name or a mapping means; see ``train``."""
    extra = [f"train.seeds={seeds}"] if seeds is not None else []
    extra += [f"train.device={device}"] if device is not None else []
    if isinstance(config, ExperimentConfig):
        if not overrides and not extra:
            return config
        config = config.model_dump(mode="json")
    if isinstance(config, Mapping):
        return config_from_mapping(config, [*overrides, *extra])
    return load_config(find_config(str(config)), [*overrides, *extra])


def _as_typed(given: AnyConfig, config: ExperimentConfig) -> str:
    is_file = isinstance(given, str | Path)
    return find_config(str(given)).read_text("utf-8-sig") if is_file else dump_config(config)
