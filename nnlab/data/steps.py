"""Consecutive steps of training: which examples each of them takes."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator

    from torch import Tensor

    from nnlab.data.batches import TrainBatches


# Enough steps in a call to the native engine for its threads to be worth their start.
MAX_AUGMENTED_BYTES = 1 << 25


class Rows(NamedTuple):
    """The examples of several steps, as rows of the training split.

    Attributes:
        examples: ``(N, ...)``, pixels 0 to 255 or floats; if the split is varied, the examples of all
            replicas, one after another.
        targets: ``(N,)``.
        rows: ``(R, M)`` int64, or ``(1, M)`` if all replicas share them.
        starts: Where the rows of each step begin.
    """

    examples: Tensor
    targets: Tensor
    rows: Tensor
    starts: list[int]


@dataclass(frozen=True)
class Steps:
    """Consecutive steps, the batches of one epoch after another.

    Attributes:
        batches: The batches of an epoch.
        epoch: Epoch of the first step, counted from 0.
        batch: Its batch within the epoch.
        count: Number of steps, at least one.
    """

    batches: TrainBatches
    epoch: int
    batch: int
    count: int

    @property
    def sizes(self) -> list[int]:
        """Examples of each step."""
        numbers = range(self.batch, self.batch + self.count)
        return [self.batches.size(number % self.batches.num_batches) for number in numbers]

    def first_batch(self) -> tuple[Tensor, Tensor]:
        """Return the inputs ``(R, N, ...)`` and targets ``(R, N)`` of the first step."""
        return self.batches.batch(self.epoch, self.batch)

    def parts(self) -> Iterator[Steps]:
        """Yield the steps in parts, as many at a time as need little memory for augmented examples."""
        batches = self.batches
        per_part = self.count
        if batches.augmentation is not None:
            example = batches.split.of(0).inputs[0]
            size = len(batches.seeds) * batches.batch_size * example.nbytes
            per_part = max(1, MAX_AUGMENTED_BYTES // size)
        for start in range(0, self.count, per_part):
            epochs, batch = divmod(self.batch + start, batches.num_batches)
            count = min(per_part, self.count - start)
            yield Steps(batches, self.epoch + epochs, batch, count)

    def rows(self) -> Rows:
        """Return the examples of all steps: those of the split, or copies if they are augmented."""
        if self.batches.augmentation is not None:
            return self._augmented_rows()
        examples, targets = self.batches.examples()
        if not self.batches.shuffle:
            numbers = range(self.batch, self.batch + self.count)
            per_epoch, size = self.batches.num_batches, self.batches.batch_size
            starts = [number % per_epoch * size for number in numbers]
            return Rows(examples, targets, self.batches.order(self.epoch), starts)
        rows = torch.cat([order[:, chosen] for order, chosen in self._orders()], dim=1)
        ends = itertools.accumulate(self.sizes)
        return Rows(examples, targets, rows.contiguous(), [0, *ends][:-1])

    def _augmented_rows(self) -> Rows:
        """Return the examples of all steps, gathered one after another for each replica."""
        parts = []
        for step in range(self.count):
            epochs, batch = divmod(self.batch + step, self.batches.num_batches)
            inputs, targets = self.batches.raw_batch(self.epoch + epochs, batch)
            parts.append((inputs.clone(), targets))
        examples, targets = (torch.cat(tensors, dim=1) for tensors in zip(*parts, strict=True))
        rows = torch.arange(targets.numel()).view(targets.shape)
        starts = [0, *itertools.accumulate(self.sizes)][:-1]
        return Rows(examples.flatten(0, 1), targets.flatten(), rows, starts)

    def _orders(self) -> Iterator[tuple[Tensor, slice]]:
        """Yield the order of each epoch, and the part of it that the steps take."""
        epoch, first, left = self.epoch, self.batch, self.count
        size = self.batches.batch_size
        while left:
            count = min(left, self.batches.num_batches - first)
            yield self.batches.order(epoch), slice(first * size, (first + count) * size)
            epoch, first, left = epoch + 1, 0, left - count
