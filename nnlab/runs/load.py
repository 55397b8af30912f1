"""Opening a stored run. Its files are read and checked once: a stranger may have written them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nnlab.config.bundled import is_there
from nnlab.data.own_files import are_below, are_there
from nnlab.data.types import Recorded
from nnlab.errors import RunError
from nnlab.runs.engine import reading_engine, recorded_engine
from nnlab.runs.own_code import check_code
from nnlab.runs.preprocessing import read_preprocessing
from nnlab.runs.weights import newest_of, snapshot_of, weights_in
from nnlab.storage import checkpoint
from nnlab.storage.folders import Folders
from nnlab.storage.seeds import alive
from nnlab.training.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from torch import Tensor, nn

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.config.table_format import TableFormat
    from nnlab.data.types import DataSpec, Preprocessing
    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Meta, Summary
    from nnlab.storage.snapshot import Snapshot
    from nnlab.training.job import Job

MAX_THREADS = 1024


@dataclass(frozen=True)
class StoredRun:
    """A stored run, read and checked.

    Attributes:
        folder: Its folder.
        config: Its experiment, with every default and override.
        preprocessing: How raw features became inputs.
        spec: What its model expects.
        meta: Metadata: versions, device, digest of the data.
        folders: Where its data are, for a model that has to be fitted again; None: the usual places.
    """

    folder: RunDir
    config: ExperimentConfig
    preprocessing: Preprocessing
    spec: DataSpec
    meta: Meta
    folders: Folders | None = None

    @property
    def id(self) -> str:
        """Name of the folder."""
        return self.folder.id

    @property
    def status(self) -> str:
        """See ``ResultDir.status``."""
        return self.folder.status_of(self.meta.get("status", "unknown"))

    @cached_property
    def summary(self) -> Summary:
        """The final metrics.

        Raises:
            RunError: If the run is not finished.
        """
        return self.folder.summary

    @cached_property
    def alive(self) -> list[int]:
        """Indices of the seeds that have not diverged.

        Raises:
            RunError: If the run is not finished and has no usable checkpoint.
        """
        if self.status == "finished":
            return alive(self.summary)
        is_read = "checkpoint" in vars(self)
        newest: Checkpoint[Any] = self.checkpoint if is_read else self.arrays
        replicas = Progress.from_json(newest.progress).replicas
        return [r for r, replica in enumerate(replicas) if not replica.has_diverged]

    @cached_property
    def checkpoint(self) -> Checkpoint[Tensor]:
        """The newest good checkpoint; at most as many bytes are read as its experiment needs.

        Raises:
            RunError: If there is none, or all are damaged.
            DeviceError: If its model does not fit into memory.
        """
        return newest_of(self, checkpoint.load)

    @cached_property
    def arrays(self) -> Checkpoint[np.ndarray]:
        """The newest good checkpoint, read without torch; see ``checkpoint``."""
        return newest_of(self, checkpoint.load_arrays)

    @cached_property
    def snapshot(self) -> Snapshot[Tensor]:
        """The tensors of the newest good checkpoint.

        Raises:
            RunError: See ``checkpoint``; also if the names of the tensors are not those of a snapshot.
        """
        return snapshot_of(self, self.checkpoint)

    def weights(self, which: str | None = None) -> dict[str, Tensor]:
        """Return the weights of the newest good checkpoint, each ``(R, ...)``.

        Args:
            which: ``last``, or ``best`` by the monitored metric; default: those the experiment
                selects.

        Raises:
            RunError: If there is no checkpoint, there are no best weights because nothing was
                monitored, or the weights are not finite or do not fit the model.
        """
        return weights_in(self, self.snapshot, which)

    def weight_arrays(self, which: str | None = None) -> dict[str, np.ndarray]:
        """Return the weights as arrays, read without torch; see ``weights``."""
        return weights_in(self, snapshot_of(self, self.arrays), which)

    @property
    def table_format(self) -> TableFormat:
        """How new rows are written: as the run's table, where they do not tell."""
        written = self.config.dataset.table_format
        return replace(written, otherwise=self.preprocessing.number_style)

    def with_table(self, table: Path | None) -> StoredRun:
        """Return the run with a table, or a set of IDX files, that the user trusts.

        A stranger may have written the paths in a run: the place where the table was, and the path in
        the experiment, are followed only below the current folder; any other has to be given by the
        user.

        Args:
            table: The table the user gave, or None.

        Raises:
            RunError: If the table is elsewhere and was not given, or the run reads no table.
        """
        dataset = self.config.dataset
        if dataset.data_path is None:
            if table is not None:
                msg = f"run {self.id} reads {dataset.name}, not a table; leave out --data-file"
                raise RunError(msg)
            return self
        path = self._trusted("path", dataset.data_path) if table is None else str(table)
        if path is None:
            raise RunError(_where_are_data(self, dataset.data_path, self.meta.get("data_path")))
        paths = {"path": path}
        for key in sorted(f"{split}_path" for split in dataset.files_of_splits):
            name = getattr(dataset, key)
            beside = Path(path).parent / Path(name).name
            is_beside = table is not None and is_there(beside.is_file)
            found = str(beside) if is_beside else self._trusted(key, name)
            if found is None:
                msg = f"run {self.id} reads {name} (dataset.{key}), which is not beside {path}"
                raise RunError(msg)
            paths[key] = found
        return self._with(dataset=dataset.model_copy(update=paths))

    def _trusted(self, key: str, path: str) -> str | None:
        """Return where a file of the data is, if it is below the current folder or in the run."""
        arrays = self.folder.arrays_path
        if Path(path).name == arrays.name and is_there(arrays.is_file):
            return str(arrays)
        recorded = {"path": self.meta.get("data_path"), **self.meta.get("split_paths", {})}
        for place in (recorded.get(key), path):
            if place is not None and are_below(self.config.dataset, place, Path.cwd()):
                return place
        return None

    def with_folders(self, folders: Folders) -> StoredRun:
        """Return the run with the places of its data."""
        return replace(self, folders=folders)

    @cached_property
    def fitted(self) -> Sequence[nn.Module]:
        """The estimators of an experiment that uses scikit-learn, fitted again from its data.

        Raises:
            RunError: If the data are elsewhere or have changed, or the predictions are not the same.
        """
        from nnlab.learners.estimators import EstimatorLearner
        from nnlab.training.runtime import deterministic, threads

        folders = self.folders or Folders.choose()
        run = self.with_table(folders.table).as_trained()
        with deterministic():
            job = self.build_job(run.config, folders.data)
            assert isinstance(job.learner, EstimatorLearner), "no other model is fitted again"
            with threads(job.num_threads):
                job.learner.load_weights(self.weights())
        return job.learner.models

    def as_trained(self) -> StoredRun:
        """Return the run with the engine, and the threads of torch, that its bytes depend on."""
        run = self.with_training(engine=recorded_engine(self.config, self.meta))
        recorded = self.meta.get("threads")
        # The native engine leaves torch one thread, and has threads of its own.
        is_default = run.config.train.engine == "native" and recorded == 1
        if is_default or recorded is None or not 1 <= recorded <= MAX_THREADS:
            return run
        return run.with_training(threads=recorded)

    def to_read(self, device: str) -> StoredRun:
        """Return the run as it is evaluated on a device: ``auto``, ``cpu`` or ``cuda``."""
        engine = reading_engine(self.config, self.meta, device)
        return self.with_training(device=device, engine=engine)

    def with_training(self, **changes: Any) -> StoredRun:
        """Return the run with other values in the section ``train``."""
        return self._with(train=self.config.train.model_copy(update=changes))

    def _with(self, **sections: Any) -> StoredRun:
        return replace(self, config=self.config.model_copy(update=sections))

    def build_job(self, config: ExperimentConfig, data_dir: Path) -> Job:
        """Build what the run was trained with, on the data and the split it was trained on.

        Args:
            config: Its experiment; it may train on another device.
            data_dir: Folder of installed data.

        Raises:
            RunError: If the data have changed, or the run's files contradict them.
        """
        from nnlab.assembly.job import build_job

        sizes = self.meta.get("num_examples", {})
        job = build_job(config, data_dir, Recorded(self.preprocessing.class_names, sizes))
        self._check_data(job)
        return job

    def check_digest(self, present: str) -> None:
        """Check that data have the digest of those that the run was trained on.

        Raises:
            RunError: If they have not.
        """
        recorded = self.meta.get("data_sha256")
        if recorded != present:
            msg = f"the data of run {self.id} has changed: SHA-256 was {recorded}, is {present}"
            raise RunError(msg)

    def _check_data(self, job: Job) -> None:
        """Check that the data are still the data the run was trained on."""
        self.check_digest(job.dataset.sha256)
        names = self.preprocessing.class_names, job.dataset.preprocessing.class_names
        if self.spec != job.dataset.spec or names[0] != names[1]:
            msg = (
                f"{self.folder.preprocessing_path} is damaged: it describes other data than "
                f"{self.folder.resolved_path}"
            )
            raise RunError(msg)


def open_run(folder: RunDir) -> StoredRun:
    """Read and check what describes a run.

    Raises:
        RunError: If a file is missing or damaged, or files contradict each other.
    """
    config = folder.config
    preprocessing, spec = read_preprocessing(folder, config)
    check_code(folder, config, folder.meta)
    return StoredRun(folder, config, preprocessing, spec, folder.meta)


def _where_are_data(run: StoredRun, path: str, recorded: str | None) -> str:
    """Return what to do about data that are not below the current folder."""
    if recorded is None:
        return (
            f"run {run.id} reads {path}, which is not a file below the current folder\n"
            f"say where it is: --data-file FILE"
        )
    if not are_there(run.config.dataset, recorded):
        return f"run {run.id} read {recorded}, which is gone\nsay where it is now: --data-file FILE"
    return (
        f"run {run.id} reads {recorded}, which is not below the current folder\n"
        f"to read it all the same: --data-file {shlex.quote(recorded)}"
    )
