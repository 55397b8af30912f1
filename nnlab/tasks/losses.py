"""The losses: each builds the task that minimises it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
import torch.nn.functional as F

from nnlab.errors import ConfigError
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.config.losses import CrossEntropyConfig, MSEConfig, QuadraticConfig


def build_cross_entropy(
    config: CrossEntropyConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Classification:
    """Return the classification task with cross-entropy; weights count the training targets."""
    counts = torch.bincount(targets, minlength=len(class_names)).double()
    match config.class_weight:
        case None:
            weight = None
        case "balanced":
            weight = counts.sum() / (len(class_names) * counts.clamp(min=1))
        case "inverse_count":
            weight = 1 / counts.clamp(min=1)
        case given:
            weight = _given_weight(given, class_names).to(counts)

    def example_losses(logits: Tensor, targets: Tensor) -> Tensor:
        return F.cross_entropy(logits, targets, reduction="none")

    return Classification(class_names, example_losses, weight, output_activation)


def _given_weight(given: Sequence[float], class_names: Sequence[str]) -> Tensor:
    if len(given) != len(class_names):
        msg = f"loss.class_weight: {len(given)} weights for {len(class_names)} classes"
        raise ConfigError(msg)
    return torch.tensor(given)


def build_mse(
    config: MSEConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Regression:
    """Return the regression task with squared error."""
    return Regression(lambda preds, values: (preds - values).square(), targets.mean().item())


def build_quadratic(
    config: QuadraticConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Classification | Regression:
    """Return the task with half the squared distance, C = |a - y|^2 / 2.

    Source: Nielsen, "Neural Networks and Deep Learning" (2015), chapter 1, equation 6.
    """
    if not class_names:
        return Regression(
            lambda preds, values: (preds - values).square() / 2, targets.mean().item()
        )

    def example_losses(outputs: Tensor, targets: Tensor) -> Tensor:
        one_hot = F.one_hot(targets, outputs.shape[-1]).to(outputs)
        return (outputs - one_hot).square().sum(-1) / 2

    return Classification(class_names, example_losses, None, output_activation)
