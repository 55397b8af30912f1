"""Checks that stop training, or refuse weights, when a number is not finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch

from nnlab.errors import DivergedError
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nnlab.storage.schemas import Record

# Weights are never stored in bfloat16; int64 counts the batches of a batch norm.
WEIGHT_TYPES = frozenset({torch.float32, torch.float64, torch.int64})


ADVICE = "try a smaller optimizer.lr, or train.clip_norm=1; earlier checkpoints are kept"


def divergence_of(record: Record) -> str | None:
    """Return what is not finite in a record, and where, or None."""
    for split in SPLITS:
        loss = value_in(record, split, "loss")
        if loss is not None and not math.isfinite(loss):
            where = f"epoch {record['epoch']}, step {record['step']} (lr = {record['lr']:g})"
            return f"the {split} loss of seed {record['seed']} is {loss} after {where}"
    return None


def non_finite_replicas(weights: Mapping[str, Tensor]) -> dict[int, str]:
    """Return the replicas with a weight that is not finite, and the name of the first such tensor."""
    found: dict[int, str] = {}
    for name, tensor in weights.items():
        is_finite = tensor.reshape(len(tensor), -1).isfinite().all(1)
        for replica in (~is_finite).nonzero().flatten().tolist():  # sync
            found.setdefault(replica, name)
    return found


def diverged(reason: str) -> DivergedError:
    """Return the error that ends a run whose every seed has diverged."""
    return DivergedError(f"{reason}\n{ADVICE}")


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
