"""The scale in which a regression learns its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    Values = TypeVar("Values", Tensor, np.ndarray)


@dataclass(frozen=True)
class TargetScale:
    """Mean and standard deviation of the targets over the training split.

    Both conversions are computed in float64, so that a large mean costs no digit.

    Attributes:
        mean: ``(1,)`` float64; ``(R, 1)`` if each replica has its own split.
        std: Likewise; 1 for constant targets.
    """

    mean: np.ndarray
    std: np.ndarray

    def standardized(self, values: Values) -> Values:
        """Return values ``(N,)`` or ``(R, N)`` as networks learn them, float64."""
        standardized: Values = (values - _like(values, self.mean)) / _like(values, self.std)
        return standardized

    def restored(self, outputs: Values) -> Values:
        """Return outputs ``(N,)`` or ``(R, N)`` in the unit of the target, float64."""
        restored: Values = outputs * _like(outputs, self.std) + _like(outputs, self.mean)
        return restored

    def of(self, replicas: int | list[int]) -> TargetScale:
        """Return the scale of some replicas of a varied split."""
        return TargetScale(self.mean[replicas], self.std[replicas])


def _like(values: Tensor | np.ndarray, numbers: np.ndarray) -> Any:
    """Return numbers as values are: an array, or a tensor on their device."""
    import numpy as np

    if isinstance(values, np.ndarray):
        return numbers
    import torch

    return torch.as_tensor(numbers, device=values.device)
