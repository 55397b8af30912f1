"""Metrics of replicas that are evaluated on different numbers of examples."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from torch import Tensor

    from nnlab.metrics import Metrics
    from nnlab.tasks.protocol import Task


def measure_each(
    task: Task,
    logits: Tensor,
    targets: Tensor,
    sizes: Sequence[int],
    names: Container[str] | None = None,
) -> list[Metrics]:
    """Return the metrics of each replica over its own examples.

    Args:
        task: The task of all replicas.
        logits: ``(R, N, C)``.
        targets: ``(R, N)``.
        sizes: Number of examples of each replica; what is beyond counts for nothing.
        names: The metrics wanted, or None for all.
    """
    found = []
    for replica, size in enumerate(sizes):
        of_replica = task.of(replica)
        own = (logits[replica : replica + 1, :size], targets[replica : replica + 1, :size])
        found += of_replica.complete(of_replica.metrics(of_replica.sums(*own)), *own, names)
    return found
