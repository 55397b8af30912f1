"""Whether a run's summary agrees with its stored predictions, and whose predictions they are."""

from __future__ import annotations

import hashlib
import math
from typing import TYPE_CHECKING

import torch

from nnlab.config.resolve import build_task
from nnlab.formatting import format_metric
from nnlab.runs.results import load_outputs
from nnlab.storage.schemas import means, scalars_of, survivors
from nnlab.storage.seeds import alive, num_tested
from nnlab.tasks.uneven import measure_each

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nnlab.runs.load import StoredRun
    from nnlab.storage.run_dir import RunDir

# Float32 arithmetic on another device, and examples between two classes.
TOLERANCE = 2e-4


def disagreement(run: StoredRun) -> str | None:
    """Return how the summary of a finished run contradicts its stored predictions, or None.

    It shows a summary that was edited, not one whose predictions were edited too: ``nnlab verify``
    retrains.

    Raises:
        RunError: If the predictions are missing or damaged.
    """
    if "test" not in run.summary:
        return None
    computed = _computed(run, *load_outputs(run.folder, run.summary))
    computed = [computed[replica] for replica in alive(run.summary)]
    for seed, metrics in zip(survivors(run.summary), computed, strict=True):
        stored = scalars_of(seed, "test")
        if text := difference(stored, metrics, "its stored predictions say"):
            return text
    common = [name for name in computed[0] if all(name in metrics for metrics in computed)]
    averages = {name: sum(m[name] for m in computed) / len(computed) for name in common}
    return difference(means(run.summary, "test"), averages, "its stored predictions say")


def difference(stored: Mapping[str, float], found: Mapping[str, float], source: str) -> str | None:
    """Return the first metric of a summary that differs from what was found, or None.

    Args:
        stored: Metrics in the summary.
        found: Metrics from another source; only those that both have are compared.
        source: What the source says, as in ``its predictions say``.
    """
    # Accuracy says more than the loss, which comes first.
    common = [name for name in found if stored.get(name) is not None and found[name] is not None]
    for name in sorted(common, key=lambda name: name == "loss"):
        if not math.isclose(stored[name], found[name], rel_tol=TOLERANCE, abs_tol=TOLERANCE):
            claimed, true = (format_metric(name, values[name]) for values in (stored, found))
            return f"summary.json says {name} {claimed}, {source} {true}"
    return None


def _computed(run: StoredRun, outputs: Tensor, targets: Tensor) -> list[dict[str, float]]:
    """Return the test metrics of each seed, as far as the stored outputs determine them."""
    loss, names = run.config.loss, run.preprocessing.class_names
    scale, squashing = run.preprocessing.target, run.config.model.output_squashing
    task = build_task(loss, names, targets.flatten(), squashing, scale)
    outputs = outputs if scale is None else scale.standardized(outputs)
    replicas = outputs if outputs.dim() == 3 else outputs[..., None]
    if targets.dim() == 2:
        sizes = [num_tested(run.summary, replica) for replica in range(len(replicas))]
        found = measure_each(task, replicas, targets, sizes)
    else:
        found = task.complete(task.metrics(task.sums(replicas, targets)), replicas, targets)
    # Class weights count the training examples, which are not here.
    hidden = {"loss"} if loss.weighs_classes else set()
    return [{k: v for k, v in m.scalars.items() if k not in hidden} for m in found]


def fingerprints(run: RunDir) -> frozenset[str]:
    """Return a digest of each seed's stored test predictions; equal ones have one origin."""
    summary = run.summary
    if "test" not in summary:
        return frozenset()
    outputs, _ = load_outputs(run, summary)
    outputs = outputs[alive(summary)]
    # NumPy has no bfloat16; float64 holds the digits of large values.
    outputs = outputs if outputs.dtype == torch.float64 else outputs.float()
    return frozenset(hashlib.sha256(seed.numpy().tobytes()).hexdigest() for seed in outputs)
