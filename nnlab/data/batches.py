"""Batches of tensors already on the device: a permutation per epoch, a gather per step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from nnlab.data.types import Split

EVAL_BATCH_SIZE = 1000


class TrainBatches:
    """Batches of the training split for R replicas, each in its own order.

    The order of an epoch is a pure function of the replica's seed and the epoch, so training can
    resume at any step.

    Args:
        split: The training examples.
        seeds: One seed per replica.
        batch_size: Examples per step; the last batch of an epoch may be smaller.
        shuffle: Whether to reshuffle every epoch.
        dtype: Type of the inputs.
        limit_batches: Maximum number of batches per epoch.
    """

    def __init__(
        self,
        split: Split,
        *,
        seeds: Sequence[int],
        batch_size: int,
        shuffle: bool,
        dtype: torch.dtype,
        limit_batches: int | None = None,
    ) -> None:
        self.split = split
        self.seeds = seeds
        self.batch_size = min(batch_size, len(split))
        # Shuffling a single full batch would change nothing but rounding.
        self.shuffle = shuffle and self.batch_size < len(split)
        self.dtype = dtype
        num_batches = math.ceil(len(split) / self.batch_size)
        self.buffers: dict[int, _Buffers] = {}
        self.num_batches = min(num_batches, limit_batches or num_batches)
        self.num_examples = min(self.num_batches * self.batch_size, len(split))
        # A single full batch is the same tensors in every epoch.
        self.whole = self._shared(slice(None)) if num_batches == 1 else None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the inputs ``(R, N, ...)`` and targets ``(R, N)`` of an epoch's batches.

        Each batch overwrites the tensors of the previous one.

        Args:
            epoch: Epoch, counted from 0.
            start: Index of the first batch.
        """
        if self.whole is not None:
            if not start:
                yield self.whole
            return
        if not self.shuffle:
            for batch in range(start, self.num_batches):
                chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
                yield self._shared(chosen)
            return
        order = self._order(epoch)  # (R, N)
        targets = self.split.targets[order]
        for batch in range(start, self.num_batches):
            chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
            yield self._gathered(order[:, chosen]), targets[:, chosen]

    def _order(self, epoch: int) -> Tensor:
        generator = torch.Generator()
        orders = []
        for seed in self.seeds:
            generator.manual_seed(derive_seed("order", seed, epoch))
            orders.append(torch.randperm(len(self.split), generator=generator))
        return torch.stack(orders).to(self.split.targets.device)

    def _shared(self, chosen: slice) -> tuple[Tensor, Tensor]:
        inputs = as_float(self.split.inputs[chosen], self.dtype)
        targets = self.split.targets[chosen]
        num_replicas = len(self.seeds)
        return inputs.expand(num_replicas, *inputs.shape), targets.expand(num_replicas, -1)

    def _gathered(self, indices: Tensor) -> Tensor:
        """Copy the inputs of the chosen examples ``(R, N)`` into a buffer that is reused."""
        size = indices.shape[1]
        if size not in self.buffers:
            self.buffers[size] = _Buffers(self.split, (len(self.seeds), size), self.dtype)
        return self.buffers[size].gather(self.split, indices.flatten())


class _Buffers:
    """Memory to gather the inputs of a batch into, and to convert pixels to floats.

    Attributes:
        inputs: ``(R, N, ...)`` float, returned by ``gather``.
    """

    def __init__(self, split: Split, shape: tuple[int, int], dtype: torch.dtype) -> None:
        raw_shape = (*shape, *split.inputs.shape[1:])
        self.is_pixels = split.inputs.dtype == torch.uint8
        self.inputs = split.inputs.new_empty(raw_shape, dtype=dtype)
        self.pixels = split.inputs.new_empty(raw_shape) if self.is_pixels else self.inputs
        # The same memory with R and N in one axis, because index_select writes rows.
        self.rows = self.pixels.flatten(0, 1)

    def gather(self, split: Split, indices: Tensor) -> Tensor:
        """Return the inputs of examples ``(R * N,)``."""
        torch.index_select(split.inputs, 0, indices, out=self.rows)
        if self.is_pixels:
            self.inputs.copy_(self.pixels).div_(255)
        return self.inputs


def eval_batches(split: Split, dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the inputs ``(N, ...)`` and targets ``(N,)`` of a split, in order, dropping none."""
    for start in range(0, len(split), EVAL_BATCH_SIZE):
        chosen = slice(start, start + EVAL_BATCH_SIZE)
        yield as_float(split.inputs[chosen], dtype), split.targets[chosen]


def as_float(inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Return pixels scaled from 0..255 to 0..1, and other features unscaled."""
    if inputs.dtype == torch.uint8:
        return inputs.to(dtype).div_(255)
    return inputs.to(dtype)
