"""Using a stored run: its metrics again, and predictions for new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from nnlab.assembly.job import DTYPES, build_job, build_models
from nnlab.data.batches import as_float
from nnlab.data.prepare import refuse_infinite, to_inputs
from nnlab.errors import DataError, RunError
from nnlab.runs.load import check_data, load_weights, stored_preprocessing, with_known_table
from nnlab.runs.results import SCHEMA_VERSION, over_seeds, parts_of
from nnlab.storage import folders
from nnlab.tasks import probabilities, scalars
from nnlab.training.loop import evaluate as evaluate_part
from nnlab.training.runtime import threads

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from torch import Tensor

    from nnlab.storage.run_dir import RunDir


def evaluate(
    run: RunDir,
    split: str = "test",
    which: str | None = None,
    device: str = "auto",
    data_dir: Path | None = None,
    data_file: Path | None = None,
) -> dict[str, Any]:
    """Compute the metrics of a stored run again, from its data and its checkpoint.

    Args:
        run: The run.
        split: ``test``, ``val`` or ``train``.
        which: ``last`` or ``best`` weights; default: those that the experiment selects.
        device: Where to compute.
        data_dir: Folder of installed data.
        data_file: The table of the run, if it is not below the current folder.

    Raises:
        RunError: If the run has no such part or weights, is damaged, or its metrics are not finite.
    """
    config = with_known_table(run, run.config, data_file)
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
    if not all(math.isfinite(value) for of_seed in metrics for value in scalars(of_seed).values()):
        msg = f"the {split} metrics of run {run.id} are not finite: its weights are too large"
        raise RunError(msg)
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
            model.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})
            outputs = model.eval()(inputs).double()
            is_classes = spec.task == "classification"
            answers.append(
                probabilities(outputs, config.model.output_squashing)
                if is_classes
                else outputs.squeeze(-1)
            )
    answer = torch.stack(answers).mean(0)
    if not answer.isfinite().all():
        msg = f"run {run.id} has no finite answer for these rows; are they far from its data?"
        raise DataError(msg)
    return answer
