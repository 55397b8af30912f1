"""Weights kept at a few epochs, to replay how decision regions or a fitted curve came about."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from nnlab.training.guards import non_finite_replicas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nnlab.training.job import Job

# A larger model is not replayed.
MAX_PARAMETERS = 20_000
# A frame holds as many of the first replicas as this many numbers have room for.
MAX_NUMBERS = 100_000
RATIO = 1.25


class Frames:
    """The kept weights of a run, at epochs in a geometric series.

    Args:
        job: The experiment.

    Attributes:
        kept: Weights ``(S, ...)`` of the first S replicas, by epoch.
    """

    def __init__(self, job: Job) -> None:
        self.kept: dict[int, dict[str, Tensor]] = {}
        self._num_replicas = num_kept(job)
        self._next = 1

    def restore(self, kept: dict[int, dict[str, Tensor]], *, is_over: bool) -> None:
        """Go on from the frames of a checkpoint.

        Args:
            kept: Its frames.
            is_over: Whether its epoch is the last; else a frame that was only kept as the last of a
                shorter training is dropped.
        """
        self.kept = kept
        if not is_over:
            self._forget_last()
        self._plan()

    def is_due(self, epoch: int, *, is_last: bool) -> bool:
        """Return whether to keep the weights after an epoch."""
        return self._num_replicas > 0 and (epoch >= self._next or is_last)

    def keep(self, epoch: int, weights: Mapping[str, Tensor]) -> None:
        """Keep the weights ``(R, ...)`` after an epoch; zeros for a replica that is not finite."""
        frame = {name: tensor[: self._num_replicas].clone() for name, tensor in weights.items()}
        bad = [*non_finite_replicas(frame)]
        for tensor in frame.values():
            tensor[bad] = 0
        self.kept[epoch] = frame
        self._plan()

    def _forget_last(self) -> None:
        *others, newest = sorted(self.kept) or [0]
        if newest < _next_in_series(max(others, default=0)):
            self.kept.pop(newest, None)

    def _plan(self) -> None:
        self._next = _next_in_series(max(self.kept, default=0))


def num_kept(job: Job) -> int:
    """Return of how many replicas weights are kept; 0 if there is nothing to draw."""
    spec = job.dataset.spec
    num_features = 2 if spec.task == "classification" else 1
    if spec.input_shape != (num_features,) or not 0 < job.num_parameters <= MAX_PARAMETERS:
        return 0
    return min(len(job.seeds), MAX_NUMBERS // job.num_parameters)


def _next_in_series(last: int) -> int:
    """Return the first number after ``last`` in a geometric series."""
    number = 1
    while number <= last:
        number = math.ceil(number * RATIO)
    return number
