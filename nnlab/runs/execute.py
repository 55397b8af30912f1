"""Running an experiment: everything in the run folder, from the first file to the last."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from nnlab.config.load import dump_config
from nnlab.errors import DeviceError, DivergedError, InterruptedRun, NnlabError, StorageError
from nnlab.inspection.data_summary import summarize
from nnlab.learners.protocol import ignore
from nnlab.own.loading import located
from nnlab.runs.engine import describe_engine
from nnlab.runs.environment import describe_environment, now, process_id
from nnlab.runs.own_code import write_code
from nnlab.runs.preprocessing import preprocessing_to_json
from nnlab.runs.results import write_results
from nnlab.storage.atomic import sweep, write_atomic
from nnlab.storage.result_dir import write_json
from nnlab.storage.schemas import SPLITS
from nnlab.storage.untrusted import check_plain_folder
from nnlab.training.loop import train
from nnlab.training.memory import forget_peak
from nnlab.training.recorder import Recorder
from nnlab.training.signals import StopRequest

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.result_dir import ResultDir
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Record
    from nnlab.training.job import Job
    from nnlab.training.progress import Progress

logger = logging.getLogger(__name__)

Watcher = Callable[
    ["RunDir", "Job", "Progress"],
    contextlib.AbstractContextManager[Callable[[Sequence["Record"]], None]],
]


def write_inputs(run: RunDir, text: str, config: ExperimentConfig, job: Job) -> None:
    """Write the inputs of a run before it is trained: config, preprocessing, metadata.

    Args:
        run: The run.
        text: The experiment as the user wrote it.
        config: The experiment, with every default and override.
        job: The experiment, built.
    """
    write_atomic(run.config_path, text.encode())
    write_atomic(run.resolved_path, dump_config(config).encode())
    dataset = job.dataset
    write_json(run.preprocessing_path, preprocessing_to_json(dataset.preprocessing, dataset.spec))
    run.update_meta(
        name=config.name,
        seeds=job.seeds,
        data_sha256=job.dataset.sha256,
        data=summarize(job.dataset, config.dataset).to_json(),
        num_examples={name: len(job.dataset.splits.get(name, ())) for name in SPLITS},
        dataset=config.dataset.model_dump(mode="json"),
        **_places(config),
        **write_code(run, config),
        **describe_engine(job.engine),
        **describe_environment(job.device),
    )


def _places(config: ExperimentConfig) -> dict[str, object]:
    """Return where the user's own data were, so that they are found from other folders."""
    dataset = config.dataset
    if dataset.data_path is None:
        return {}
    keys = sorted(f"{split}_path" for split in dataset.files_of_splits)
    files = {key: str(Path(getattr(dataset, key)).absolute()) for key in keys}
    places: dict[str, object] = {"data_path": str(Path(dataset.data_path).absolute())}
    return {**places, "split_paths": files} if files else places


def execute(run: RunDir, config: ExperimentConfig, job: Job, watch: Watcher | None) -> None:
    """Train a run from its newest checkpoint to the end, and write its results.

    Args:
        run: The run.
        config: Its experiment.
        job: The experiment, built.
        watch: Called with (run, job, progress); returns a context manager that yields a callback,
            which receives the records of every evaluated epoch.
    """
    check_plain_folder(run.path)
    with run.lock(), outcome(run), memory_errors_as_ours(job):
        forget_peak(job.device)
        sweep(run.path)
        sweep(run.checkpoints_dir)
        recorder = Recorder(run, job)
        for name in recorder.restore():
            logger.warning("checkpoint %r is damaged and was skipped", name)
        watching = watch(run, job, recorder.progress) if watch else contextlib.nullcontext(ignore)
        with located():
            with StopRequest() as stop_request, watching as on_records, job.training_mode():
                train(job, recorder, stop_request, on_records=on_records)
            write_results(run, config, job, recorder)


@contextlib.contextmanager
def outcome(run: ResultDir, end: str = "finished") -> Iterator[None]:
    """Record the status of a result, however the block ends.

    Args:
        run: Its folder.
        end: The status if the block ends without an error.
    """
    run.update_meta(status="running", pid=process_id(), exit_code=None)
    try:
        yield
    except BaseException as error:
        status, exit_code = _end_by(error)
        # On a full disk this fails too. The first error says more, and a run that is still
        # "running" without a process counts as interrupted.
        with contextlib.suppress(OSError, StorageError):
            run.update_meta(status=status, exit_code=exit_code, finished_at=now())
        raise
    run.update_meta(status=end, exit_code=0, finished_at=now())


@contextlib.contextmanager
def memory_errors_as_ours(job: Job) -> Iterator[None]:
    """Replace an out-of-memory error by one that says what to reduce.

    Raises:
        DeviceError: If a step, or an evaluation, does not fit.
    """
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        size = job.batches.batch_size
        msg = (
            f"{job.device} has no memory left; a batch has {size:,} examples\n"
            f"try train.batch_size={max(size // 2, 1)}, or fewer train.seeds; "
            f"earlier checkpoints are kept"
        )
        raise DeviceError(msg) from error


def _end_by(error: BaseException) -> tuple[str, int]:
    """Return the status of a run that an error has ended, and its exit code."""
    match error:
        case InterruptedRun():
            return "interrupted", error.exit_code
        case KeyboardInterrupt():
            return "interrupted", 130
        case DivergedError():
            return "diverged", error.exit_code
        case NnlabError():
            return "failed", error.exit_code
        case OSError():
            return "failed", StorageError.exit_code
        case _:
            return "failed", 1
