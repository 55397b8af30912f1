"""The user's own loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.config.own_code import OwnCodeError
from nnlab.own.loading import load, located
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.config.own import OwnLossConfig


def build(
    config: OwnLossConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Classification | Regression:
    """Return the task that minimises the user's function of outputs and targets.

    The function takes outputs ``(N, C)`` and classes ``(N,)``, or outputs and values ``(N,)``, and
    returns the loss of each example ``(N,)``.
    """
    function = load(config.name)

    def example_losses(outputs: Tensor, targets: Tensor) -> Tensor:
        shape = targets.shape
        flat = outputs if class_names else outputs.flatten()
        with located():
            losses = function(flat, targets.flatten(), **config.arguments)
        if not isinstance(losses, torch.Tensor) or losses.shape != (targets.numel(),):
            found = getattr(losses, "shape", type(losses).__name__)
            msg = f"{config.name} must return the loss of each example, ({targets.numel()},), not {found}"
            raise OwnCodeError(msg)
        return losses.view(shape)

    if class_names:
        return Classification(class_names, example_losses, None, output_activation)
    return Regression(example_losses, targets.mean().item())
