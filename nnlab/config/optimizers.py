"""The optimizers an experiment can name; their options are torch.optim's."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnlab.config.base import ComponentConfig, Count, FromList, NonNegative, Positive, Probability

Betas = Annotated[tuple[Probability, Probability], FromList]


class OptimizerConfig(ComponentConfig):
    """What every optimizer has: a class in torch.optim and a learning rate."""

    builder: ClassVar[str] = "nnlab.optim.optimizers:build"
    torch_name: ClassVar[str]
    lr: Positive
    """Learning rate, per step."""


class DecayingConfig(OptimizerConfig):
    """An optimizer that can decay weights."""

    weight_decay: NonNegative = 0.0
    """Factor of the weights added to their gradient (an L2 penalty)."""


class SGDConfig(DecayingConfig):
    """Stochastic gradient descent."""

    torch_name: ClassVar[str] = "SGD"
    name: Literal["sgd"] = "sgd"
    lr: Positive = 1e-2
    """Learning rate, per step."""
    momentum: Probability = 0.0
    """Fraction of the last update that is kept."""
    nesterov: bool = False
    """Look ahead along the momentum; needs momentum."""


class MomentsConfig(DecayingConfig):
    """An update scaled by running moments of the gradient."""

    lr: Positive = 1e-3
    """Learning rate, per step."""
    betas: Betas = (0.9, 0.999)
    """Decay of the running mean and of the running square of the gradient."""
    eps: Positive = 1e-8
    """Added to the denominator."""


class AdamConfig(MomentsConfig):
    """Adam; its weight decay is an L2 penalty that passes through the moments."""

    torch_name: ClassVar[str] = "Adam"
    name: Literal["adam"] = "adam"


class AdamWConfig(MomentsConfig):
    """Adam with weight decay that bypasses the moments."""

    torch_name: ClassVar[str] = "AdamW"
    name: Literal["adamw"] = "adamw"
    weight_decay: NonNegative = 1e-2
    """Fraction of the weights, times the learning rate, taken away at each step."""


class RMSpropConfig(DecayingConfig):
    """RMSprop: the update is divided by the running root mean square of the gradient."""

    torch_name: ClassVar[str] = "RMSprop"
    name: Literal["rmsprop"] = "rmsprop"
    lr: Positive = 1e-2
    """Learning rate, per step."""
    alpha: Probability = 0.99
    """Decay of the running square."""
    momentum: Probability = 0.0
    """Fraction of the last update that is kept."""
    eps: Positive = 1e-8
    """Added to the denominator."""


class AdagradConfig(DecayingConfig):
    """Adagrad: the update is divided by the root of the sum of squared gradients."""

    torch_name: ClassVar[str] = "Adagrad"
    name: Literal["adagrad"] = "adagrad"
    lr: Positive = 1e-2
    """Learning rate, per step."""


class LBFGSConfig(OptimizerConfig):
    """Limited-memory BFGS on the full batch; one step is at most ``max_iter`` iterations."""

    torch_name: ClassVar[str] = "LBFGS"
    name: Literal["lbfgs"] = "lbfgs"
    lr: Positive = 1.0
    """Length of the first trial step of each line search."""
    max_iter: Count = 100
    """Iterations in one step."""
    history_size: Count = 100
    """Pairs of vectors kept to approximate the curvature."""
    tolerance_grad: Positive = 1e-5
    """Stop when no component of the gradient exceeds this."""
    C: Positive | None = None
    """Inverse strength of an L2 penalty on the weights: mean loss + |W|^2 / (2 C N).

    As scikit-learn's C: N is the sum of the examples' class weights, and of two classes the
    difference of their weights is penalised."""


AnyOptimizer = Annotated[
    SGDConfig | AdamConfig | AdamWConfig | RMSpropConfig | AdagradConfig | LBFGSConfig,
    Field(discriminator="name"),
]
