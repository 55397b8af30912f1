"""torch.optim's update rules on one flat tensor.

The functions are those behind the classes of torch.optim; without the classes there is no import of
the compiler (a second) and no bookkeeping per step.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch.optim.adagrad import adagrad
from torch.optim.adam import adam
from torch.optim.rmsprop import rmsprop
from torch.optim.sgd import sgd

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
    """

    def __init__(self, config: OptimizerConfig, parameters: Tensor, gradients: Tensor) -> None:
        self.state: dict[str, Tensor] = {}
        self.update: Callable[[float], None] = RULES[config.torch_name](
            config, parameters, gradients, self._state
        )

    def _state(self, name: str, like: Tensor) -> Tensor:
        self.state[name] = torch.zeros_like(like)
        return self.state[name]


def _sgd(
    config: SGDConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    # A buffer of zeros gives the same first step as torch's missing one.
    buffer = state("momentum_buffer", parameters) if config.momentum else None

    def update(lr: float) -> None:
        sgd(
            [parameters],
            [gradients],
            [buffer],
            fused=True,
            weight_decay=config.weight_decay,
            momentum=config.momentum,
            lr=lr,
            dampening=0.0,
            nesterov=config.nesterov,
            maximize=False,
        )

    return update


def _adam(
    config: MomentsConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Callable[[float], None]:
    exp_avg, exp_avg_sq = state("exp_avg", parameters), state("exp_avg_sq", parameters)
    step = state("step", torch.zeros((), device=parameters.device))
    beta1, beta2 = config.betas

    def update(lr: float) -> None:
        adam(
            [parameters],
            [gradients],
            [exp_avg],
            [exp_avg_sq],
            [],
            [step],
            fused=True,
            decoupled_weight_decay=config.torch_name == "AdamW",
            amsgrad=False,
            beta1=beta1,
            beta2=beta2,
            lr=lr,
            weight_decay=config.weight_decay,
            eps=config.eps,
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


RULES: dict[str, Callable[..., Callable[[float], None]]] = {
    "SGD": _sgd,
    "Adam": _adam,
    "AdamW": _adam,
    "RMSprop": _rmsprop,
    "Adagrad": _adagrad,
}
