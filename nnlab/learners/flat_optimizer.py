"""torch.optim's update rules on one flat tensor.

The kernels and functions are those behind the classes of torch.optim; without the classes there is
no import of the compiler (a second) and no bookkeeping per step (15 microseconds, as much as a small
network's whole update). ``tests/reference/test_fused.py`` holds them to torch.optim's results.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim.adagrad import adagrad
from torch.optim.rmsprop import rmsprop

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from nnlab.config.optimizers import (
        AdagradConfig,
        MomentsConfig,
        OptimizerConfig,
        RMSpropConfig,
        SGDConfig,
    )


class FlatOptimizer:
    """An elementwise optimizer of one flat tensor.

    Args:
        config: Which rule, with its options.
        parameters: ``(P,)``, changed in place by ``update``.
        gradients: ``(P,)``, read by ``update``.

    Attributes:
        state: The tensors that the rule carries from step to step.
        is_capturable: Whether ``update`` takes the learning rate as a tensor ``()`` as well, and
            asks nothing of the device, so that a CUDA graph can be made of it.
    """

    def __init__(self, config: OptimizerConfig, parameters: Tensor, gradients: Tensor) -> None:
        self.state: dict[str, Tensor] = {}
        self.is_capturable = config.torch_name in CAPTURABLE
        self.update: Callable[[float | Tensor], None] = RULES[config.torch_name](
            config, parameters, gradients, self._state
        )

    def _state(self, name: str, like: Tensor) -> Tensor:
        self.state[name] = torch.zeros_like(like)
        return self.state[name]


def _sgd(
    config: SGDConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    # A buffer of zeros gives the same first step as torch's missing one.
    buffers = [state("momentum_buffer", parameters)] if config.momentum else []

    def update(lr: float | Tensor) -> None:
        torch._fused_sgd_(
            [parameters],
            [gradients],
            buffers,
            weight_decay=config.weight_decay,
            momentum=config.momentum,
            lr=lr,
            dampening=0.0,
            nesterov=config.nesterov,
            maximize=False,
            is_first_step=False,
        )

    return update


def _adam(
    config: MomentsConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    exp_avg, exp_avg_sq = state("exp_avg", parameters), state("exp_avg_sq", parameters)
    step = state("step", torch.zeros((), device=parameters.device))
    kernel = torch._fused_adamw_ if config.torch_name == "AdamW" else torch._fused_adam_
    beta1, beta2 = config.betas

    def update(lr: float | Tensor) -> None:
        step.add_(1)
        kernel(
            [parameters],
            [gradients],
            [exp_avg],
            [exp_avg_sq],
            [],
            [step],
            lr=lr,
            beta1=beta1,
            beta2=beta2,
            weight_decay=config.weight_decay,
            eps=config.eps,
            amsgrad=False,
            maximize=False,
        )

    return update


def _rmsprop(
    config: RMSpropConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    square_avg = state("square_avg", parameters)
    buffers = [state("momentum_buffer", parameters)] if config.momentum else []
    step = state("step", torch.zeros(()))

    def update(lr: float) -> None:
        rmsprop(
            [parameters],
            [gradients],
            [square_avg],
            [],
            buffers,
            [step],
            foreach=False,
            lr=lr,
            alpha=config.alpha,
            eps=config.eps,
            weight_decay=config.weight_decay,
            momentum=config.momentum,
            centered=False,
        )

    return update


def _adagrad(
    config: AdagradConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    total = state("sum", parameters)
    step = state("step", torch.zeros(()))

    def update(lr: float) -> None:
        adagrad(
            [parameters],
            [gradients],
            [total],
            [step],
            foreach=False,
            lr=lr,
            weight_decay=config.weight_decay,
            lr_decay=0.0,
            eps=1e-10,
            maximize=False,
        )

    return update


RULES: dict[str, Callable[..., Callable[..., None]]] = {
    "SGD": _sgd,
    "Adam": _adam,
    "AdamW": _adam,
    "RMSprop": _rmsprop,
    "Adagrad": _adagrad,
}
CAPTURABLE = {"SGD", "Adam", "AdamW"}
