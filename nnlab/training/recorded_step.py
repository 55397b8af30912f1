"""A training step on a CUDA device that is started as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

# The first calls let the libraries choose their kernels and take their memory.
NUM_EAGER = 3


class RecordedStep:
    """Takes a few steps kernel by kernel, then records one as a CUDA graph and replays it.

    A small network's step is thirty kernels of some microseconds each, and Python needs longer to
    start them than the device to run them; a graph starts them all at once.

    Args:
        step: Takes one step and returns the losses. It does not synchronise, and it finds whatever
            changes from step to step (inputs, targets, learning rate) in the same memory each time,
            because a graph reads and writes the memory it was recorded with.
    """

    def __init__(self, step: Callable[[], Tensor]) -> None:
        self._step = step
        self._num_eager = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> Tensor:
        """Take a step; the returned losses are overwritten by the next."""
        if self._num_eager < NUM_EAGER:
            self._num_eager += 1
            return self._step()
        if self._graph is None:
            self._graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(self._graph):  # records, and computes nothing
                self._losses = self._step()
        self._graph.replay()
        return self._losses
