"""The specification of a dense network, and the memory that its steps write."""

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
    """What a dense network computes with its weights.

    Attributes:
        activation: Name of the activation after each hidden layer.
        output_activation: ``none``, ``softmax`` or ``sigmoid``.
        loss: ``cross_entropy``, ``quadratic`` or ``mse``.
        dropout: Probability of dropping a hidden unit in training.
        class_weight: Weight of each class, ``(C,)``, relative to the mean of the training examples,
            or None.
        label_smoothing: Part of the target probability that is spread over all classes.
        clip_norm: Maximum norm of a replica's whole gradient, or None.
    """

    activation: str = "identity"
    output_activation: str = "none"
    loss: str = "cross_entropy"
    dropout: float = 0.0
    class_weight: Tensor | None = None
    label_smoothing: float = 0.0
    clip_norm: float | None = None


class Buffers:
    """All memory that a step of one batch size writes, so that training allocates nothing.

    Attributes:
        source: The batch's inputs as passed in; the same tensor means the same memory.
        inputs: Their view ``(R, N, D)``, or ``(N, D)`` for one replica.
        sample_weights: 1 / N for each example, ``(N, 1)``.
        captured: The steps captured with exactly these inputs, on CUDA: with one learning rate for all
            replicas, under False, and with one for each, under True.
        targets: The targets that a captured step reads.
    """

    source: Tensor | None = None
    inputs: Tensor
    targets: Tensor | None = None

    def __init__(self, shapes: Sequence[tuple[int, ...]], like: Tensor, spec: DenseSpec) -> None:
        def empty(shapes: Sequence[tuple[int, ...]]) -> list[Tensor]:
            return [like.new_empty(shape) for shape in shapes]

        hidden = shapes[:-1]
        self.captured: dict[bool, CapturedStep] = {}
        self.outputs = empty(shapes)
        self.deltas = empty(shapes)
        self.sample_weights = like.new_full((shapes[0][-2], 1), 1 / shapes[0][-2])
        self.masks = empty(hidden) if spec.dropout else []
        self.dropped = empty(hidden) if spec.dropout else []
        self.kept = empty(hidden) if ACTIVATIONS[spec.activation].keeps_input else []
