"""A training step on a CUDA device that is started as a whole."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

logger = logging.getLogger(__name__)

# The first calls let the libraries choose their kernels and take their memory.
NUM_EAGER = 3


class CapturedStep:
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
        self._num_calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> Tensor:
        """Take a step; the returned losses are overwritten by the next."""
        self._num_calls += 1
        if self._num_calls == NUM_EAGER + 1:
            self._record()
        if self._graph is None:
            return self._step()
        self._graph.replay()
        return self._losses

    def _record(self) -> None:
        """Make a graph of the step, or go on without one where a driver or library cannot."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):  # computes nothing
                self._losses = self._step()
        except RuntimeError as error:
            logger.warning("steps are not recorded as a CUDA graph, only slower: %s", error)
        else:
            self._graph = graph
