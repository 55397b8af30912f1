"""torch.optim by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterable

    from torch import nn

    from nnlab.config.optimizers import OptimizerConfig

FUSED = {"SGD", "Adam", "AdamW", "Adagrad"}


def build(config: OptimizerConfig, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
    """Return the torch optimizer of a config; its options have torch's names."""
    options = config.model_dump(exclude={"name", "C"})
    if config.torch_name in FUSED:
        options["fused"] = True
    if config.torch_name == "LBFGS":
        options["line_search_fn"] = "strong_wolfe"
    optimizer: type[torch.optim.Optimizer] = getattr(torch.optim, config.torch_name)
    return optimizer(parameters, **options)
