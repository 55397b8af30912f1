"""Batches of tensors that are already on the device: an order, and a gather per step."""

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
    """Batches of the training part for R replicas, each in its own order.

    The order of an epoch is a pure function of the replica's seed and the epoch, so that training
    can go on at any step.

    Args:
        part: The training examples.
        seeds: One seed per replica.
        batch_size: Examples in one step; the last batch of an epoch may be smaller.
        shuffle: Whether every epoch has a new random order.
        dtype: Type of the inputs.
        limit_batches: Most batches of an epoch.
    """

    def __init__(
        self,
        part: Split,
        *,
        seeds: Sequence[int],
        batch_size: int,
        shuffle: bool,
        dtype: torch.dtype,
        limit_batches: int | None = None,
    ) -> None:
        self.part = part
        self.seeds = seeds
        self.batch_size = min(batch_size, len(part))
        # The order inside a single full batch would change nothing but rounding.
        self.shuffle = shuffle and self.batch_size < len(part)
        self.dtype = dtype
        num_batches = math.ceil(len(part) / self.batch_size)
        self.buffers: dict[int, _Buffers] = {}
        self.num_batches = min(num_batches, limit_batches or num_batches)
        # A single batch of everything is the same tensors in every epoch.
        self.whole = self._shared(slice(None)) if num_batches == 1 else None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the inputs ``(R, N, ...)`` and targets ``(R, N)`` of an epoch's batches.

        The next batch overwrites the tensors of the one before.

        Args:
            epoch: Which epoch, from 0.
            start: The batch to begin with.
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
        targets = self.part.targets[order]
        for batch in range(start, self.num_batches):
            chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
            yield self._gathered(order[:, chosen]), targets[:, chosen]

    def _order(self, epoch: int) -> Tensor:
        generator = torch.Generator()
        orders = []
        for seed in self.seeds:
            generator.manual_seed(derive_seed("order", seed, epoch))
            orders.append(torch.randperm(len(self.part), generator=generator))
        return torch.stack(orders).to(self.part.targets.device)

    def _shared(self, chosen: slice) -> tuple[Tensor, Tensor]:
        inputs = as_float(self.part.inputs[chosen], self.dtype)
        targets = self.part.targets[chosen]
        num_replicas = len(self.seeds)
        return inputs.expand(num_replicas, *inputs.shape), targets.expand(num_replicas, -1)

    def _gathered(self, indices: Tensor) -> Tensor:
        """Copy the inputs of the chosen examples ``(R, N)`` into a buffer that was made once."""
        size = indices.shape[1]
        if size not in self.buffers:
            self.buffers[size] = _Buffers(self.part, (len(self.seeds), size), self.dtype)
        return self.buffers[size].gather(self.part, indices.flatten())


class _Buffers:
    """Where the inputs of a batch are gathered, and made floats if they are pixels.

    Attributes:
        inputs: ``(R, N, ...)`` float, what ``gather`` returns.
    """

    def __init__(self, part: Split, shape: tuple[int, int], dtype: torch.dtype) -> None:
        raw_shape = (*shape, *part.inputs.shape[1:])
        self.is_pixels = part.inputs.dtype == torch.uint8
        self.inputs = part.inputs.new_empty(raw_shape, dtype=dtype)
        self.pixels = part.inputs.new_empty(raw_shape) if self.is_pixels else self.inputs
        # index_select writes rows: the same memory with R and N in one axis.
        self.rows = self.pixels.flatten(0, 1)

    def gather(self, part: Split, indices: Tensor) -> Tensor:
        """Return the inputs of examples ``(R * N,)``."""
        torch.index_select(part.inputs, 0, indices, out=self.rows)
        if self.is_pixels:
            self.inputs.copy_(self.pixels).div_(255)
        return self.inputs


def eval_batches(part: Split, dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the inputs ``(N, ...)`` and targets ``(N,)`` of a part, in order, dropping none."""
    for start in range(0, len(part), EVAL_BATCH_SIZE):
        chosen = slice(start, start + EVAL_BATCH_SIZE)
        yield as_float(part.inputs[chosen], dtype), part.targets[chosen]


def as_float(inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Return pixels scaled from 0..255 to 0..1, and other features as they are."""
    if inputs.dtype == torch.uint8:
        return inputs.to(dtype).div_(255)
    return inputs.to(dtype)
