"""The user's own metrics."""

from __future__ import annotations

import math
import sys
from typing import TYPE_CHECKING

from nnlab.config.own_code import OwnCodeError
from nnlab.own.loading import load, located

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from torch import Tensor

    from nnlab.config.own import OwnMetricConfig

MAX = sys.float_info.max


class OwnMetric:
    """The user's own metric.

    Args:
        config: Its section.
    """

    def __init__(self, config: OwnMetricConfig) -> None:
        self.config = config
        self.name = config.metric
        self.function = load(config.name)

    def __call__(self, predictions: Tensor, targets: Tensor) -> float:
        """Return the metric of one replica; NaN where it is undefined.

        Args:
            predictions: Probability of each class ``(N, C)`` float64, or values ``(N,)``.
            targets: Classes, or values in the unit of the target, ``(N,)``.

        Raises:
            OwnCodeError: If the function fails, or returns no number in its range.
        """
        arrays = predictions.cpu().numpy(), targets.cpu().numpy()
        with located(self.config.name):
            value = self._number(self.function(*arrays, **self.config.arguments))
        low, high = (0.0, 1.0) if self.config.is_fraction else (-MAX, MAX)
        if not (math.isnan(value) or low <= value <= high):
            what = "between 0 and 1, as is_fraction says" if self.config.is_fraction else "finite"
            msg = f"{self.config.name} returned {value}, which is not {what}"
            raise OwnCodeError(msg)
        return value

    def _number(self, value: object) -> float:
        try:
            return float(value)  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            shape = getattr(value, "shape", None)
            found = type(value).__name__ if shape is None else f"an array of shape {tuple(shape)}"
            msg = f"{self.config.name} must return one number, such as a mean, not {found}"
            raise OwnCodeError(msg) from error


def needs_own(metrics: Sequence[OwnMetric], names: Container[str] | None) -> bool:
    """Return whether any of the metrics wanted, None for all, is the user's own."""
    return any(names is None or metric.name in names for metric in metrics)


def measure_own(
    metrics: Sequence[OwnMetric],
    predictions: Tensor,
    targets: Tensor,
    names: Container[str] | None = None,
) -> dict[str, float]:
    """Return those of the user's own metrics that are wanted, by name; see ``OwnMetric``."""
    wanted = [metric for metric in metrics if names is None or metric.name in names]
    return {metric.name: metric(predictions, targets) for metric in wanted}
