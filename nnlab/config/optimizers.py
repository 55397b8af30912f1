"""The optimizers that an experiment can use; their options are those of torch.optim."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import (
    ComponentConfig,
    Contradiction,
    Count,
    FromList,
    NonNegative,
    Positive,
    Probability,
)

UsualLR = tuple[float, float] | None
Betas = Annotated[tuple[Probability, Probability], FromList]


class OptimizerConfig(ComponentConfig):
    """A class in torch.optim, whose options are the fields.

    Attributes:
        torch_name: Name of the class.
        is_elementwise: Whether the update of a weight depends on the gradients of that weight only
            and is proportional to the learning rate. The fused engine then updates the weights of
            all replicas as one vector; any other optimizer needs the autograd engine.
        fused_kernel: The equivalent kernel in ``learners/flat_optimizer.py``, if any.
        fused_devices: Devices on which torch's class accepts ``fused=True``.
        has_line_search: Whether one step evaluates the loss many times, along a line. It then needs
            the full batch, a float64 loss and unclipped gradients.
        engines: Engines besides autograd and fused that have it built in.
        usual_lr: Lowest and highest learning rate in tutorials, libraries and papers.
        decoupled: Name of the optimizer that is most like it and whose weight decay bypasses the
            moments.
        decays_directly: Whether its weight decay bypasses the moments.
    """

    builder: ClassVar[str] = "nnlab.optim.optimizers:build"
    torch_name: ClassVar[str]
    is_elementwise: ClassVar[bool] = False
    fused_kernel: ClassVar[Literal["sgd", "adam", "adamw"] | None] = None
    fused_devices: ClassVar[frozenset[str]] = frozenset()
    has_line_search: ClassVar[bool] = False
    engines: ClassVar[frozenset[str]] = frozenset()
    usual_lr: ClassVar[UsualLR] = None
    decoupled: ClassVar[str | None] = None
    decays_directly: ClassVar[bool] = False

    lr: Positive
    """Learning rate, per step."""

    def torch_options(self) -> dict[str, Any]:
        """Return the keyword arguments of torch's class."""
        return self.model_dump(exclude={"name"})

    @property
    def num_moments(self) -> int:
        """Lower bound on the numbers stored per weight."""
        return 0

    @property
    def penalty(self) -> float:
        """Strength of the penalty on the weights; 0 for none."""
        return 0.0

    @property
    def inverse_penalty(self) -> float | None:
        """C of a penalty |W|^2 / (2 C N) in the loss; None without such a penalty."""
        return None

    @property
    def gradient_factor(self) -> float | None:
        """Total contribution of a gradient to the weight, per gradient; None if rescaled."""
        return None


class DecayingConfig(OptimizerConfig):
    """An optimizer that can decay weights."""

    weight_decay: NonNegative = 0.0
    """Multiple of the weights added to their gradient (an L2 penalty)."""

    @property
    def penalty(self) -> float:
        """Weight decay."""
        return self.weight_decay


class SGDConfig(DecayingConfig):
    """Stochastic gradient descent."""

    torch_name: ClassVar[str] = "SGD"
    is_elementwise: ClassVar[bool] = True
    fused_kernel: ClassVar[Literal["sgd"]] = "sgd"
    fused_devices: ClassVar[frozenset[str]] = frozenset({"cpu", "cuda"})
    engines: ClassVar[frozenset[str]] = frozenset({"native", "numpy"})
    usual_lr: ClassVar[UsualLR] = (1e-4, 1.0)
    name: Literal["sgd"] = "sgd"
    lr: Positive = 1e-2
    """Learning rate, per step."""
    momentum: Probability = 0.0
    """Fraction of the last update that is kept."""
    nesterov: bool = False
    """Look ahead along the momentum; needs momentum."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield ``nesterov`` without momentum."""
        if self.nesterov and not self.momentum:
            yield ("nesterov",), "needs momentum above 0"

    @property
    def num_moments(self) -> int:
        """The last update, with momentum."""
        return 1 if self.momentum else 0

    @property
    def gradient_factor(self) -> float:
        """The learning rate, times the number of updates over which momentum sums a gradient."""
        return self.lr / (1 - self.momentum)


class MomentsConfig(DecayingConfig):
    """An update scaled by running moments of the gradient."""

    lr: Positive = 1e-3
    """Learning rate, per step."""
    betas: Betas = (0.9, 0.999)
    """Decay rates of the running mean and the running square of the gradient."""
    eps: Positive = 1e-8
    """Added to the denominator."""

    @property
    def num_moments(self) -> int:
        """Mean and square of the gradient."""
        return 2


