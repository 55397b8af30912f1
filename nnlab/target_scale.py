"""The scale in which a regression learns its targets."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class TargetScale:
    """Mean and standard deviation of the targets over the training split.

    Both conversions are computed in float64, so that a large mean costs no digit.

    Attributes:
        mean: ``(1,)`` float64; ``(R, 1)`` if each replica has its own split.
        std: Likewise; 1 for constant targets.
    """

    mean: Tensor
    std: Tensor

    def standardized(self, values: Tensor) -> Tensor:
        """Return values ``(N,)`` or ``(R, N)`` as networks learn them, float64."""
        return (values.double() - self.mean.to(values.device)) / self.std.to(values.device)

    def restored(self, outputs: Tensor) -> Tensor:
        """Return outputs ``(N,)`` or ``(R, N)`` in the unit of the target, float64."""
        return outputs.double() * self.std.to(outputs.device) + self.mean.to(outputs.device)

    def of(self, replicas: int | list[int]) -> TargetScale:
        """Return the scale of some replicas of a varied split."""
        return TargetScale(self.mean[replicas], self.std[replicas])
