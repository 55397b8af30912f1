"""What a run's files hold, checked before anything is built from it: a stranger may have made them."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nnlab.assembly.footprint import estimate, refuse_large_model
from nnlab.assembly.job import DTYPES
from nnlab.config.resolve import build_model
from nnlab.data.types import Preprocessing, Spec
from nnlab.errors import RunError
from nnlab.storage import checkpoint
from nnlab.training.metrics import raise_if_unfit
from nnlab.training.recorder import under

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.storage.checkpoint import Checkpoint
    from nnlab.storage.run_dir import RunDir
    from nnlab.training.job import Job

MAX_THREADS = 1024
MAX_FEATURES = 10**7


def load_checkpoint(run: RunDir) -> Checkpoint:
    """Return a run's newest good checkpoint; nothing larger than its experiment needs is read.

    Raises:
        RunError: If there is none, or all are damaged.
        DeviceError: If its model does not fit into the memory.
    """
    config, (_, spec) = run.config, stored_preprocessing(run)
    needed = estimate(config, spec, dtype=DTYPES[config.train.precision])
    refuse_large_model(needed, torch.device("cpu"))
    found = checkpoint.load(run.checkpoints_dir, needed.max_checkpoint)
    if found is None:
        msg = f"run {run.id} has no checkpoint"
        raise RunError(msg)
    return found


def load_weights(run: RunDir, which: str) -> dict[str, Tensor]:
    """Return the weights of a run's newest good checkpoint, each ``(R, ...)``.

    Args:
        run: The run.
        which: ``last``, or ``best`` by the monitored metric.

    Raises:
        RunError: If there is no checkpoint, no best one because nothing was monitored, or they are
            not finite or those of another model.
    """
    weights = under(load_checkpoint(run).tensors, "best." if which == "best" else "weights.")
    if not weights and which == "best":
        msg = f"run {run.id} has no best weights: nothing was monitored; use --checkpoint last"
        raise RunError(msg)
    try:
        raise_if_unfit(weights, _shapes(run))
    except ValueError as error:
        msg = f"the weights of run {run.id} do not fit its model: {error}"
        raise RunError(msg) from error
    return weights


def _shapes(run: RunDir) -> dict[str, Tensor]:
    """Return tensors without content, ``(R, ...)``, like those that a run's model has."""
    config, (_, spec) = run.config, stored_preprocessing(run)
    with torch.device("meta"):
        model = build_model(config.model, spec)
    seeds = config.train.seeds
    return {name: t.expand(seeds, *t.shape) for name, t in model.state_dict().items()}


def as_trained(run: RunDir, data_file: Path | None = None) -> ExperimentConfig:
    """Return a run's experiment, with as many threads as it began with: its bytes depend on it.

    Args:
        run: The run.
        data_file: See ``with_known_table``.
    """
    config, recorded = with_known_table(run, run.config, data_file), run.meta.get("threads")
    if recorded is None or not 1 <= recorded <= MAX_THREADS:
        return config
    train = config.train.model_copy(update={"threads": recorded})
    return config.model_copy(update={"train": train})


def with_known_table(
    run: RunDir, config: ExperimentConfig, data_file: Path | None
) -> ExperimentConfig:
    """Return a run's experiment, whose table the user knows of.

    A path in a run may have been written by a stranger: it is followed below the current folder;
    any other has to be repeated.

    Args:
        run: The run.
        config: Its experiment.
        data_file: The table, as the user names it; None if the user does not.

    Raises:
        RunError: If the table is elsewhere and not named, or one is named that nobody reads.
    """
    dataset = config.dataset
    if dataset.table_path is None:
        if data_file is not None:
            msg = f"run {run.id} reads no table but {dataset.name}; leave out --data-file"
            raise RunError(msg)
        return config
    if data_file is None:
        if not _is_below(Path(dataset.table_path), Path.cwd()):
            msg = (
                f"run {run.id} reads {dataset.table_path}, which is not a file below the current "
                f"folder\nif it should be read, say so: --data-file {dataset.table_path}"
            )
            raise RunError(msg)
        return config
    named = dataset.model_copy(update={"path": str(data_file)})
    return config.model_copy(update={"dataset": named})


def _is_below(path: Path, folder: Path) -> bool:
    try:
        return path.is_file() and path.resolve().is_relative_to(folder.resolve())
    except (OSError, ValueError, RuntimeError):  # a name that no file can have, links in a circle
        return False


def check_data(run: RunDir, job: Job) -> None:
    """Check that a run's data are still those it was trained on.

    Raises:
        RunError: If their digest has changed, or the run's files contradict them.
    """
    recorded, found = run.meta.get("data_sha256"), job.dataset.sha256
    if recorded != found:
        msg = f"the data of run {run.id} has changed: SHA-256 was {recorded}, is {found}"
        raise RunError(msg)
    preprocessing, spec = stored_preprocessing(run)
    names = preprocessing.class_names, job.dataset.preprocessing.class_names
    if spec != job.dataset.spec or names[0] != names[1]:
        msg = (
            f"{run.preprocessing_path} is damaged: it is about other data than {run.resolved_path}"
        )
        raise RunError(msg)


def stored_preprocessing(run: RunDir) -> tuple[Preprocessing, Spec]:
    """Return how a run's raw features became inputs, and what its model expects.

    Raises:
        RunError: If the stored preprocessing is damaged, or contradicts the experiment.
    """
    stored = run.preprocessing
    shape, classes = tuple(stored["input_shape"]), tuple(stored["class_names"])
    features, task = tuple(stored["feature_names"]), stored["task"]
    try:
        mean, std = (_stored_array(stored[key], shape) for key in ("mean", "std"))
    except (TypeError, ValueError) as error:
        msg = f"{run.preprocessing_path} is damaged: {error}"
        raise RunError(msg) from error
    is_right = (
        task == run.config.dataset.task
        and (mean is None) == (std is None)
        and len(set(classes)) == len(classes)
        and (len(classes) >= 2 if task == "classification" else not classes)
        and (not features or shape == (len(features),))
        and math.prod(shape) <= MAX_FEATURES
    )
    if not is_right:
        msg = f"{run.preprocessing_path} is damaged: its entries contradict each other"
        raise RunError(msg)
    return Preprocessing(features, classes, mean, std), Spec(task, shape, len(classes) or 1)


def _stored_array(value: list[Any] | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if value is None:
        return None
    array = np.array(value, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        msg = f"an array of shape {shape} is expected"
        raise ValueError(msg)
    return array
