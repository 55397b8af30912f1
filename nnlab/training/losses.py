"""Mean losses of an epoch, summed on the device without synchronisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.storage.schemas import TrainLoss


class MeanLoss:
    """Mean loss per example since the last record, summed on the device in float64.

    Args:
        num_replicas: R.
        device: Where losses are computed.
        log_every: Steps between two batches whose loss is logged, from the first; None logs none.
    """

    def __init__(
        self, num_replicas: int, device: torch.device, log_every: int | None = None
    ) -> None:
        self.log_every = log_every
        self.total = torch.zeros(num_replicas, dtype=torch.float64, device=device)
        self.count = 0
        self.num_batches = 0
        self.logged: list[tuple[int, Tensor]] = []  # examples seen before, losses (R,)

    def add(self, losses: Tensor, sizes: Sequence[int]) -> None:
        """Add the mean losses ``(S, R)`` of batches of the given sizes, in their order."""
        for step, size in enumerate(sizes):
            if self.log_every is not None and self.num_batches % self.log_every == 0:
                self.logged.append((self.count, losses[step].to(self.total, copy=True)))
            self.count += size
            self.num_batches += 1
        # A running sum, whose digits do not depend on how many steps come at once.
        weights = torch.tensor(sizes, dtype=self.total.dtype)
        weights = weights.to(self.total.device, non_blocking=True)
        sums = losses.to(self.total.dtype) * weights[:, None]
        self.total = torch.cat([self.total[None], sums]).cumsum(0)[-1]

    def compute(self) -> list[TrainLoss]:
        """Return the mean of each replica, with the batches that were logged, and reset."""
        means: list[float] = (self.total / max(self.count, 1)).tolist()  # sync
        computed: list[TrainLoss] = [{"loss": mean} for mean in means]
        if self.log_every is not None:
            logged = [(count, losses.tolist()) for count, losses in self.logged]
            for r, record in enumerate(computed):
                record["batches"] = [
                    {"examples": count, "loss": losses[r]} for count, losses in logged
                ]
        self.total.zero_()
        self.count, self.num_batches, self.logged = 0, 0, []
        return computed

    def state_dict(self) -> dict[str, Tensor]:
        """Return sums, counts and logged losses as tensors."""
        state = {"total": self.total, "count": torch.tensor([self.count, self.num_batches])}
        if self.logged:
            counts, losses = zip(*self.logged, strict=True)
            state |= {"logged_counts": torch.tensor(counts), "logged": torch.stack(losses)}
        return state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state."""
        self.total.copy_(state["total"])
        self.count, self.num_batches = state["count"].tolist()
        if "logged" in state:
            losses = state["logged"].to(self.total)
            self.logged = list(zip(state["logged_counts"].tolist(), losses, strict=True))
