"""Opening a stored run. Its files are read and checked once: a stranger may have written them."""

from __future__ import annotations

import math
import shlex
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nnlab.assembly.footprint import check_model_size, estimate
from nnlab.assembly.job import DTYPES, build_job
from nnlab.config.bundled import is_there
from nnlab.config.resolve import build_model
from nnlab.data.seen import Seen
from nnlab.data.types import DataSpec, Preprocessing, Recorded
from nnlab.errors import RunError
from nnlab.storage import checkpoint
from nnlab.target_scale import TargetScale
from nnlab.training.guards import check_weights_fit

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import Meta, Summary
    from nnlab.storage.schemas import Preprocessing as StoredPreprocessing
    from nnlab.storage.snapshot import Snapshot
    from nnlab.training.job import Job

MAX_THREADS = 1024
MAX_FEATURES = 10**7


@dataclass(frozen=True)
class StoredRun:
    """A stored run, read and checked.

    Attributes:
        folder: Its folder.
        config: Its experiment, with every default and override.
        preprocessing: How raw features became inputs.
        spec: What its model expects.
        meta: Metadata: versions, device, digest of the data.
    """

    folder: RunDir
    config: ExperimentConfig
    preprocessing: Preprocessing
    spec: DataSpec
    meta: Meta

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
    def checkpoint(self) -> Checkpoint:
        """The newest good checkpoint; at most as many bytes are read as its experiment needs.

        Raises:
            RunError: If there is none, or all are damaged.
            DeviceError: If its model does not fit into memory.
        """
        dtype = DTYPES[self.config.train.precision]
        needed = estimate(self.config, self.spec, dtype=dtype)
        check_model_size(needed, torch.device("cpu"))
        newest = checkpoint.load(self.folder.checkpoints_dir, needed.max_checkpoint)
        if newest is None:
            msg = f"run {self.id} has no checkpoint"
            raise RunError(msg)
        return newest

    @cached_property
    def snapshot(self) -> Snapshot:
        """The tensors of the newest good checkpoint.

        Raises:
            RunError: See ``checkpoint``; also if the names of the tensors are not those of a snapshot.
        """
        try:
            return self.checkpoint.snapshot()
        except ValueError as error:
            msg = f"the checkpoint of run {self.id} does not fit its experiment: {error}"
            raise RunError(msg) from error

    def weights(self, which: str | None = None) -> dict[str, Tensor]:
        """Return the weights of the newest good checkpoint, each ``(R, ...)``.

        Args:
            which: ``last``, or ``best`` by the monitored metric; default: those the experiment
                selects.

        Raises:
            RunError: If there is no checkpoint, there are no best weights because nothing was
                monitored, or the weights are not finite or do not fit the model.
        """
        which = which or self.config.train.select
        weights = self.snapshot.best if which == "best" else self.snapshot.weights
        if not weights and which == "best":
            msg = f"run {self.id} has no best weights: nothing was monitored; use --checkpoint last"
            raise RunError(msg)
        try:
            check_weights_fit(weights, self._shapes())
        except ValueError as error:
            msg = f"the weights of run {self.id} do not fit its model: {error}"
            raise RunError(msg) from error
        return weights

    def _shapes(self) -> dict[str, Tensor]:
        """Return tensors without data, ``(R, ...)``, of the shapes and types of the model."""
        with torch.device("meta"):
            model = build_model(self.config.model, self.spec)
        seeds = self.config.train.seeds
        return {name: t.expand(seeds, *t.shape) for name, t in model.state_dict().items()}

    def with_table(self, table: Path | None) -> StoredRun:
        """Return the run with a table that the user trusts.

        A stranger may have written the paths in a run: the place where the table was, and the path in
        the experiment, are followed only below the current folder; any other has to be given by the
        user.

        Args:
            table: The table the user gave, or None.

        Raises:
            RunError: If the table is elsewhere and was not given, or the run reads no table.
        """
        dataset = self.config.dataset
        if dataset.table_path is None:
            if table is not None:
                msg = f"run {self.id} reads {dataset.name}, not a table; leave out --data-file"
                raise RunError(msg)
            return self
        if table is not None:
            return self._with(dataset=dataset.model_copy(update={"path": str(table)}))
        recorded = self.meta.get("data_path")
        for path in (recorded, dataset.table_path):
            if path is not None and _is_below(Path(path), Path.cwd()):
                return self._with(dataset=dataset.model_copy(update={"path": path}))
        raise RunError(_where_is_table(self.id, dataset.table_path, recorded))

    def with_recorded_threads(self) -> StoredRun:
        """Return the run with the number of threads it started with, which its bytes depend on."""
        recorded = self.meta.get("threads")
        if recorded is None or not 1 <= recorded <= MAX_THREADS:
            return self
        return self.with_training(threads=recorded)

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
        sizes = self.meta.get("num_examples", {})
        job = build_job(config, data_dir, Recorded(self.preprocessing.class_names, sizes))
        self._check_data(job)
        return job

    def _check_data(self, job: Job) -> None:
        """Check that the data are still the data the run was trained on."""
        recorded, present = self.meta.get("data_sha256"), job.dataset.sha256
        if recorded != present:
            msg = f"the data of run {self.id} has changed: SHA-256 was {recorded}, is {present}"
            raise RunError(msg)
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
    preprocessing, spec = _read_preprocessing(folder, config)
    return StoredRun(folder, config, preprocessing, spec, folder.meta)


