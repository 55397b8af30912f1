"""The outputs for a split, collected batch by batch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


class Outputs:
    """The outputs for all examples, in one tensor from the first batch on: never twice in memory.

    Args:
        num_examples: Number of all examples.

    Attributes:
        all: ``(R, N, C)``; there is none before the first batch.
    """

    all: Tensor

    def __init__(self, num_examples: int) -> None:
        self.num_examples = num_examples
        self.num_added = 0

    def add(self, outputs: Tensor) -> None:
        """Add the outputs for the next examples, ``(R, N, C)``."""
        if not self.num_added:
            num_replicas, _, *shape = outputs.shape
            self.all = outputs.new_empty((num_replicas, self.num_examples, *shape))
        end = self.num_added + outputs.shape[1]
        self.all[:, self.num_added : end] = outputs
        self.num_added = end
