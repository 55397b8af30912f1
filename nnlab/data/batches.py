"""Batches of tensors already on the device: a permutation per epoch, a gather per step."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from nnlab.data.augment import Augmentation
    from nnlab.data.types import Split


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
        augmentation: What is done to the examples of every epoch, or None.
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
        augmentation: Augmentation | None = None,
    ) -> None:
        self.split = split
        self.seeds = seeds
        self.batch_size = min(batch_size, len(split))
        # Shuffling a single full batch would change nothing but rounding.
        self.shuffle = shuffle and self.batch_size < len(split)
        self.dtype = dtype
        self.augmentation = augmentation
        num_batches = math.ceil(len(split) / self.batch_size)
        self.buffers: dict[int, _Buffers] = {}
        self.num_batches = min(num_batches, limit_batches or num_batches)
        self.num_examples = min(self.num_batches * self.batch_size, len(split))
        # A single full batch is the same tensors in every epoch.
        is_same = num_batches == 1 and augmentation is None
        self.whole = self._shared(slice(None)) if is_same else None
        self._order_of = 0
        self._order: Tensor | None = None
        self._targets: Tensor | None = None

    def epoch(self, epoch: int, start: int = 0) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield the inputs ``(R, N, ...)`` and targets ``(R, N)`` of an epoch's batches.

        Each batch overwrites the tensors of the previous one.

        Args:
            epoch: Epoch, counted from 0.
            start: Index of the first batch.
        """
        for batch in range(start, self.num_batches):
            yield self.batch(epoch, batch)

    def batch(self, epoch: int, batch: int) -> tuple[Tensor, Tensor]:
        """Return a batch of an epoch; see ``epoch``."""
        if self.whole is not None:
            return self.whole
        chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        if not self.shuffle and self.augmentation is None:
            return self._shared(chosen)
        buffers, targets = self._gathered(epoch, chosen)
        return buffers.converted(), targets

    def raw_batch(self, epoch: int, batch: int) -> tuple[Tensor, Tensor]:
        """Return a batch of an epoch, gathered and augmented, whose pixels are not converted to floats."""
        chosen = slice(batch * self.batch_size, (batch + 1) * self.batch_size)
        buffers, targets = self._gathered(epoch, chosen)
        return buffers.raw, targets

    def size(self, batch: int) -> int:
        """Return the number of examples of a batch."""
        return min(self.batch_size, len(self.split) - batch * self.batch_size)

    def examples(self) -> tuple[Tensor, Tensor]:
        """Return the inputs and targets of the split, of all replicas one after another if varied."""
        return self._rows(self.split.inputs), self._rows(self.split.targets)

    def order(self, epoch: int) -> Tensor:
        """Return the examples of an epoch in each replica's order, ``(R, N)``.

        They are rows of ``examples``. Without shuffling, replicas that share the split share the
        order: ``(1, N)``.
        """
        drawn_for = epoch if self.shuffle else 0
        if self._order is None or self._order_of != drawn_for:
            self._order, self._order_of, self._targets = self._draw_order(epoch), drawn_for, None
        return self._order

    def _targets_of(self, epoch: int) -> Tensor:
        """Return the targets of an epoch in each replica's order, ``(R, N)``."""
        order = self.order(epoch)
        if self._targets is None:
            self._targets = self._rows(self.split.targets)[order]
        return self._targets

    def _draw_order(self, epoch: int) -> Tensor:
        num_examples = len(self.split)
        if self.shuffle:
            generator = torch.Generator()
            orders = []
            for seed in self.seeds:
                generator.manual_seed(derive_seed("order", seed, epoch))
                orders.append(torch.randperm(num_examples, generator=generator))
        else:
            orders = [torch.arange(num_examples)] * (len(self.seeds) if self.split.is_varied else 1)
        order = torch.stack(orders)
        if self.split.is_varied:  # the rows of replica r begin at r N
            order += num_examples * torch.arange(len(self.seeds))[:, None]
        return order.to(self.split.targets.device)

    def _rows(self, tensor: Tensor) -> Tensor:
        """Return a tensor of the split with one axis for the examples of all replicas."""
        return tensor.flatten(0, 1) if self.split.is_varied else tensor

    def _shared(self, chosen: slice) -> tuple[Tensor, Tensor]:
        split = self.split.select(chosen)
        inputs, targets = as_float(split.inputs, self.dtype), split.targets
        if split.is_varied:
            return inputs, targets
        num_replicas = len(self.seeds)
        return inputs.expand(num_replicas, *inputs.shape), targets.expand(num_replicas, -1)

    def _gathered(self, epoch: int, chosen: slice) -> tuple[_Buffers, Tensor]:
        """Copy some examples of an epoch into memory that is reused, and return their targets."""
        num_replicas = len(self.seeds)
        rows = self.order(epoch)[:, chosen].expand(num_replicas, -1)  # (R, N)
        targets = self._targets_of(epoch)[:, chosen].expand(num_replicas, -1)
        size = rows.shape[1]
        if size not in self.buffers:
            examples = self._rows(self.split.inputs)
            self.buffers[size] = _Buffers(examples, (num_replicas, size), self.dtype)
        buffers = self.buffers[size]
        buffers.gather(rows.flatten())
        if self.augmentation is not None:
            numbers = rows % len(self.split)
            images = self.augmentation.augmented(buffers.raw, numbers, self.seeds, epoch)
            buffers.raw.copy_(images)
        return buffers, targets


class _Buffers:
    """Memory to gather the inputs of a batch into, and to convert pixels to floats.

    Attributes:
        raw: ``(R, N, ...)``, written by ``gather``: pixels 0 to 255, or floats.
        inputs: ``(R, N, ...)`` float, returned by ``converted``.
    """

    def __init__(self, examples: Tensor, shape: tuple[int, int], dtype: torch.dtype) -> None:
        raw_shape = (*shape, *examples.shape[1:])
        self.examples = examples
        self.is_pixels = examples.dtype == torch.uint8
        self.inputs = examples.new_empty(raw_shape, dtype=dtype)
        self.raw = examples.new_empty(raw_shape) if self.is_pixels else self.inputs
        # The same memory with R and N in one axis, because index_select writes rows.
        self.rows = self.raw.flatten(0, 1)

    def gather(self, indices: Tensor) -> None:
        """Copy examples ``(R * N,)``."""
        torch.index_select(self.examples, 0, indices, out=self.rows)

    def converted(self) -> Tensor:
        """Return what was copied, pixels from 0 to 1."""
        if self.is_pixels:
            self.inputs.copy_(self.raw).div_(255)
        return self.inputs


def eval_batches(split: Split, dtype: torch.dtype) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the inputs and targets of a split, in order, dropping none.

    Their shapes are ``(N, ...)`` and ``(N,)``, or ``(R, N, ...)`` and ``(R, N)`` if it is varied.
    """
    for start in range(0, len(split), EVAL_BATCH_SIZE):
        batch = split.select(slice(start, start + EVAL_BATCH_SIZE))
        yield as_float(batch.inputs, dtype), batch.targets


def as_float(inputs: Tensor, dtype: torch.dtype) -> Tensor:
    """Return pixels scaled from 0..255 to 0..1, and other features unscaled."""
    if inputs.dtype == torch.uint8:
        return inputs.to(dtype).div_(255)
    return inputs.to(dtype)