def _read_preprocessing(folder: RunDir, config: ExperimentConfig) -> tuple[Preprocessing, DataSpec]:
    task, is_varied = config.dataset.task, config.dataset.split.vary
    stored = folder.preprocessing
    shape, classes = tuple(stored["input_shape"]), tuple(stored["class_names"])
    features = tuple(stored["feature_names"])
    try:
        whole = (config.train.seeds, *shape) if is_varied else shape
        mean, std = (_stored_array(stored[key], whole) for key in ("mean", "std"))
        scale = _stored_scale(stored, (config.train.seeds, 1) if is_varied else (1,))
    except (TypeError, ValueError) as error:
        msg = f"{folder.preprocessing_path} is damaged: {error}"
        raise RunError(msg) from error
    is_right = (
        stored["task"] == task
        and (mean is None) == (std is None)
        and (scale is not None) == config.dataset.standardizes_target
        and len(set(classes)) == len(classes)
        and (len(classes) >= 2 if task == "classification" else not classes)
        and (not features or shape == (len(features),))
        and math.prod(shape) <= MAX_FEATURES
    )
    if not is_right:
        msg = f"{folder.preprocessing_path} is damaged: its entries contradict each other"
        raise RunError(msg)
    spec = DataSpec(stored["task"], shape, len(classes) or 1)
    seen = Seen.from_json(stored.get("seen", {}))
    return Preprocessing(features, classes, mean, std, is_varied, scale, seen), spec


def _stored_array(value: list[Any] | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if value is None:
        return None
    array = np.array(value, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        msg = f"an array of shape {shape} is expected"
        raise ValueError(msg)
    return array


def _stored_scale(stored: StoredPreprocessing, shape: tuple[int, ...]) -> TargetScale | None:
    values = [
        None if value is None else torch.tensor(value, dtype=torch.float64)
        for value in (stored.get("target_mean"), stored.get("target_std"))
    ]
    mean, std = values
    if mean is None or std is None:
        return None
    if mean.numel() != shape[0] or mean.shape != std.shape or not (std > 0).all():
        msg = "one target_mean and one positive target_std per split are expected"
        raise ValueError(msg)
    return TargetScale(mean.reshape(shape), std.reshape(shape))


def _where_is_table(run: str, path: str, recorded: str | None) -> str:
    """Return what to do about a table that is not below the current folder."""
    if recorded is None:
        return (
            f"run {run} reads {path}, which is not a file below the current folder\n"
            f"say where it is: --data-file FILE"
        )
    if not is_there(Path(recorded).is_file):
        return f"run {run} read {recorded}, which is gone\nsay where it is now: --data-file FILE"
    return (
        f"run {run} reads {recorded}, which is not below the current folder\n"
        f"to read it all the same: --data-file {shlex.quote(recorded)}"
    )


def _is_below(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # not a valid file name, or a loop of links
        return False
