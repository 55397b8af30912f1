"""The losses that an experiment can use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field

from nnlab.config.base import ComponentConfig, Contradiction, Fraction, FromList
from nnlab.config.dataset_base import Task


def _text_keys(value: Any) -> Any:
    """Return a mapping from Python with numbers as text, as YAML's keys are."""
    if not isinstance(value, dict):
        return value
    return {str(k) if type(k) in {int, float} else k: weight for k, weight in value.items()}


# Beyond, the weights of other classes are rounded to zero, or their sum is not finite.
Weight = Annotated[float, Field(ge=1e-9, le=1e9)]
ClassWeights = Annotated[tuple[Weight, ...], FromList, Field(min_length=2)]
NamedWeights = Annotated[dict[str, Weight], BeforeValidator(_text_keys)]


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

    @property
    def smoothing(self) -> float:
        """Part of the target probability that is spread over all classes."""
        return 0.0


class CrossEntropyConfig(LossConfig):
    """Mean negative log-likelihood of the softmax of the outputs [nat]."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_cross_entropy"
    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "native", "numpy", "sklearn"})
    applies_softmax: ClassVar[bool] = True
    name: Literal["cross_entropy"] = "cross_entropy"
    class_weight: Literal["balanced", "inverse_count"] | ClassWeights | NamedWeights | None = None
    """balanced: N / (C count); inverse_count: 1 / count; weights by class name, others weigh 1; or a
    list in the order of the classes. A batch's loss is the sum of weight * loss, divided by its size
    times the mean weight of the training examples, so that batches of any size agree."""
    label_smoothing: Fraction = 0.0
    """Part of the target probability that is spread evenly over all classes."""

    @property
    def weighs_classes(self) -> bool:
        """Whether there are class weights."""
        return self.class_weight is not None

    @property
    def smoothing(self) -> float:
        """Part of the target probability that is spread over all classes."""
        return self.label_smoothing

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield a mapping of weights without a class."""
        if self.class_weight == {}:
            yield ("class_weight",), "names no class; such as {rare: 5}, or none"


class MSEConfig(LossConfig):
    """Mean squared error."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_mse"
    tasks: ClassVar[tuple[Task, ...]] = ("regression",)
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "native", "numpy"})
    name: Literal["mse"] = "mse"


class QuadraticConfig(LossConfig):
    """Half the squared distance to the (one-hot encoded) target, averaged over examples."""

    builder: ClassVar[str] = "nnlab.tasks.losses:build_quadratic"
    tasks: ClassVar[tuple[Task, ...]] = ("classification", "regression")
    engines: ClassVar[frozenset[str]] = frozenset({"fused", "native", "numpy"})
    name: Literal["quadratic"] = "quadratic"


AnyLoss = Annotated[
    CrossEntropyConfig | MSEConfig | QuadraticConfig,
    Field(discriminator="name"),
]
