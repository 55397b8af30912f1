"""The user's own optimizer."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.config.own_code import OwnCodeError
from nnlab.own.loading import call

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from nnlab.config.own import OwnOptimizerConfig


def build(config: OwnOptimizerConfig, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return the optimizer that the user's class makes for the parameters."""
    optimizer = call(config, list(parameters), lr=config.lr)
    if not isinstance(optimizer, torch.optim.Optimizer):
        msg = f"{config.name} must make a torch.optim.Optimizer, not {type(optimizer).__name__}"
        raise OwnCodeError(msg)
    return optimizer