class AdamConfig(MomentsConfig):
    """Adam; its weight decay is an L2 penalty that passes through the moments."""

    torch_name: ClassVar[str] = "Adam"
    is_elementwise: ClassVar[bool] = True
    fused_kernel: ClassVar[Literal["adam"]] = "adam"
    fused_devices: ClassVar[frozenset[str]] = frozenset({"cpu", "cuda"})
    engines: ClassVar[frozenset[str]] = frozenset({"native", "numpy"})
    usual_lr: ClassVar[UsualLR] = (1e-5, 3e-2)
    decoupled: ClassVar[str] = "adamw"
    name: Literal["adam"] = "adam"


class AdamWConfig(MomentsConfig):
    """Adam with weight decay that bypasses the moments."""

    torch_name: ClassVar[str] = "AdamW"
    is_elementwise: ClassVar[bool] = True
    engines: ClassVar[frozenset[str]] = frozenset({"native"})
    fused_kernel: ClassVar[Literal["adamw"]] = "adamw"
    fused_devices: ClassVar[frozenset[str]] = frozenset({"cpu", "cuda"})
    usual_lr: ClassVar[UsualLR] = (1e-5, 3e-2)
    decays_directly: ClassVar[bool] = True
    name: Literal["adamw"] = "adamw"
    weight_decay: NonNegative = 1e-2
    """Fraction of the weights, times the learning rate, subtracted at each step."""


class RMSpropConfig(DecayingConfig):
    """RMSprop: the update is divided by the running root mean square of the gradient."""

    torch_name: ClassVar[str] = "RMSprop"
    is_elementwise: ClassVar[bool] = True
    engines: ClassVar[frozenset[str]] = frozenset({"native"})
    usual_lr: ClassVar[UsualLR] = (1e-5, 3e-2)
    decoupled: ClassVar[str] = "adamw"
    name: Literal["rmsprop"] = "rmsprop"
    lr: Positive = 1e-2
    """Learning rate, per step."""
    alpha: Probability = 0.99
    """Decay rate of the running square."""
    momentum: Probability = 0.0
    """Fraction of the last update that is kept."""
    eps: Positive = 1e-8
    """Added to the denominator."""

    @property
    def num_moments(self) -> int:
        """The running square, and the last update with momentum."""
        return 2 if self.momentum else 1


class AdagradConfig(DecayingConfig):
    """Adagrad: the update is divided by the root of the sum of squared gradients."""

    torch_name: ClassVar[str] = "Adagrad"
    is_elementwise: ClassVar[bool] = True
    engines: ClassVar[frozenset[str]] = frozenset({"native"})
    fused_devices: ClassVar[frozenset[str]] = frozenset({"cpu"})
    usual_lr: ClassVar[UsualLR] = (1e-3, 1.0)
    decoupled: ClassVar[str] = "adamw"
    name: Literal["adagrad"] = "adagrad"
    lr: Positive = 1e-2
    """Learning rate, per step."""

    @property
    def num_moments(self) -> int:
        """The sum of squares."""
        return 1


class LBFGSConfig(OptimizerConfig):
    """Limited-memory BFGS on the full batch; one step is at most ``max_iter`` iterations."""

    torch_name: ClassVar[str] = "LBFGS"
    has_line_search: ClassVar[bool] = True
    engines: ClassVar[frozenset[str]] = frozenset({"sklearn"})
    usual_lr: ClassVar[UsualLR] = (0.1, 1.0)
    name: Literal["lbfgs"] = "lbfgs"
    lr: Positive = 1.0
    """Length of the first trial step of each line search."""
    max_iter: Count = 100
    """Iterations per step."""
    history_size: Count = 100
    """Pairs of vectors kept to approximate the curvature."""
    tolerance_grad: Positive = 1e-5
    """Stop when no component of the gradient exceeds this."""
    C: Positive | None = None
    """Inverse strength of an L2 penalty on the weights: mean loss + |W|^2 / (2 C N).

    Defined as in scikit-learn: N is the sum of the examples' class weights, and with two classes
    the difference of their weights is penalised."""

    def torch_options(self) -> dict[str, Any]:
        """Return the keyword arguments of torch's class; C is part of the loss."""
        return self.model_dump(exclude={"name", "C"}) | {"line_search_fn": "strong_wolfe"}

    @property
    def num_moments(self) -> int:
        """Two vectors per stored iteration."""
        return 2 * min(self.history_size, self.max_iter)

    @property
    def penalty(self) -> float:
        """Inverse of C."""
        return 0.0 if self.C is None else 1 / self.C

    @property
    def inverse_penalty(self) -> float | None:
        """C."""
        return self.C


class NoOptimizerConfig(OptimizerConfig):
    """None: for estimators of scikit-learn, which need no optimizer."""

    torch_name: ClassVar[str] = ""
    name: Literal["none"] = "none"
    lr: Annotated[float, Field(ge=1, le=1, exclude=True)] = 1.0
    """Not used."""


AnyOptimizer = Annotated[
    SGDConfig | AdamConfig | AdamWConfig | RMSpropConfig | AdagradConfig | LBFGSConfig,
    Field(discriminator="name"),
]
