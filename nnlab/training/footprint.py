"""What an experiment needs of memory and disk."""

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
        checkpoint: Weights, optimizer state and best weights once more, on their way to the disk.
    """

    parameters: int
    gradients: int
    optimizer: int
    activations: int
    best: int
    checkpoint: int

    @property
    def max_checkpoint(self) -> int:
        """More than any checkpoint of the experiment has, with frames and headers [byte]."""
        return 4 * self.checkpoint + MAX_FRAMES_BYTES
