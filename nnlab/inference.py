"""Using a stored run: its metrics again, and predictions for new rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nnlab import folders
from nnlab.build import DTYPES, build_job, build_models
from nnlab.data.batches import as_float
from nnlab.data.prepare import refuse_infinite, to_inputs
from nnlab.data.types import Preprocessing, Spec
from nnlab.engines import output_activation
from nnlab.errors import DataError, RunError
from nnlab.results import SCHEMA_VERSION, over_seeds, parts_of
from nnlab.tasks import probabilities
from nnlab.training import checkpoint
from nnlab.training.loop import evaluate as evaluate_part
from nnlab.training.recorder import under
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor, nn

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.runs import RunDir
    from nnlab.training.job import Job

MAX_THREADS = 1024


def evaluate(
    run: RunDir,
    split: str = "test",
    which: str | None = None,
    device: str = "auto",
    data_dir: Path | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a stored run again, from its data and its checkpoint.

    Args:
        run: The run.
        split: ``test``, ``val`` or ``train``.
        which: ``last`` or ``best`` weights; default: those that the experiment selects.
        device: Where to compute.
        data_dir: Folder of installed data.

    Raises:
        RunError: If the run has no such part or weights, or a checkpoint is damaged.
    """
    config = run.config
    which = which or config.train.select
    train = config.train.model_copy(update={"device": device})
    job = build_job(config.model_copy(update={"train": train}), data_dir or folders.data_dir())
    check_data(run, job)
    job.learner.load_weights(load_weights(run, which))
    part = parts_of(job).get(split)
    if part is None:
        msg = f"run {run.id} has no {split} part; its experiment keeps none (dataset.split)"
        raise RunError(msg)
    with threads(job.num_threads):
        metrics = evaluate_part(job.learner, part, job.dtype)
    per_seed = [{"seed": seed, split: m} for seed, m in zip(job.seeds, metrics, strict=True)]
    return {
        "schema_version": SCHEMA_VERSION,
        "run": run.id,
        "split": split,
        "checkpoint": which,
        "num_examples": len(part),
        **over_seeds(per_seed, split),
        "per_seed": per_seed,
    }


def load_weights(run: RunDir, which: str) -> dict[str, Tensor]:
    """Return the weights of a run's newest good checkpoint, each ``(R, ...)``.

    Args:
        run: The run.
        which: ``last``, or ``best`` by the monitored metric.

    Raises:
        RunError: If there is no checkpoint, or no best one because nothing was monitored.
    """
    found = checkpoint.load(run.checkpoints_dir)
    if found is None:
        msg = f"run {run.id} has no checkpoint"
        raise RunError(msg)
    weights = under(found.tensors, "best." if which == "best" else "weights.")
    if not weights:
        msg = f"run {run.id} has no best weights: nothing was monitored; use --checkpoint last"
        raise RunError(msg)
    return weights


def as_trained(run: RunDir) -> ExperimentConfig:
    """Return a run's experiment, with as many threads as it began with: its bytes depend on it."""
    config, recorded = run.config, run.meta.get("threads")
    if not (isinstance(recorded, int) and 1 <= recorded <= MAX_THREADS):
        return config
    train = config.train.model_copy(update={"threads": recorded})
    return config.model_copy(update={"train": train})


def check_data(run: RunDir, job: Job) -> None:
    """Check that a run's data are still those it was trained on.

    Raises:
        RunError: If their digest has changed.
    """
    recorded = run.meta.get("data_sha256")
    if recorded != job.dataset.sha256:
        found = job.dataset.sha256
        msg = f"the data of run {run.id} has changed: SHA-256 was {recorded}, is {found}"
        raise RunError(msg)


def stored_preprocessing(run: RunDir) -> tuple[Preprocessing, Spec]:
    """Return how a run's raw features became inputs, and what its model expects.

    Raises:
        RunError: If the stored preprocessing is damaged.
    """
    stored = run.preprocessing
    try:
        shape = tuple(stored["input_shape"])
        mean, std = (_stored_array(stored[key], shape) for key in ("mean", "std"))
        names = tuple(stored["feature_names"]), tuple(stored["class_names"])
        task = stored["task"]
    except (KeyError, TypeError, ValueError) as error:
        msg = f"{run.preprocessing_path} is damaged: {error}"
        raise RunError(msg) from error
    if task not in {"classification", "regression"} or (mean is None) != (std is None):
        msg = f"{run.preprocessing_path} is damaged: task {task!r}, mean {mean}, std {std}"
        raise RunError(msg)
    return Preprocessing(*names, mean, std), Spec(task, shape, len(names[1]) or 1)


def _stored_array(value: list[Any] | None, shape: tuple[int, ...]) -> np.ndarray | None:
    if value is None:
        return None
    array = np.array(value, dtype=np.float64)
    if array.shape != shape or not np.isfinite(array).all():
        msg = f"an array of shape {shape} is expected"
        raise ValueError(msg)
    return array


def predict(run: RunDir, raw: np.ndarray, which: str | None = None) -> Tensor:
    """Return what a run's replicas say of new rows, averaged over them.

    Args:
        run: The run.
        raw: Features as in the run's data, before standardisation: ``(N, ...)`` uint8 pixels or
            float64 columns in the order of the stored feature names.
        which: ``last`` or ``best`` weights; default: those that the experiment selects.

    Returns:
        Probabilities ``(N, C)``, or values ``(N,)``; float64.

    Raises:
        DataError: If rows have another shape than the run's inputs.
        RunError: If the run has no usable weights.
    """
    config = run.config
    preprocessing, spec = stored_preprocessing(run)
    if raw.shape[1:] != spec.input_shape:
        msg = f"run {run.id} takes inputs of shape {spec.input_shape}, not {raw.shape[1:]}"
        raise DataError(msg)
    weights = load_weights(run, which or config.train.select)
    dtype = DTYPES[config.train.precision]
    inputs = as_float(to_inputs(raw, preprocessing, dtype=dtype), dtype)
    refuse_infinite(inputs, preprocessing)
    seeds = range(config.train.seed, config.train.seed + config.train.seeds)
    answers = []
    with torch.no_grad():
        for replica, model in enumerate(build_models(config, spec, seeds)):
            _load(model, {name: tensor[replica] for name, tensor in weights.items()}, run)
            outputs = model.eval()(inputs).double()
            is_classes = spec.task == "classification"
            answers.append(
                probabilities(outputs, output_activation(config))
                if is_classes
                else outputs.squeeze(-1)
            )
    answer = torch.stack(answers).mean(0)
    if not answer.isfinite().all():
        msg = f"run {run.id} has no finite answer for these rows; are they far from its data?"
        raise DataError(msg)
    return answer


def _load(model: nn.Module, weights: dict[str, Tensor], run: RunDir) -> None:
    try:
        model.load_state_dict(weights)
    except RuntimeError as error:
        msg = f"the weights of run {run.id} do not fit its model: {error}"
        raise RunError(msg) from error
