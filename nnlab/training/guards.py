"""Checks that stop training, or refuse weights, when a number is not finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nnlab.errors import DivergedError
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nnlab.storage.schemas import Record

# Weights are never stored in bfloat16; int64 counts the batches of a batch norm.
WEIGHT_TYPES = frozenset({torch.float32, torch.float64, torch.int64})


def check_finite_losses(records: Sequence[Record]) -> None:
    """Raise if a loss of any record is not a finite number.

    Raises:
        DivergedError: Naming the first split and seed, the step and the learning rate.
    """
    for record in records:
        for split in SPLITS:
            loss = value_in(record, split, "loss")
            if loss is not None:
                where = f"epoch {record['epoch']}, step {record['step']} (lr = {record['lr']:g})"
                check_finite_loss(loss, f"the {split} loss of seed {record['seed']}", where)


def check_finite_loss(loss: float, name: str, where: str) -> None:
    """Raise if a loss is not a finite number.

    Args:
        loss: The loss.
        name: What the message calls it.
        where: After which step it was computed.

    Raises:
        DivergedError: Naming both.
    """
    if not math.isfinite(loss):
        msg = (
            f"{name} is {loss} after {where}\n"
            f"try a smaller optimizer.lr, or train.clip_norm=1; earlier checkpoints are kept"
        )
        raise DivergedError(msg)


def check_finite_weights(weights: Mapping[str, Tensor], step: int) -> None:
    """Raise if a weight is not a finite number.

    Raises:
        DivergedError: Naming the first tensor with such a weight, and the step.
    """
    for name, tensor in weights.items():
        if not tensor.isfinite().all():  # sync
            msg = (
                f"{name} has weights that are not finite after step {step}\n"
                f"try a smaller optimizer.lr, or train.clip_norm=1; "
                f"earlier checkpoints are kept"
            )
            raise DivergedError(msg)


def check_weights_fit(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise if stored weights do not fit a model.

    Raises:
        ValueError: Naming the first difference in name, shape or type, or the first weight that is not finite.
    """
    for name in wanted.keys() ^ weights.keys():
        msg = f"{name} is {'missing' if name in wanted else 'not a tensor of the model'}"
        raise ValueError(msg)
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape or tensor.dtype not in WEIGHT_TYPES:
            found, expected = tuple(tensor.shape), tuple(wanted[name].shape)
            msg = f"{name} is {tensor.dtype} of shape {found}; the model has {expected}"
            raise ValueError(msg)
        if not tensor.isfinite().all():
            msg = f"{name} has weights that are not finite"
            raise ValueError(msg)
