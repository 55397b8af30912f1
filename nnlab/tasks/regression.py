"""Regression: one number for each example."""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING

import torch

from nnlab.metrics import Metrics
from nnlab.tasks.own_metrics import OwnMetric, measure_own, needs_own

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from torch import Tensor

    from nnlab.target_scale import TargetScale
    from nnlab.tasks.protocol import ExampleLosses


class Regression:
    """One number for each example.

    Attributes:
        own_metrics: The user's own metrics.
        scale: The scale in which targets are learned, or None for their own unit. The loss is in that
            scale, all other metrics are in the unit of the target.

    Args:
        example_losses: Loss of each example from ``(N,)`` outputs and ``(N,)`` values, both as they
            are learned.
        offset: Subtracted from the targets before their squares are summed, so that R2 keeps its
            digits when the mean is far from zero; use the mean of the training targets.
    """

    def __init__(self, example_losses: ExampleLosses, offset: float = 0.0) -> None:
        self.class_names: Sequence[str] = ()
        self.class_weight: Tensor | None = None
        self.relative_weight: Tensor | None = None
        self.example_losses = example_losses
        self.offset = offset
        self.scale: TargetScale | None = None
        self.own_metrics: Sequence[OwnMetric] = ()

    def of(self, replica: int) -> Regression:
        """Return the task of one replica, which may have a scale of its own; see ``Task``."""
        if self.scale is None or self.scale.mean.ndim == 1:
            return self
        own = copy(self)
        own.scale = self.scale.of([replica])
        return own

    def criterion(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss ``()`` of outputs ``(N, 1)`` and targets as they are learned."""
        return self.example_losses(logits.squeeze(-1), targets).mean()

    def sums(self, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return ``count`` and the sums ``(R,)`` that every metric is computed from.

        Args:
            logits: ``(R, N, 1)``.
            targets: ``(N,)`` or ``(R, N)``, in the unit of the target.
        """
        preds = logits.squeeze(-1)  # (R, N)
        losses = self.example_losses(*self._learned(preds, targets.expand_as(preds)))
        preds = preds if self.scale is None else self.scale.restored(preds)
        targets = targets.expand_as(preds)
        errors = (preds - targets).double()
        centred = targets.double() - self.offset
        return {
            "count": torch.ones_like(errors).sum(-1),
            "loss": losses.double().sum(-1),
            "squared": errors.square().sum(-1),
            "absolute": errors.abs().sum(-1),
            "target": centred.sum(-1),
            "target_squared": centred.square().sum(-1),
        }

    def _learned(self, preds: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
        if self.scale is None:
            return preds, targets
        return preds.double(), self.scale.standardized(targets)

    def metrics(self, sums: dict[str, Tensor]) -> list[Metrics]:
        """Return loss, mean squared error, mean absolute error and R2 (0 for constant targets)."""
        count = sums["count"]
        spread = sums["target_squared"] - sums["target"].square() / count
        # Constant targets leave a spread of rounding errors, 16 digits below the squares.
        noise = 1e-13 * sums["target_squared"]
        r2 = torch.where(spread > noise, 1 - sums["squared"] / spread, 0.0)
        columns = {
            "loss": sums["loss"] / count,
            "mse": sums["squared"] / count,
            "mae": sums["absolute"] / count,
            "r2": r2,
        }
        lists = {name: column.tolist() for name, column in columns.items()}
        return [
            Metrics(dict(zip(lists, row, strict=True)), {}, [])
            for row in zip(*lists.values(), strict=True)
        ]

    def needs_outputs(self, names: Container[str] | None) -> bool:
        """Return whether any is the user's own: sums determine all others."""
        return needs_own(self.own_metrics, names)

    def complete(
        self,
        metrics: Sequence[Metrics],
        logits: Tensor,
        targets: Tensor,
        names: Container[str] | None = None,
    ) -> list[Metrics]:
        """Return the metrics with the user's own."""
        if not self.own_metrics:
            return list(metrics)
        preds = logits.squeeze(-1).double()
        preds = preds if self.scale is None else self.scale.restored(preds)
        targets = targets.expand_as(preds)
        return [
            one.with_values(measure_own(self.own_metrics, found, true, names))
            for one, found, true in zip(metrics, preds, targets, strict=True)
        ]
