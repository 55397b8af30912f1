"""Using a stored run: evaluate it again, and predict new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from nnlab.assembly.job import build_models
from nnlab.assembly.learner import DTYPES
from nnlab.data.batches import EVAL_BATCH_SIZE, as_float
from nnlab.data.prepare import check_finite_inputs, to_inputs
from nnlab.errors import DataError, RunError
from nnlab.runs.results import over_seeds, predict_split
from nnlab.storage import versions
from nnlab.storage.folders import Folders
from nnlab.tasks.classification import probabilities
from nnlab.training.loop import evaluate_split
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import ArrayLike
    from torch import Tensor, nn

    from nnlab.data.types import Split
    from nnlab.metrics import Metrics
    from nnlab.runs.load import StoredRun
    from nnlab.storage.schemas import SplitName
    from nnlab.training.job import Job


def evaluate_run(
    run: StoredRun,
    folders: Folders,
    split: SplitName = "test",
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
    job, examples = load_split(run, folders, split, which=which, device=device)
    with threads(job.num_threads):
        metrics = evaluate_split(job.learner, examples, job.dtype)
    return evaluation(run, split, metrics, len(examples), which)


def evaluation(
    run: StoredRun, name: str, metrics: Sequence[Metrics], num_examples: int, which: str | None
) -> dict[str, Any]:
    """Return an evaluation as ``nnlab eval --json`` prints it.

    Args:
        run: The run.
        name: What the examples are called.
        metrics: Metrics of each seed; those that have diverged are left out.
        num_examples: Number of examples.
        which: ``last`` or ``best`` weights; None: those the experiment selects.

    Raises:
        RunError: If a metric is not finite.
    """
    metrics = [metrics[replica] for replica in run.alive]
    if not all(math.isfinite(value) for m in metrics for value in m.scalars.values()):
        msg = f"the {name} metrics of run {run.id} are not finite: its weights are too large"
        raise RunError(msg)
    seeds = [run.config.train.replica_seeds[replica] for replica in run.alive]
    lost = [seed for seed in run.config.train.replica_seeds if seed not in seeds]
    return {
        "schema_version": versions.OUTPUT,
        "run": run.id,
        "split": name,
        "checkpoint": which or run.config.train.select,
        "num_examples": num_examples,
        **over_seeds(name, metrics),
        "per_seed": [{"seed": s, name: m.to_json()} for s, m in zip(seeds, metrics, strict=True)],
        "diverged_seeds": lost,
    }


def predict_again(run: StoredRun, split: SplitName, data_dir: Path) -> tuple[Tensor, Tensor]:
    """Return the outputs for a split, ``(R, N, C)`` or ``(R, N)``, and its targets.

    Raises:
        RunError: If the run has no such split, is damaged, reads a table outside the current folder,
            or its outputs are not finite.
    """
    folders = Folders(runs=run.folder.path.parent, data=data_dir)
    with deterministic():
        job, examples = load_split(run, folders, split)
        with threads(job.num_threads):
            outputs = predict_split(job, examples)
    if not outputs.isfinite().all():
        msg = f"the {split} outputs of run {run.id} are not finite: its weights are too large"
        raise RunError(msg)
    return outputs, examples.targets.cpu()


def load_split(
    run: StoredRun,
    folders: Folders,
    split: SplitName,
    *,
    which: str | None = None,
    device: str = "auto",
) -> tuple[Job, Split]:
    """Return a run with its stored weights, ready to predict, and a split of its data.

    Raises:
        RunError: If the run has no such split or weights, or its data have changed.
    """
    config = run.with_table(folders.table).to_read(device).config
    job = run.build_job(config, folders.data)
    job.learner.load_weights(run.weights(which))
    examples = job.dataset.splits.get(split)
    if examples is None:
        msg = f"run {run.id} has no {split} split; see dataset.split of its experiment"
        raise RunError(msg)
    return job, examples


class Predictor:
    """The networks of a run, loaded once, to predict any number of rows in batches.

    Args:
        run: The run.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no usable weights.
    """

    def __init__(self, run: StoredRun, which: str | None = None) -> None:
        self._run = run
        self._seeds = run.config.train.replica_seeds
        self._models = load_models(run, self._seeds, which)

    def __call__(self, raw: ArrayLike) -> Tensor:
        """Return the predictions for new rows, averaged over the replicas.

        Args:
            raw: Features as in the run's data, before standardisation: ``(N, ...)`` uint8 pixels or
                float64 columns in the order of the stored feature names.

        Returns:
            Probabilities ``(N, C)``, or values ``(N,)``; float64.

        Raises:
            DataError: If rows do not have the shape of the run's inputs.
        """
        rows = np.asarray(raw)
        starts = range(0, len(rows) if rows.ndim else 0, EVAL_BATCH_SIZE)
        batches = [rows[start : start + EVAL_BATCH_SIZE] for start in starts] or [rows]
        return torch.cat([self._answer(batch) for batch in batches])

    def _answer(self, raw: np.ndarray) -> Tensor:
        with torch.no_grad():
            outputs = [
                model(preprocess(self._run, raw, seed))
                for seed, model in zip(self._seeds, self._models, strict=True)
            ]
        answer = mean_answer(self._run, torch.stack(outputs))
        if not answer.isfinite().all():
            msg = (
                f"run {self._run.id} predicts no finite number for these rows; are they far from "
                f"its data?"
            )
            raise DataError(msg)
        return answer


def preprocess(run: StoredRun, raw: ArrayLike, seed: int | None = None) -> Tensor:
    """Return rows as the network of a seed takes them; see ``Predictor`` and ``load_model``."""
    preprocessing, spec = run.preprocessing.of(_replica(run, seed)), run.spec
    raw = _as_features(np.asarray(raw), run)
    columns = preprocessing.columns
    expected = (len(columns),) if columns else spec.input_shape
    if raw.shape[1:] != expected:
        msg = f"run {run.id} takes inputs of shape {expected}, not {raw.shape[1:]}"
        raise DataError(msg)
    dtype = DTYPES[run.config.train.precision]
    inputs = as_float(to_inputs(raw, preprocessing, dtype=dtype), dtype)
    check_finite_inputs(inputs, preprocessing)
    return inputs


def _as_features(raw: np.ndarray, run: StoredRun) -> np.ndarray:
    """Return raw features as numbers; only images have uint8 pixels."""
    if raw.dtype == np.uint8 and not run.preprocessing.feature_names:
        return raw
    if raw.dtype.kind not in "biuf":
        msg = f"run {run.id} takes numbers, not an array of {raw.dtype}"
        raise DataError(msg)
    return raw.astype(np.float64)


def load_model(run: StoredRun, seed: int | None = None, which: str | None = None) -> nn.Module:
    """Return the trained network of one seed, in evaluation mode.

    Values that were learned standardised are returned in the unit of the target, float64.

    Args:
        run: The run.
        seed: The seed; default: the first one.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no such seed, or no usable weights.
    """
    replica = _replica(run, seed)
    if replica not in run.alive:
        chosen = run.config.train.replica_seeds[replica]
        msg = f"seed {chosen} of run {run.id} has diverged; it has no weights"
        raise RunError(msg)
    (model,) = load_models(run, [run.config.train.replica_seeds[replica]], which)
    if scale := run.preprocessing.of(replica).target:
        model.register_forward_hook(lambda _module, _inputs, outputs: scale.restored(outputs))
    return model


def _replica(run: StoredRun, seed: int | None) -> int:
    """Return the number of the replica with a seed; the first one by default."""
    seeds = run.config.train.replica_seeds
    if seed is None:
        return 0
    if seed not in seeds:
        msg = f"run {run.id} has no seed {seed}; it has {', '.join(map(str, seeds))}"
        raise RunError(msg)
    return seeds.index(seed)


def load_models(run: StoredRun, seeds: Sequence[int], which: str | None) -> list[nn.Module]:
    """Return the trained networks of some seeds, in evaluation mode."""
    if run.config.model.is_estimator:
        return [run.fitted[seed - run.config.train.seed] for seed in seeds]
    weights, models = run.weights(which), build_models(run.config, run.spec, seeds)
    for seed, model in zip(seeds, models, strict=True):
        replica = seed - run.config.train.seed
        model.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})
        model.eval()
    return models


def mean_answer(run: StoredRun, outputs: Tensor) -> Tensor:
    """Return the mean over the replicas of what their outputs ``(R, N, C)`` mean.

    Those that have diverged are left out.

    Returns:
        Probabilities ``(N, C)``, or values ``(N,)``; float64.
    """
    outputs = outputs.double()
    if run.spec.task == "regression":
        scale, values = run.preprocessing.target, outputs.squeeze(-1)  # (R, N)
        return (values if scale is None else scale.restored(values))[run.alive].mean(0)
    return probabilities(outputs, run.config.model.output_squashing)[run.alive].mean(0)
