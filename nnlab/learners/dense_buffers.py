"""What a dense network computes beside its weights, and everything that its steps write."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from nnlab.learners.dense_math import ACTIVATIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from nnlab.learners.captured_step import CapturedStep


@dataclass(frozen=True)
class DenseSpec:
    """What a dense network computes beside its weights.

    Attributes:
        activation: Name of the function after each hidden layer.
        output_activation: ``none``, ``softmax`` or ``sigmoid``.
        loss: ``cross_entropy``, ``quadratic`` or ``mse``.
        dropout: Probability of dropping a hidden unit in training.
        class_weight: Weight of each class in the mean loss, ``(C,)``, or None.
        clip_norm: Largest norm of a replica's whole gradient, or None.
    """

    activation: str = "identity"
    output_activation: str = "none"
    loss: str = "cross_entropy"
    dropout: float = 0.0
    class_weight: Tensor | None = None
    clip_norm: float | None = None


class Buffers:
    """Everything a step of one batch size writes: nothing is allocated while training.

    Attributes:
        source: The batch's inputs as they came; the same tensor again is the same memory.
        inputs: Their view ``(R, N, D)``, or ``(N, D)`` for one replica.
        shares: What each example counts in the mean loss, ``(N, 1)``.
        recorded: The step that was recorded with these very inputs, on CUDA.
        targets: Where it finds the targets.
    """

    source: Tensor | None = None
    inputs: Tensor
    recorded: CapturedStep | None = None
    targets: Tensor

    def __init__(self, shapes: Sequence[tuple[int, ...]], like: Tensor, spec: DenseSpec) -> None:
        def empty(shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
            return [like.new_empty(shape) for shape in shapes]

        hidden = shapes[:-1]
        self.outputs = empty(shapes)
        self.deltas = empty(shapes)
        self.shares = like.new_full((shapes[0][-2], 1), 1 / shapes[0][-2])
        self.masks = empty(hidden) if spec.dropout else []
        self.dropped = empty(hidden) if spec.dropout else []
        self.kept = empty(hidden) if ACTIVATIONS[spec.activation].keeps_input else []
