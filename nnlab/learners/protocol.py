"""The interface of R replicas of one model to the training loop."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

if TYPE_CHECKING:
    from torch import Tensor

    from nnlab.data.steps import Steps
    from nnlab.tasks.protocol import Task

LearningRates = Sequence[float | None]


def ignore(_event: object) -> None:
    """Do nothing: the default callback."""


class Learner(Protocol):
    """R replicas of one model with their optimizers.

    Replica r behaves as if trained alone: its weights, dropout and optimizer depend only on its own
    seed.

    Attributes:
        on_phase: Called with the name of each phase of a step (forward, backward, optimizer) when
            it ends, by learners whose steps have phases.
        MAX_STEPS: How many steps it takes in one call.
        NEEDS_AUTOGRAD: Whether steps use torch's autograd. If not, they run in inference mode,
            which saves autograd's bookkeeping: a tenth of a small step.
    """

    on_phase: Callable[[str], object]
    MAX_STEPS: ClassVar[int]
    NEEDS_AUTOGRAD: ClassVar[bool]

    @property
    def task(self) -> Task:
        """Criterion and metrics."""
        ...

    @property
    def num_threads(self) -> int | None:
        """The most threads it starts itself; None if it computes with torch's."""
        ...

    @property
    def iterations(self) -> Sequence[int] | None:
        """Iterations so far of each replica's solver; None if each step is a single update."""
        ...

    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once.

        Args:
            inputs: ``(R, N, ...)`` float; replica r learns from its own examples.
            targets: ``(R, N)``.
            lrs: Learning rate of each replica; None leaves a stopped replica unchanged.

        Returns:
            Mean loss of each replica before the update (of a solver: after it), ``(R,)``, not
            synchronised, and valid only until the next step.
        """
        ...

    def train_steps(self, steps: Steps, lrs: Sequence[LearningRates]) -> Tensor:
        """Update each replica once for each step.

        Args:
            steps: At most ``MAX_STEPS`` steps.
            lrs: Learning rates of each step.

        Returns:
            Mean losses of each step, ``(S, R)``; see ``train_step``.
        """
        ...

    def predict(self, inputs: Tensor, *, is_varied: bool = False) -> Tensor:
        """Return the outputs ``(R, N, C)``, without randomness.

        Args:
            inputs: ``(N, ...)``, the same for all replicas; ``(R, N, ...)`` if varied.
            is_varied: Whether each replica has its own inputs.
        """
        ...

    def weights(self) -> dict[str, Tensor]:
        """Return copies of parameters and buffers by their names in the module, ``(R, ...)``."""
        ...

    def load_weights(self, weights: dict[str, Tensor]) -> None:
        """Load parameters and buffers."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Return everything besides the weights that training changes: the optimizer's state."""
        ...

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state of the same learner."""
        ...


class OneByOne(ABC):
    """Mixin of learners that take one step in a call."""

    num_threads: ClassVar[None] = None
    MAX_STEPS: ClassVar[int] = 1

    @abstractmethod
    def train_step(self, inputs: Tensor, targets: Tensor, *, lrs: LearningRates) -> Tensor:
        """Update each replica once; see ``Learner``."""

    def train_steps(self, steps: Steps, lrs: Sequence[LearningRates]) -> Tensor:
        """Take a single step; see ``Learner``."""
        (rates,) = lrs
        inputs, targets = steps.first_batch()
        return self.train_step(inputs, targets, lrs=rates).unsqueeze(0)
