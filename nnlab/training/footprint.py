"""The memory and disk an experiment needs."""

from __future__ import annotations

from dataclasses import dataclass

MAX_FRAMES_BYTES = 10**8


@dataclass(frozen=True)
class Footprint:
    """Sizes of what training keeps in memory [byte].

    Attributes:
        parameters: Weights of every replica.
        gradients: Their gradients.
        optimizer: Moments, or the history of L-BFGS.
        activations: Outputs of layers in one step, with their gradients.
        best: Weights at the best epoch so far, if a metric is monitored.
        checkpoint: A copy of weights, optimizer state and best weights while they are saved.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    best: int
    checkpoint: int

    @property
    def max_checkpoint(self) -> int:
        """An upper bound for the size of a checkpoint, with frames and headers [byte]."""
        return 4 * self.checkpoint + MAX_FRAMES_BYTES
