"""A training step on a CUDA device, captured as a graph."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

logger = logging.getLogger(__name__)

# The first calls let the libraries choose kernels and allocate memory.
NUM_EAGER = 3


class CapturedStep:
    """Runs a few steps eagerly, then captures one as a CUDA graph and replays it.

    A step of a small network is thirty kernels of a few microseconds each, and Python takes longer
    to launch them than the device to run them; a graph launches them all in one call.

    Args:
        step: Takes one step and returns the losses. It must not synchronise, and must read all that
            changes between steps (inputs, targets, learning rate) from the same memory each time,
            because a graph reads and writes the memory it was captured with.
    """

    def __init__(self, step: Callable[[], Tensor]) -> None:
        self._step = step
        self._num_calls = 0
        self._graph: torch.cuda.CUDAGraph | None = None

    def __call__(self) -> Tensor:
        """Take a step; the returned losses are overwritten by the next."""
        self._num_calls += 1
        if self._num_calls == NUM_EAGER + 1:
            self._capture()
        if self._graph is None:
            return self._step()
        self._graph.replay()
        return self._losses

    def _capture(self) -> None:
        """Capture the step, or continue without a graph if a driver or library cannot."""
        graph = torch.cuda.CUDAGraph()
        try:
            with torch.cuda.graph(graph):  # computes nothing
                self._losses = self._step()
        except RuntimeError as error:
            logger.warning("steps run slower, because CUDA graph capture failed: %s", error)
        else:
            self._graph = graph
