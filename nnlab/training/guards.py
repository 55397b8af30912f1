"""Checks that stop training, or refuse weights, when a number is not finite."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from nnlab.errors import DivergedError
from nnlab.storage.schemas import SPLITS, value_in

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from nnlab.storage.schemas import Record

# Weights are never stored in bfloat16; int64 counts the batches of a batch norm.
WEIGHT_TYPES = frozenset({"float32", "float64", "int64"})

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


def check_weights_fit(
    weights: Mapping[str, Tensor] | Mapping[str, np.ndarray],
    wanted: Mapping[str, tuple[int, ...]],
) -> None:
    """Raise if stored weights do not fit a model.

    Args:
        weights: Tensors on the CPU, or arrays.
        wanted: The shape of each weight of the model.

    Raises:
        ValueError: Naming the first difference in name, shape or type, or the first weight that is not finite.
    """
    for name in wanted.keys() ^ weights.keys():
        msg = f"{name} is {'missing' if name in wanted else 'not a tensor of the model'}"
        raise ValueError(msg)
    for name, tensor in weights.items():
        shape, dtype = tuple(tensor.shape), str(tensor.dtype).removeprefix("torch.")
        if shape != wanted[name] or dtype not in WEIGHT_TYPES:
            msg = f"{name} is {dtype} of shape {shape}; the model has {wanted[name]}"
            raise ValueError(msg)
        if not np.isfinite(np.asarray(tensor)).all():
            msg = f"{name} has weights that are not finite"
            raise ValueError(msg)
