"""Mean losses without synchronisation, and the end of runs that diverge."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from nnlab.errors import DivergedError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Record = dict[str, Any]

# bfloat16 is only computed in; int64 counts the batches of a batch norm.
WEIGHT_TYPES = frozenset({torch.float32, torch.float64, torch.int64})


class MeanLoss:
    """Mean loss per example since the last record, summed on the device in float64.

    Args:
        num_replicas: R.
        device: Where losses are computed.
        log_every: Batches between two whose own loss is kept as well; None: none is.
    """

    def __init__(
        self, num_replicas: int, device: torch.device, log_every: int | None = None
    ) -> None:
        self.log_every = log_every
        self.total = torch.zeros(num_replicas, dtype=torch.float64, device=device)
        self.count = 0
        self.num_batches = 0
        self.logged: list[tuple[int, Tensor]] = []  # examples seen, losses (R,)

    def add(self, losses: Tensor, num_examples: int) -> None:
        """Add the mean losses ``(R,)`` of a batch."""
        self.total.add_(losses, alpha=num_examples)
        self.count += num_examples
        self.num_batches += 1
        if self.log_every is not None and self.num_batches % self.log_every == 0:
            self.logged.append((self.count, losses.to(self.total, copy=True)))

    def compute(self) -> list[Record]:
        """Return the mean of each replica, with the batches that are kept, and begin again."""
        means: list[float] = (self.total / max(self.count, 1)).tolist()  # sync
        found: list[Record] = [{"loss": mean} for mean in means]
        if self.log_every is not None:
            logged = [(count, losses.tolist()) for count, losses in self.logged]
            for r, record in enumerate(found):
                record["batches"] = [
                    {"examples": count, "loss": losses[r]} for count, losses in logged
                ]
        self.total.zero_()
        self.count, self.num_batches, self.logged = 0, 0, []
        return found

    def state_dict(self) -> dict[str, Tensor]:
        """Return sums, counts and kept losses as tensors."""
        state = {"total": self.total, "count": torch.tensor([self.count, self.num_batches])}
        if self.logged:
            counts, losses = zip(*self.logged, strict=True)
            state |= {"logged_counts": torch.tensor(counts), "logged": torch.stack(losses)}
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a state."""
        self.total.copy_(state["total"])
        self.count, self.num_batches = state["count"].tolist()
        if "logged" in state:
            losses = state["logged"].to(self.total)
            self.logged = list(zip(state["logged_counts"].tolist(), losses, strict=True))


def raise_if_diverged(records: Sequence[Record]) -> None:
    """Raise if a loss of any record is not a finite number.

    Raises:
        DivergedError: Naming the first part and seed, the step and the learning rate.
    """
    for record in records:
        for part, loss in _losses(record):
            if not math.isfinite(loss):
                msg = (
                    f"the {part} loss of seed {record['seed']} is {loss} after epoch "
                    f"{record['epoch']}, step {record['step']} (lr = {record['lr']:g})\n"
                    f"try a smaller optimizer.lr, or train.clip_norm=1; "
                    f"the last good checkpoint is kept"
                )
                raise DivergedError(msg)


def raise_if_infinite(weights: Mapping[str, Tensor], step: int) -> None:
    """Raise if a weight is not a finite number.

    Raises:
        DivergedError: Naming the first tensor with such a weight, and the step.
    """
    for name, tensor in weights.items():
        if not tensor.isfinite().all():  # sync
            msg = (
                f"{name} has weights that are not finite after step {step}\n"
                f"try a smaller optimizer.lr, or train.clip_norm=1; "
                f"the last good checkpoint is kept"
            )
            raise DivergedError(msg)


def raise_if_unfit(weights: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise if stored weights could not be those of a model.

    Raises:
        ValueError: Naming the first difference in names, shapes or types, or what is not finite.
    """
    for name in wanted.keys() ^ weights.keys():
        msg = f"{name} is {'missing' if name in wanted else 'no tensor of the model'}"
        raise ValueError(msg)
    for name, tensor in weights.items():
        if tensor.shape != wanted[name].shape or tensor.dtype not in WEIGHT_TYPES:
            found, expected = tuple(tensor.shape), tuple(wanted[name].shape)
            msg = f"{name} is {tensor.dtype} of shape {found}; the model has {expected}"
            raise ValueError(msg)
        if not tensor.isfinite().all():
            msg = f"{name} has weights that are not finite"
            raise ValueError(msg)


def _losses(record: Record) -> Iterator[tuple[str, float]]:
    for part in ("train", "val", "test"):
        if part in record:
            yield part, record[part]["loss"]
