"""Using a stored run: evaluate it again, and predict new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from nnlab.assembly.job import DTYPES, build_job, build_models
from nnlab.data.batches import as_float
from nnlab.data.prepare import check_finite_inputs, to_inputs
from nnlab.errors import DataError, RunError
from nnlab.runs.results import over_seeds, splits_of
from nnlab.storage import versions
from nnlab.tasks import probabilities
from nnlab.training.loop import evaluate_split
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from nnlab.data.types import Split
    from nnlab.runs.load import StoredRun
    from nnlab.storage.folders import Folders
    from nnlab.storage.schemas import SplitName
    from nnlab.training.job import Job


def evaluate_run(
    run: StoredRun,
    folders: Folders,
    split: SplitName,
    *,
    which: str | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Re-evaluate a stored run on a split, from its data and its checkpoint.

    Args:
        run: The run.
        folders: Where to find its data.
        split: ``test``, ``val`` or ``train``.
        which: ``last`` or ``best`` weights; default: those the experiment selects.
        device: ``auto``, ``cpu`` or ``cuda``.

    Raises:
        RunError: If the run has no such split or weights, is damaged, or its metrics are not finite.
    """
    which = which or run.config.train.select
    job, examples = load_split(run, folders, split, which=which, device=device)
    with threads(job.num_threads):
        metrics = evaluate_split(job.learner, examples, job.dtype)
    if not all(math.isfinite(value) for m in metrics for value in m.scalars.values()):
        msg = f"the {split} metrics of run {run.id} are not finite: its weights are too large"
        raise RunError(msg)
    per_seed = [
        {"seed": seed, split: m.to_json()} for seed, m in zip(job.seeds, metrics, strict=True)
    ]
    return {
        "schema_version": versions.OUTPUT,
        "run": run.id,
        "split": split,
        "checkpoint": which,
        "num_examples": len(examples),
        **over_seeds(split, metrics),
        "per_seed": per_seed,
    }


def load_split(
    run: StoredRun, folders: Folders, split: SplitName, *, which: str | None, device: str = "auto"
) -> tuple[Job, Split]:
    """Return a run with its stored weights, ready to predict, and a split of its data.

    Raises:
        RunError: If the run has no such split or weights, or its data have changed.
    """
    config = run.with_table(folders.table).with_training(device=device).config
    job = build_job(config, folders.data)
    run.check_data(job)
    job.learner.load_weights(run.weights(which))
    examples = splits_of(job).get(split)
    if examples is None:
        msg = f"run {run.id} has no {split} split; see dataset.split of its experiment"
        raise RunError(msg)
    return job, examples


def predict_rows(run: StoredRun, raw: np.ndarray, which: str | None = None) -> Tensor:
    """Return the predictions of a run for new rows, averaged over its replicas.

    Args:
        run: The run.
        raw: Features as in the run's data, before standardisation: ``(N, ...)`` uint8 pixels or
            float64 columns in the order of the stored feature names.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Returns:
        Probabilities ``(N, C)``, or values ``(N,)``; float64.

    Raises:
        DataError: If rows do not have the shape of the run's inputs.
        RunError: If the run has no usable weights.
    """
    config, preprocessing, spec = run.config, run.preprocessing, run.spec
    if raw.shape[1:] != spec.input_shape:
        msg = f"run {run.id} takes inputs of shape {spec.input_shape}, not {raw.shape[1:]}"
        raise DataError(msg)
    weights = run.weights(which)
    dtype = DTYPES[config.train.precision]
    inputs = as_float(to_inputs(raw, preprocessing, dtype=dtype), dtype)
    check_finite_inputs(inputs, preprocessing)
    seeds = range(config.train.seed, config.train.seed + config.train.seeds)
    outputs = []
    with torch.no_grad():
        for replica, model in enumerate(build_models(config, spec, seeds)):
            model.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})
            outputs.append(model.eval()(inputs))
    answer = mean_answer(run, torch.stack(outputs))
    if not answer.isfinite().all():
        msg = f"run {run.id} predicts no finite number for these rows; are they far from its data?"
        raise DataError(msg)
    return answer


def mean_answer(run: StoredRun, outputs: Tensor) -> Tensor:
    """Return the mean over the replicas of what their outputs ``(R, N, C)`` mean.

    Returns:
        Probabilities ``(N, C)``, or values ``(N,)``; float64.
    """
    outputs = outputs.double()
    if run.spec.task == "regression":
        return outputs.squeeze(-1).mean(0)
    return probabilities(outputs, run.config.model.output_squashing).mean(0)
