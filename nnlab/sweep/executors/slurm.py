"""Units trained as jobs of Slurm, by submitit, in a folder that all computers see.

submitit pickles its jobs and their answers, which are text; nnlab removes the pickles when the sweep
ends and keeps the logs.
"""

from __future__ import annotations

import json
import logging
import shutil
import time
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from functools import cached_property
from typing import TYPE_CHECKING, Any

from nnlab.errors import ConfigError, RunError
from nnlab.sweep.executors.answers import raise_error
from nnlab.sweep.executors.slurm_options import SlurmOptions
from nnlab.sweep.executors.stopping import Stopping
from nnlab.sweep.units import unit_to_json
from nnlab.sweep.worker import place_to_json, train_line

if TYPE_CHECKING:
    from nnlab.sweep.executors.answers import Answer
    from nnlab.sweep.places import AnyPlace
    from nnlab.sweep.units import Unit

MAX_LOSSES = 3  # of the jobs of a unit
DEFAULTS = SlurmOptions()
SECONDS_BETWEEN_LOOKS = 0.5
SECONDS_TO_SAVE = 60.0
logger = logging.getLogger(__name__)


class SlurmExecutor:
    """Trains each unit in a job.

    Args:
        place: The sweep, and where its data are, in folders that all computers see.
        options: What Slurm is told about the jobs.
        cluster: ``local`` for processes of this computer instead, as tests use.

    Raises:
        ConfigError: If submitit is not installed, or there is no Slurm.
    """

    def __init__(
        self, place: AnyPlace, options: SlurmOptions = DEFAULTS, cluster: str = "slurm"
    ) -> None:
        self.place = place
        self.options = options
        self.capacity = options.jobs
        self._submitit = _import_submitit(cluster)
        self._cluster = cluster
        self._threads = ThreadPoolExecutor(options.jobs)
        self._stopping = Stopping(lambda: None, place.on_stop)
        self._is_over = False

    @cached_property
    def _jobs(self) -> Any:
        executor = self._submitit.AutoExecutor(
            folder=str(self._folder / "%j"), cluster=self._cluster
        )
        executor.update_parameters(
            name="nnlab", cpus_per_task=self.place.num_threads, **self.options.parameters
        )
        return executor

    @property
    def _folder(self) -> Any:
        return self.place.scratch / "slurm"

    def submit(self, unit: Unit) -> Future[None]:
        """Start a unit; see ``Executor``."""
        self._stopping.begin()
        return self._threads.submit(self._train, unit, self._jobs)

    def cancel(self) -> None:
        """Stop the jobs, which save the step that they are at, and remove their pickles."""
        self._is_over = True
        self._threads.shutdown(cancel_futures=True)
        self._stopping.close()
        for path in self._folder.glob("*/*.pkl"):
            path.unlink(missing_ok=True)

    def _train(self, unit: Unit, jobs: Any) -> None:
        folder = self.place.run_of(unit).path
        place = place_to_json(self.place)
        text = json.dumps(unit_to_json(unit)).encode()
        for loss in range(1, MAX_LOSSES + 2):
            job = jobs.submit(train_line, place, text)
            try:
                answer = self._result(job)
            except self._submitit.core.utils.UncompletedJobError as error:
                logger.warning("job %s has ended while it trained %s", job.job_id, folder)
                if loss > MAX_LOSSES:
                    msg = f"{folder}: {loss} jobs have ended while they trained it\nsee {self._folder}: {error}"
                    raise RunError(msg) from error
            else:
                raise_error(answer, self._stopping.message)
                return

    def _result(self, job: Any) -> Answer:
        """Return the answer of a job, which is stopped if the sweep is."""
        while not job.done():
            time.sleep(SECONDS_BETWEEN_LOOKS)
            if self._is_over or self._stopping.signal is not None:
                job.cancel(check=False)
                _wait_for(job)
                self._stopping.check()
                raise CancelledError
        answer: Answer = job.result()
        return answer


def _wait_for(job: Any) -> None:
    """Wait until a job that was cancelled has saved its step."""
    end = time.monotonic() + SECONDS_TO_SAVE
    while not job.done(force_check=True) and time.monotonic() < end:
        time.sleep(SECONDS_BETWEEN_LOOKS)


def _import_submitit(cluster: str) -> Any:
    """Import submitit.

    Raises:
        ConfigError: If it is not installed, or there is no Slurm.
    """
    try:
        import submitit
    except ImportError as error:
        msg = '--on slurm needs submitit: pip install "nnlab[slurm]"'
        raise ConfigError(msg) from error
    if cluster == "slurm" and shutil.which("sbatch") is None:
        msg = "--on slurm: there is no sbatch here; run this on a computer that submits to Slurm"
        raise ConfigError(msg)
    return submitit
