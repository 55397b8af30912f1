"""Using a stored run: evaluate it again, and predict new rows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch

from nnlab.assembly.job import build_models
from nnlab.errors import RunError
from nnlab.runs.inputs import inputs_of, replica_of
from nnlab.runs.results import over_seeds, predict_split
from nnlab.storage import versions
from nnlab.storage.folders import Folders
from nnlab.training.loop import evaluate_split
from nnlab.training.runtime import deterministic, threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import ArrayLike
    from torch import Tensor, nn

    from nnlab.data.types import Split
    from nnlab.metrics import Metrics
    from nnlab.runs.load import StoredRun
    from nnlab.runs.networks import Networks
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


class ModuleOutputs:
    """The outputs of a run's networks, computed by torch on the CPU.

    Args:
        run: The run.
        which: ``last`` or ``best`` weights; default: those the experiment selects.

    Raises:
        RunError: If the run has no usable weights.
    """

    def __init__(self, run: Networks, which: str | None = None) -> None:
        self._models = load_models(run, run.config.train.replica_seeds, which)

    def __call__(self, inputs: np.ndarray, *, is_varied: bool = False) -> np.ndarray:
        """Return the outputs ``(R, N, C)``; see ``Outputs``."""
        with torch.no_grad():
            outputs = outputs_of(self._models, torch.from_numpy(inputs), is_varied=is_varied)
        return outputs.numpy()


def outputs_of(models: Sequence[nn.Module], inputs: Tensor, *, is_varied: bool) -> Tensor:
    """Return the outputs ``(R, N, C)`` of models for inputs ``(N, ...)``, or ``(R, N, ...)`` if varied."""
    return torch.stack(
        [model(inputs[r] if is_varied else inputs) for r, model in enumerate(models)]
    )


def preprocess(run: StoredRun, raw: ArrayLike, seed: int | None = None) -> Tensor:
    """Return rows as the network of a seed takes them; see ``load_model``."""
    return torch.from_numpy(inputs_of(run, raw, replica_of(run, seed)))


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
    replica = replica_of(run, seed)
    if replica not in run.alive:
        chosen = run.config.train.replica_seeds[replica]
        msg = f"seed {chosen} of run {run.id} has diverged; it has no weights"
        raise RunError(msg)
    (model,) = load_models(run, [run.config.train.replica_seeds[replica]], which)
    if scale := run.preprocessing.of(replica).target:
        model.register_forward_hook(lambda _module, _inputs, outputs: scale.restored(outputs))
    return model


def load_models(run: Networks, seeds: Sequence[int], which: str | None) -> list[nn.Module]:
    """Return the trained networks of some seeds, in evaluation mode."""
    if run.config.model.is_estimator:
        return [run.fitted[seed - run.config.train.seed] for seed in seeds]
    weights, models = run.weights(which), build_models(run.config, run.spec, seeds)
    for seed, model in zip(seeds, models, strict=True):
        replica = seed - run.config.train.seed
        model.load_state_dict({name: tensor[replica] for name, tensor in weights.items()})
        model.eval()
    return models
