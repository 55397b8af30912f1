"""What the command line does, for notebooks and programs.

>>> import nnlab
>>> run = nnlab.train("configs/spiral_mlp.yaml", seeds=3)
>>> run.summary["test"]["accuracy"]
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab import folders
from nnlab.bundled import find_config
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import config_from_mapping, dump_config, load_config
from nnlab.errors import DivergedError, InterruptedRun
from nnlab.registry import find_run
from nnlab.runs import RunDir, write_json

if TYPE_CHECKING:
    from nnlab.comparison.result import Comparison
    from nnlab.training.job import Job
    from nnlab.training.metrics import Record
    from nnlab.training.progress import Progress

AnyConfig = str | Path | Mapping[str, Any] | ExperimentConfig
Watcher = Callable[
    ["RunDir", "Job", "Progress"],
    contextlib.AbstractContextManager[Callable[[Sequence["Record"]], None]],
]


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
    from nnlab.build import build_job
    from nnlab.training.runtime import deterministic, threads

    loaded = as_config(config, overrides, seeds=seeds, device=device)
    with deterministic():
        job = build_job(loaded, folders.data_dir(data_dir))
        run = RunDir.create(folders.runs_dir(runs_dir), loaded.name)
        with threads(job.num_threads):
            _describe(run, config, loaded, job)
            return _execute(run, loaded, job, watch)


def resume(
    run: str | Path | RunDir,
    *,
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
    watch: Watcher | None = None,
) -> RunDir:
    """Go on with an interrupted run; a finished one is returned as it is.

    Raises:
        RunError: If there is no such run, it is being trained, or its data has changed.
    """
    from nnlab.build import build_job
    from nnlab.inference import check_data
    from nnlab.training.runtime import deterministic, threads

    found = load_run(run, runs_dir=runs_dir)
    if found.status == "finished":
        return found
    config = found.config
    with deterministic():
        job = build_job(config, folders.data_dir(data_dir))
        check_data(found, job)
        with threads(job.num_threads):
            return _execute(found, config, job, watch)


def evaluate(
    run: str | Path | RunDir,
    split: str = "test",
    *,
    checkpoint: str | None = None,
    device: str = "auto",
    data_dir: str | Path | None = None,
    runs_dir: str | Path | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a stored run again, from its data and its checkpoint.

    Args:
        run: The run, or what means it.
        split: ``test``, ``val`` or ``train``.
        checkpoint: ``last`` or ``best``; default: the weights that the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.
        data_dir: Folder of installed data.
        runs_dir: Folder of runs.

    Returns:
        The means over seeds under the name of the split, and each seed's metrics.
    """
    from nnlab.inference import evaluate as evaluate_run
    from nnlab.training.runtime import deterministic

    found = load_run(run, runs_dir=runs_dir)
    with deterministic():
        return evaluate_run(found, split, checkpoint, device, folders.data_dir(data_dir))


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


def _describe(run: RunDir, given: AnyConfig, config: ExperimentConfig, job: Job) -> None:
    from nnlab.environment import describe_environment

    is_file = isinstance(given, str | Path)
    typed = find_config(str(given)).read_text() if is_file else dump_config(config)
    run.config_path.write_text(typed, encoding="utf-8")
    run.resolved_path.write_text(dump_config(config), encoding="utf-8")
    preprocessing, spec = job.dataset.preprocessing, job.dataset.spec
    write_json(
        run.preprocessing_path,
        {
            "schema_version": 1,
            "task": spec.task,
            "input_shape": spec.input_shape,
            "feature_names": preprocessing.feature_names,
            "class_names": preprocessing.class_names,
            "mean": None if preprocessing.mean is None else preprocessing.mean.tolist(),
            "std": None if preprocessing.std is None else preprocessing.std.tolist(),
        },
    )
    run.update_meta(
        name=config.name,
        seeds=job.seeds,
        device=str(job.device),
        data_sha256=job.dataset.sha256,
        num_examples={
            "train": len(job.dataset.train),
            "val": len(job.dataset.val or ()),
            "test": len(job.dataset.test or ()),
        },
        **describe_environment(),
    )


def _execute(run: RunDir, config: ExperimentConfig, job: Job, watch: Watcher | None) -> RunDir:
    from nnlab.results import conclude
    from nnlab.training.loop import train as train_loop
    from nnlab.training.memory import forget_peak
    from nnlab.training.recorder import Recorder
    from nnlab.training.runtime import StopRequest

    with run.lock(), _outcome(run):
        forget_peak(job.device)
        recorder = Recorder(run, job)
        recorder.restore()
        watching = watch(run, job, recorder.progress) if watch else contextlib.nullcontext(_ignore)
        with watching as on_records, StopRequest() as stop_request:
            train_loop(job, recorder, stop_request, on_records)
        conclude(run, config, job, recorder)
    return run


def _ignore(records: Sequence[Record]) -> None:
    """Watch nothing."""


@contextlib.contextmanager
def _outcome(run: RunDir) -> Iterator[None]:
    """Keep the run's status true, however the block ends."""
    from nnlab.environment import now, process_id

    run.update_meta(status="running", pid=process_id(), exit_code=None)
    status, exit_code = "failed", 1
    try:
        yield
        status, exit_code = "finished", 0
    except InterruptedRun as error:
        status, exit_code = "interrupted", error.exit_code
        raise
    except KeyboardInterrupt:
        status, exit_code = "interrupted", 130
        raise
    except DivergedError as error:
        status, exit_code = "diverged", error.exit_code
        raise
    finally:
        run.update_meta(status=status, exit_code=exit_code, finished_at=now())
