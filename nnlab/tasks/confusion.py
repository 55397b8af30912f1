"""How often each class is predicted as each class: a matrix, or its entries for very many classes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.metrics import MAX_MATRIX_CLASSES

if TYPE_CHECKING:
    from torch import Tensor


def confusion_of(targets: Tensor, preds: Tensor, num_classes: int) -> Tensor:
    """Return the examples by true and predicted class, ``(R, C, C)`` float64.

    Args:
        targets: ``(R, N)``.
        preds: ``(R, N)``.
        num_classes: C; for very many the result is a sparse tensor.
    """
    num_replicas = len(targets)
    counts = torch.ones(targets.numel(), dtype=torch.float64, device=targets.device)
    replicas = torch.arange(num_replicas, device=targets.device)[:, None].expand_as(targets)
    shape = (num_replicas, num_classes, num_classes)
    if num_classes > MAX_MATRIX_CLASSES:
        indices = torch.stack([replicas, targets, preds]).flatten(1)
        return torch.sparse_coo_tensor(indices, counts, shape, check_invariants=False).coalesce()
    flat = (replicas * num_classes + targets) * num_classes + preds
    return counts.new_zeros(shape).flatten().index_add_(0, flat.flatten(), counts).view(shape)


def margins(confusion: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the examples of each class, the predictions of it, and the hits, each ``(C,)``."""
    if not confusion.is_sparse:
        return confusion.sum(1), confusion.sum(0), confusion.diagonal()
    (true, predicted), counts = _entries(confusion)
    is_hit = true == predicted
    pairs = ((true, counts), (predicted, counts), (true[is_hit], counts[is_hit]))
    support, given, hits = (
        counts.new_zeros(len(confusion)).index_add_(0, index, values) for index, values in pairs
    )
    return support, given, hits


def to_lists(confusion: Tensor) -> list[list[int]]:
    """Return the rows of a matrix ``(C, C)``; of a sparse one, true class, predicted class, count."""
    if not confusion.is_sparse:
        rows: list[list[int]] = confusion.long().tolist()
        return rows
    indices, counts = _entries(confusion)
    entries: list[list[int]] = torch.cat([indices, counts.long()[None]]).T.tolist()
    return entries


def _entries(confusion: Tensor) -> tuple[Tensor, Tensor]:
    confusion = confusion.coalesce()
    return confusion.indices(), confusion.values()
