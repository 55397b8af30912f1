"""What a task is, for learners and the loop."""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from nnlab.metrics import Metrics

ExampleLosses = Callable[..., Tensor]


class Task(Protocol):
    """What learners and the loop need from a task.

    Attributes:
        class_names: Names of the classes by index; empty for regression.
        class_weight: Weight of each class in the mean loss, ``(C,)``, or None for equal weights.
        relative_weight: The same divided by the mean weight of the training examples.
    """

    class_names: Sequence[str]
    class_weight: Tensor | None
    relative_weight: Tensor | None

    def of(self, replica: int) -> Task:
        """Return the task of one replica."""
        ...

    def criterion(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the mean loss ``()`` of outputs ``(N, C)``, which training minimises."""
        ...

    def sums(self, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return sums over examples, each ``(R, ...)``, of outputs ``(R, N, C)``."""
        ...

    def metrics(self, sums: dict[str, Tensor]) -> list[Metrics]:
        """Return the metrics of each replica from sums over all examples."""
        ...

    def needs_outputs(self, names: Container[str] | None) -> bool:
        """Return whether any of the metrics, None for all, needs all outputs together."""
        ...

    def complete(
        self,
        metrics: Sequence[Metrics],
        logits: Tensor,
        targets: Tensor,
        names: Container[str] | None = None,
    ) -> list[Metrics]:
        """Return the metrics with those that need all outputs ``(R, N, C)`` together.

        Args:
            metrics: What sums determine, of each replica.
            logits: ``(R, N, C)``.
            targets: ``(N,)`` or ``(R, N)``.
            names: The metrics wanted, or None for all.
        """
        ...
