"""Training from Python: start an experiment, or resume a run."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.api.arguments import Overrides, as_arguments
from nnlab.api.live import kept, replace_sections
from nnlab.api.notebook import notebook_watcher
from nnlab.api.run import Run
from nnlab.config.bundled import find_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.files import read_text
from nnlab.config.load import (
    anchor,
    config_from_mapping,
    dump_config,
    parse_document,
    validate,
)
from nnlab.config.located import located
from nnlab.config.messages import SourceText
from nnlab.config.own_anchoring import mapping_of
from nnlab.storage.folders import Folders
from nnlab.storage.registry import find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from nnlab.config.yaml12 import Document
    from nnlab.data.types import Examples
    from nnlab.runs.execute import Watcher

logger = logging.getLogger(__name__)

AnyConfig = str | Path | Mapping[str, Any] | ExperimentConfig


class Experiment(NamedTuple):
    """An experiment that has been read.

    Attributes:
        config: The experiment, with every default and override.
        text: The file as written; the whole config as YAML if it came from elsewhere.
        document: The file with the places of its keys, if it came from one.
    """

    config: ExperimentConfig
    text: str
    document: Document | None = None


def train(
    config: AnyConfig | Experiment,
    overrides: Overrides = (),
    *,
    model: Callable[..., Any] | None = None,
    dataset: tuple[Any, Any] | None = None,
    seeds: int | None = None,
    device: str | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
    on_warning: Callable[[str], object] = logger.warning,
) -> Run:
    """Train an experiment and return its run.

    Args:
        config: A file, the name of a bundled experiment, its content, or what ``read_experiment``
            returned.
        overrides: ``key.path=value`` strings, or a mapping from dotted keys to values; they win over
            the config.
        model: Your class or function in place of the section ``model``; its file is recorded, and its
            parameters are keys, such as ``model.width``.
        dataset: ``(X, y)`` in place of the section ``dataset``, of NumPy, torch, pandas, polars or
            lists; the run keeps them.
        seeds: Number of replicas; short for ``train.seeds=...``.
        device: ``auto``, ``cpu`` or ``cuda``; short for ``train.device=...``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs.
        watch: Called with (run, job, progress); returns a context manager that yields a callback,
            which receives the records of every evaluated epoch. By default a notebook shows a bar,
            and a program nothing.
        on_warning: Called with each warning about the user's own table; default: it is logged.

    Raises:
        NnlabError: A subclass for each kind of error that the user can fix.
    """
    folders = Folders.choose(runs_dir, data_dir)
    with kept(dataset, folders.runs) as archive:
        if model is not None or archive is not None:
            given = config.config if isinstance(config, Experiment) else config
            config = replace_sections(given, model, archive)
        read = read_experiment(config, overrides, seeds=seeds, device=device)
        return _train(read, folders, archive, watch or notebook_watcher(), on_warning)


def _train(
    read: Experiment,
    folders: Folders,
    archive: Path | None,
    watch: Watcher | None,
    on_warning: Callable[[str], object],
) -> Run:
    """Train an experiment that has been read; arrays in a scratch folder are moved into the run."""
    from nnlab.assembly.footprint import check_disk_space
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import execute, write_inputs
    from nnlab.training.runtime import deterministic, threads

    experiment, text, document = read
    with deterministic():
        with located(document):
            warn = partial(_warn, experiment, on_warning)
            job = build_job(experiment, folders.data, on_examples=warn)
        check_disk_space(job.footprint, folders.runs)
        run = Run.create(folders.runs, experiment.name)
        if archive is not None:
            path = archive.replace(run.path / archive.name)
            data = experiment.dataset.model_copy(update={"path": str(path)})
            experiment = experiment.model_copy(update={"dataset": data})
            text = dump_config(experiment)
        with threads(job.num_threads):
            with run.removed_unless_begun():
                write_inputs(run, text, experiment, job)
            execute(run, experiment, job, watch)
    return run


def _warn(
    config: ExperimentConfig, on_warning: Callable[[str], object], examples: Examples
) -> None:
    from nnlab.check.lint import data_warnings

    for warning in data_warnings(config, examples):
        on_warning(f"warning {warning}")


def resume(
    run: str | Path | RunDir,
    *,
    epochs: int | None = None,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> Run:
    """Resume an interrupted run; a finished run is returned unchanged unless ``epochs`` are more.

    A sweep goes on by ``resume_sweep``.

    Args:
        run: The run.
        epochs: Train to this number of epochs in total; it ends as if asked for them at first.
        data_dir: Folder of installed data.
        data_file: The run's table.
        runs_dir: Folder of runs.
        watch: See ``train``.

    Raises:
        RunError: If there is no such run, it is being trained, its data has changed, or more epochs
            would not end in the same bytes, because of its schedule or since every seed has stopped.
    """
    from nnlab.runs.execute import execute
    from nnlab.runs.extension import extended, write_extension
    from nnlab.runs.load import open_run
    from nnlab.runs.own_code import check_unchanged
    from nnlab.runs.verify import check_whole
    from nnlab.training.runtime import deterministic, threads

    folders = Folders.choose(runs_dir, data_dir, data_file)
    folder = load_run(run, runs_dir=folders.runs)
    check_whole(folder, "resume")
    found = asked = open_run(folder)
    if epochs is not None and epochs != found.config.train.epochs:
        asked = extended(found, epochs)
    elif folder.status == "finished":
        return folder
    check_unchanged(found)
    stored = asked.with_table(folders.table).as_trained()
    with deterministic():
        job = stored.build_job(stored.config, folders.data)
        if asked is not found:
            write_extension(folder, found.config, asked.config)
        with threads(job.num_threads):
            execute(folder, stored.config, job, watch or notebook_watcher())
    return folder


def load_run(run: str | Path | RunDir, *, runs_dir: str | Path | None = None) -> Run:
    """Resolve a path, id, unique prefix, tag, ``latest`` or ``latest~1`` to a run.

    Args:
        run: The reference, or the folder.
        runs_dir: Folder of runs.

    Raises:
        RunError: If there is none, or the reference is ambiguous.
    """
    if isinstance(run, Run):
        return run
    folder = run if isinstance(run, RunDir) else find_run(str(run), Folders.choose(runs_dir).runs)
    return Run(folder.path)


def as_config(
    config: AnyConfig,
    overrides: Overrides = (),
    *,
    seeds: int | None = None,
    device: str | None = None,
) -> ExperimentConfig:
    """Return the experiment in a file, a bundled experiment or a mapping; see ``train``."""
    return read_experiment(config, overrides, seeds=seeds, device=device).config


def read_experiment(
    config: AnyConfig | Experiment,
    overrides: Overrides = (),
    *,
    seeds: int | None = None,
    device: str | None = None,
) -> Experiment:
    """Read an experiment once, with its text; see ``train``."""
    arguments = as_arguments(overrides)
    arguments += [f"train.seeds={seeds}"] if seeds is not None else []
    arguments += [f"train.device={device}"] if device is not None else []
    if isinstance(config, str | Path):
        return _read_file(find_config(str(config)), arguments)
    if isinstance(config, Experiment):
        if not arguments:
            return config
        config = config.config
    if isinstance(config, Mapping):
        config = config_from_mapping(config, arguments)
    elif arguments:
        config = config_from_mapping(_mapping_of(config), arguments)
    return Experiment(config, dump_config(config))


def _mapping_of(config: ExperimentConfig) -> dict[str, Any]:
    """Return an experiment as plain values; a task that nobody chose stays open."""
    mapping = mapping_of(config)
    if "task" not in config.dataset.model_fields_set:
        del mapping["dataset"]["task"]
    return mapping


def _read_file(path: Path, arguments: Sequence[str]) -> Experiment:
    source = SourceText(str(path), read_text(path))
    document = parse_document(source, path.stem, arguments)
    anchor(document, path.parent)
    return Experiment(validate(document), source.text, document)
