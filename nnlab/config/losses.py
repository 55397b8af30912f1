"""The losses that an experiment can use."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, FromList, Positive
from nnlab.config.dataset_base import Task

ClassWeights = Annotated[tuple[Positive, ...], FromList, Field(min_length=2)]


class LossConfig(ComponentConfig):
    """A loss.

    Attributes:
        tasks: The tasks it supports.
        engines: Engines besides autograd that have the loss and its derivative built in.
        applies_softmax: Whether it applies softmax to the outputs.
    """

    tasks: ClassVar[tuple[Task, ...]]
    engines: ClassVar[frozenset[str]] = frozenset()
    applies_softmax: ClassVar[bool] = False

    @property
    def weighs_classes(self) -> bool:
        """Whether classes have different weights in the mean loss."""
        return False


class CrossEntropyConfig(LossConfig):
    """Mean negative log-likelihood of the softmax of the outputs [nat]."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_cross_entropy"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "numpy", "sklearn"})
    applies_softmax: ClassVar[bool] = True
    name: Literal["cross_entropy"] = "cross_entropy"
    class_weight: Literal["balanced", "inverse_count"] | ClassWeights | None = None
    """balanced: N / (C count); inverse_count: 1 / count; or one weight per class."""

    @property
    def weighs_classes(self) -> bool:
        """Whether there are class weights."""
        return self.class_weight is not None


class MSEConfig(LossConfig):
    """Mean squared error."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_mse"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "numpy"})
    name: Literal["mse"] = "mse"


class QuadraticConfig(LossConfig):
    """Half the squared distance to the (one-hot encoded) target, averaged over examples."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_quadratic"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "numpy"})
    name: Literal["quadratic"] = "quadratic"


AnyLoss = Annotated[
    CrossEntropyConfig | MSEConfig | QuadraticConfig,
    Field(discriminator="name"),
]
