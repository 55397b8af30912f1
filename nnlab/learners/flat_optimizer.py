"""torch.optim's update rules on one flat tensor.

SGD, Adam and AdamW call the kernels behind the classes of torch.optim. Bypassing the classes saves
the import of the compiler (a second) and bookkeeping per step (15 microseconds, as much as a small
network's whole update). Every other elementwise optimizer uses its class.
``tests/reference/test_fused.py`` checks them all against torch.optim.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import torch

from nnlab.learners.optimizer_state import pack, unpack
from nnlab.optim.optimizers import build_unfused

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from nnlab.config.optimizers import MomentsConfig, OptimizerConfig, SGDConfig

    Update = Callable[[float | Tensor], None]


class FlatOptimizer(Protocol):
    """An elementwise optimizer of one flat tensor.

    Attributes:
        is_capturable: Whether ``update`` also accepts the learning rate as a tensor ``()``, and
            never synchronises, so that a CUDA graph can capture it.
    """

    is_capturable: bool

    def update(self, lr: float | Tensor) -> None:
        """Update the parameters in place from their gradients."""
        ...

    def state_dict(self) -> dict[str, Tensor]:
        """Return the tensors that persist between steps."""
        ...

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state of the same optimizer."""
        ...


def flat_optimizer(config: OptimizerConfig, parameters: Tensor, gradients: Tensor) -> FlatOptimizer:
    """Return the optimizer of a flat tensor.

    Args:
        config: An elementwise optimizer.
        parameters: ``(P,)``, changed in place by ``update``.
        gradients: ``(P,)``, read by ``update``.
    """
    if config.fused_kernel is None:
        return TorchOptimizer(config, parameters, gradients)
    return KernelOptimizer(config, parameters, gradients)


class TorchOptimizer:
    """A class of torch.optim; see ``flat_optimizer``."""

    is_capturable = False

    def __init__(self, config: OptimizerConfig, parameters: Tensor, gradients: Tensor) -> None:
        parameters.grad = gradients
        self.optimizer = build_unfused(config, [parameters])

    def update(self, lr: float | Tensor) -> None:
        """Take a step of torch's optimizer."""
        self.optimizer.param_groups[0]["lr"] = lr
        self.optimizer.step()

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state of the only parameter, by torch's names."""
        return {name.removeprefix("0."): t for name, t in pack(self.optimizer, prefix="").items()}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state; see ``FlatOptimizer``."""
        unpack(self.optimizer, {f"0.{name}": tensor for name, tensor in state.items()}, prefix="")


class KernelOptimizer:
    """A kernel of torch.optim, without its class; see ``flat_optimizer``."""

    is_capturable = True

    def __init__(self, config: OptimizerConfig, parameters: Tensor, gradients: Tensor) -> None:
        assert config.fused_kernel is not None, "flat_optimizer checks that there is a kernel"
        self.state: dict[str, Tensor] = {}
        make = UPDATES[config.fused_kernel]
        self.update: Update = make(config, parameters, gradients, self._state)

    def _state(self, name: str, like: Tensor) -> Tensor:
        self.state[name] = torch.zeros_like(like)
        return self.state[name]

    def state_dict(self) -> dict[str, Tensor]:
        """Return the state; see ``FlatOptimizer``."""
        return self.state

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Restore a state in place, in the memory that a captured step reads."""
        for name, tensor in self.state.items():
            tensor.copy_(state[name])


def _sgd(
    config: SGDConfig, parameters: Tensor, gradients: Tensor, state: Callable[..., Tensor]
) -> Update:
    # A buffer of zeros gives the same first step as no buffer, which torch starts with.
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
) -> Update:
    exp_avg, exp_avg_sq = state("exp_avg", parameters), state("exp_avg_sq", parameters)
    step = state("step", torch.zeros((), device=parameters.device))
    kernel = torch._fused_adamw_ if config.fused_kernel == "adamw" else torch._fused_adam_
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


UPDATES: dict[str, Callable[..., Update]] = {"sgd": _sgd, "adam": _adam, "adamw": _adam}
