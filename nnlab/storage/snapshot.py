"""The tensors of a checkpoint: what a run needs to resume, and to predict."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tensors, or arrays.
T = TypeVar("T")


@dataclass(frozen=True)
class Snapshot(Generic[T]):
    """The state of a run after one step.

    In a file, the name of each tensor begins with its group: ``weights.layers.0.bias``,
    ``state...``, ``loss...``, ``best...``, ``frames.<epoch>...``. Older runs have ``frame.<epoch>...``, of the
    first replica alone.

    Attributes:
        weights: Parameters and buffers by the module's names, each ``(R, ...)``.
        learner_state: The learner's state besides the weights: its optimizers.
        losses: Sums of the mean training loss since the last record.
        best: Weights of each replica at its best epoch; empty before the first evaluation.
        frames: Weights ``(S, ...)`` of the first S replicas by epoch, to replay the training.
    """

    weights: dict[str, T]
    learner_state: dict[str, T] = field(default_factory=dict)
    losses: dict[str, T] = field(default_factory=dict)
    best: dict[str, T] = field(default_factory=dict)
    frames: dict[int, dict[str, T]] = field(default_factory=dict)

    def to_tensors(self) -> dict[str, T]:
        """Return every tensor by its name in the file."""
        groups = {
            "weights": self.weights,
            "state": self.learner_state,
            "loss": self.losses,
            "best": self.best,
            **{f"frames.{epoch}": weights for epoch, weights in self.frames.items()},
        }
        return {
            f"{group}.{name}": tensor
            for group, tensors in groups.items()
            for name, tensor in tensors.items()
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, T]) -> Snapshot[T]:
        """Return the snapshot that ``to_tensors`` gave; other groups are left out.

        Raises:
            ValueError: If a frame has no epoch.
        """
        groups: dict[str, dict[str, T]] = {}
        for name, tensor in tensors.items():
            group, _, rest = name.partition(".")
            groups.setdefault(group, {})[rest] = tensor
        frames: dict[int, dict[str, T]] = {}
        of_first = {name: _one(tensor) for name, tensor in groups.get("frame", {}).items()}
        for name, tensor in (of_first | groups.get("frames", {})).items():
            epoch, _, rest = name.partition(".")
            frames.setdefault(int(epoch), {})[rest] = tensor
        return cls(
            groups.get("weights", {}),
            groups.get("state", {}),
            groups.get("loss", {}),
            groups.get("best", {}),
            frames,
        )


def _one(tensor: T) -> T:
    """Return a tensor or an array of one replica with the axis of the replicas."""
    grown: T = cast("Any", tensor)[None]
    return grown
