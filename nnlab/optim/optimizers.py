"""The optimizers of torch.optim, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from nnlab.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import Tensor

    from nnlab.config.optimizers import OptimizerConfig


def build(config: OptimizerConfig, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return the torch optimizer of a config; its options have torch's names.

    Raises:
        ConfigError: If torch rejects an option or the parameters.
    """
    parameters, options = list(parameters), config.torch_options()
    if config.fused_devices.issuperset(parameter.device.type for parameter in parameters):
        options["fused"] = True
    return _make(config, parameters, options)


def build_unfused(config: OptimizerConfig, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
    """Return the same optimizer without torch's fused kernel, which rounds differently."""
    return _make(config, parameters, config.torch_options())


def _make(
    config: OptimizerConfig, parameters: Iterable[Tensor], options: dict[str, Any]
) -> torch.optim.Optimizer:
    optimizer_class: type[torch.optim.Optimizer] = getattr(torch.optim, config.torch_name)
    try:
        return optimizer_class(parameters, **options)
    except ValueError as error:
        msg = f"optimizer: torch.optim.{config.torch_name} rejects this: {error}"
        raise ConfigError(msg) from error
