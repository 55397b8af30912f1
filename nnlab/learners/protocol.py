"""What the loop needs of R replicas of one model."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.tasks import Task

LearningRates = Sequence[float | None]


def ignore(_event: object) -> None:
    """Do nothing: the callback where nobody watches."""


class Learner(Protocol):
    """R replicas of one model with their optimizers; autograd, NumPy and scikit-learn implement it.

    Replica r behaves as it would alone: its weights, its dropout and its optimizer depend on its
    own seed only.

    Attributes:
        on_phase: Called with the name of each phase of a step (forward, backward, optimizer) when
            it ends, by learners whose steps have phases.
        NEEDS_AUTOGRAD: Whether steps use torch's autograd. Where they do not, they are taken in
            inference mode: a tenth of a small step is looking whether something is to be recorded.
    """

    on_phase: Callable[[str], object]
    NEEDS_AUTOGRAD: ClassVar[bool]

    @property
    def task(self) -> Task:
        """Criterion and metrics."""
        ...

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once.

        Args:
            inputs: ``(R, N, ...)`` float; replica r learns from its own examples.
            targets: ``(R, N)``.
            lrs: Learning rate of each replica; None leaves a stopped replica as it is.

        Returns:
            Mean loss of each replica before the update, ``(R,)``, not synchronised, and the
            caller's until the next step only.
        """
        ...

    def predict(self, inputs: Tensor) -> Tensor:
        """Return the outputs ``(R, N, C)`` for shared inputs ``(N, ...)``, drawing nothing."""
        ...

    def eval_step(self, inputs: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the task's sums ``(R, ...)`` over shared examples, never means."""
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return copies of parameters and buffers by the module's names, each ``(R, ...)``."""
        ...

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Take over parameters and buffers."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Return all that training changes beside the weights: the optimizer's state."""
        ...

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Go on from a state of the same learner."""
        ...
