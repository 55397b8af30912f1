"""What the command line does, for notebooks and programs.

>>> import nnlab
>>> run = nnlab.train("configs/spiral_mlp.yaml", seeds=3)
>>> run.summary["test"]["accuracy"]
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import find_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.storage import folders
from nnlab.storage.registry import find_run
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from nnlab.comparison.result import Comparison
    from nnlab.runs.execute import Watcher
    from nnlab.runs.verify import Verification

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
        seeds: Replicas to train; short for ``train.seeds=...``.
        device: ``auto``, ``cpu`` or ``cuda``; short for ``train.device=...``.
        data_dir: Folder of installed data; default: ``NNLAB_DATA``, else the user's cache.
        runs_dir: Folder of runs; default: ``NNLAB_RUNS``, else ``runs``.
        watch: Given the run, the job and its progress, a context manager that returns what is
            called with the records of every evaluated epoch.

    Raises:
        NnlabError: A subclass that says what was wrong.
    """
    from nnlab.assembly.footprint import refuse_full_disk
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import describe, execute
    from nnlab.training.runtime import deterministic, threads

    loaded = as_config(config, overrides, seeds=seeds, device=device)
    with deterministic():
        job = build_job(loaded, folders.data_dir(data_dir))
        refuse_full_disk(job.footprint, folders.runs_dir(runs_dir))
        run = RunDir.create(folders.runs_dir(runs_dir), loaded.name)
        with threads(job.num_threads):
            describe(run, _as_typed(config, loaded), loaded, job)
            return execute(run, loaded, job, watch)


def resume(
    run: str | Path | RunDir,
    *,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> RunDir:
    """Go on with an interrupted run; a finished one is returned as it is.

    Args:
        run: The run, or what means it.
        data_dir: Folder of installed data.
        data_file: The table of the run, if it is not below the current folder.
        runs_dir: Folder of runs.
        watch: See ``train``.

    Raises:
        RunError: If there is no such run, it is being trained, or its data has changed.
    """
    from nnlab.assembly.job import build_job
    from nnlab.runs.execute import execute
    from nnlab.runs.load import as_trained, check_data
    from nnlab.training.runtime import deterministic, threads

    found = load_run(run, runs_dir=runs_dir)
    if found.status == "finished":
        return found
    config = as_trained(found, _as_path(data_file))
    with deterministic():
        job = build_job(config, folders.data_dir(data_dir))
        check_data(found, job)
        with threads(job.num_threads):
            return execute(found, config, job, watch)


def evaluate(
    run: str | Path | RunDir,
    split: str = "test",
    *,
    checkpoint: str | None = None,
    device: str = "auto",
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a stored run again, from its data and its checkpoint.

    Args:
        run: The run, or what means it.
        split: ``test``, ``val`` or ``train``.
        checkpoint: ``last`` or ``best``; default: the weights that the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        data_file: The table of the run, if it is not below the current folder.
        runs_dir: Folder of runs.

    Returns:
        The means over seeds under the name of the split, and each seed's metrics.
    """
    from nnlab.runs.inference import evaluate as evaluate_run
    from nnlab.training.runtime import deterministic

    found = load_run(run, runs_dir=runs_dir)
    with deterministic():
        data = folders.data_dir(data_dir), _as_path(data_file)
        return evaluate_run(found, split, checkpoint, device, *data)


def compare(
    references: Sequence[str],
    overrides: Sequence[str] = (),
    *,
    dataset: str = "mnist",
    seeds: int = 5,
    metric: str | None = None,
    until: float | None = None,
    most_seeds: int = 50,
    reuse: bool = True,
    device: str | None = None,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
    on_reuse: Callable[[RunDir], None] | None = None,
) -> Comparison:
    """Train contenders on the same seeds and splits, and say which is better and how surely.

    Args:
        references: Two or more of: a run, a config file, a bundled experiment, a model word.
        overrides: ``key.path=value`` strings for every contender that is trained.
        dataset: Where model words are looked up: ``<dataset>_<word>``.
        seeds: Replicas of each contender that is trained.
        metric: The test metric; default: accuracy for classes, mse for numbers.
        until: Add so many seeds again and again until the interval of every difference is at most
            this wide: points for accuracies, else the unit of the metric.
        most_seeds: Seeds at which ``until`` ends anyway.
        reuse: Take finished runs of the same experiment, data and version instead of training.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs; the comparison is stored there too.
        watch: See ``train``.
        on_reuse: Called with each run that is taken instead of training.

    Raises:
        ConfigError: If there are fewer than two contenders, or their data differ.
    """
    from nnlab.comparison.contenders import find_contenders
    from nnlab.comparison.study import Stop, find_finished
    from nnlab.comparison.study import compare as compare_contenders
    from nnlab.comparison.words import to_unit
    from nnlab.report.comparison_page import store

    folder, data = folders.runs_dir(runs_dir), folders.data_dir(data_dir)

    def train_or_reuse(config: ExperimentConfig) -> RunDir:
        config = as_config(config, device=device)
        found = find_finished(config, folder, data) if reuse else None
        if found is not None and on_reuse is not None:
            on_reuse(found)
        return found or train(config, data_dir=data, runs_dir=folder, watch=watch)

    contenders = find_contenders(references, dataset, overrides, folder, fixed=until is None)
    is_regression = contenders[0].config.dataset.task == "regression"
    metric = metric or ("mse" if is_regression else "accuracy")
    comparison = compare_contenders(
        contenders,
        metric=metric,
        seeds=seeds,
        train=train_or_reuse,
        stop=None if until is None else Stop(to_unit(metric, until), most_seeds),
    )
    return store(comparison, folder)


def verify(
    run: str | Path | RunDir,
    *,
    resume: bool = False,
    data_dir: str | Path | None = None,
    data_file: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> Verification:
    """Train a finished run again in a scratch folder, and compare.

    Args:
        run: The run, or what means it.
        resume: Also kill the second training at a random step, and resume it.
        data_dir: Folder of installed data.
        data_file: The table of the run, if it is not below the current folder.
        runs_dir: Folder of runs.

    Raises:
        RunError: If the run is not finished, a checkpoint is damaged, or its data have changed.
    """
    from nnlab.runs.verify import verify as verify_run

    found = load_run(run, runs_dir=runs_dir)
    data = folders.data_dir(data_dir), _as_path(data_file)
    return verify_run(found, *data, is_resumed=resume)


def _as_path(data_file: str | Path | None) -> Path | None:
    return None if data_file is None else Path(data_file)


def load_run(run: str | Path | RunDir, *, runs_dir: str | Path | None = None) -> RunDir:
    """Return the run that a path, id, unique prefix, tag, ``latest`` or ``latest~1`` means.

    Raises:
        RunError: If there is none, or several.
    """
    if isinstance(run, RunDir):
        return run
    return find_run(str(run), folders.runs_dir(runs_dir))


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
        config = config.model_dump(mode="json")
    if isinstance(config, Mapping):
        return config_from_mapping(config, [*overrides, *extra])
    return load_config(find_config(str(config)), [*overrides, *extra])


def _as_typed(given: AnyConfig, config: ExperimentConfig) -> str:
    is_file = isinstance(given, str | Path)
    return find_config(str(given)).read_text() if is_file else dump_config(config)
