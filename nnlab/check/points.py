"""How good answers are, example by example: means over examples are the metrics of a diagnosis."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.tasks.classification import probabilities
from nnlab.tasks.scoring import log_losses

if TYPE_CHECKING:
    from torch import Tensor


def points(outputs: Tensor, targets: Tensor, metric: str) -> Tensor:
    """Return each example's share in a metric, ``(R, N)``; the mean of each row is the metric.

    Args:
        outputs: ``(R, N, C)`` for classes, or values ``(R, N)``.
        targets: ``(N,)``.
        metric: ``accuracy``, ``balanced_accuracy`` or ``r2``.
    """
    if metric == "r2":
        errors = (outputs - targets).square()
        variance = targets.double().var(correction=0).clamp_min(1e-300)
        return 1 - errors / variance
    hits = (outputs.argmax(-1) == targets).double()
    if metric != "balanced_accuracy":
        return hits
    counts = torch.bincount(targets)
    return hits * (len(targets) / (counts[targets] * (counts > 0).sum()))


def losses(outputs: Tensor, targets: Tensor, squashing: str = "none") -> Tensor:
    """Return the log loss, or the squared error, of each example ``(R, N)``."""
    if outputs.dim() == 2:
        return (outputs - targets).square()
    probs = probabilities(outputs.double(), squashing)
    return log_losses(probs, targets.expand(probs.shape[:-1]))


def mean_and_error(values: Tensor) -> tuple[float, float]:
    """Return the mean of independent values ``(N,)`` and its standard error."""
    if len(values) < 2:
        return float(values.mean()), float("inf")
    return float(values.mean()), float(values.std() / len(values) ** 0.5)
