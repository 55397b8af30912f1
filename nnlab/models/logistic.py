"""Logistic regression and, for numbers, linear regression."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from torch import Tensor, nn

if TYPE_CHECKING:
    from nnlab.config.models import LogisticConfig
    from nnlab.data.types import DataSpec


class Logistic(nn.Module):
    """One linear layer that starts at zero: its loss is convex, so the start does not matter.

    Args:
        in_features: Features per example, D.
        out_features: Outputs, C.
    """

    def __init__(self, in_features: int, out_features: int) -> None:
        super().__init__()
        self.linear = nn.Linear(in_features, out_features)
        nn.init.zeros_(self.linear.weight)
        nn.init.zeros_(self.linear.bias)

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs ``(N, ...)`` to logits ``(N, C)``."""
        logits: Tensor = self.linear(inputs.flatten(1))
        return logits


def build(_config: LogisticConfig, spec: DataSpec) -> Logistic:
    """Return the logistic regression for the given data."""
    return Logistic(math.prod(spec.input_shape), spec.num_outputs)
