"""The memory of the activations of a step, measured on one example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from nnlab.assembly.engine import engine_of
from nnlab.config.own import OwnModelConfig
from nnlab.models.own import answer

if TYPE_CHECKING:
    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec

# Those kept for the backward pass, and their gradients.
ACTIVATION_COPIES = 2


@torch.no_grad()
def activations_of(
    model: nn.Module,
    spec: DataSpec,
    config: ExperimentConfig,
    *,
    batch_size: int,
    dtype: torch.dtype,
) -> int:
    """Return the size of the outputs of all layers with weight matrices in a step [byte].

    It is measured by running one example in evaluation mode, so it works for any model.

    Raises:
        OwnCodeError: If the user's own model fails, or its outputs have another shape.
    """
    num_outputs: list[int] = []

    def record(_layer: nn.Module, _inputs: tuple[Tensor, ...], outputs: Tensor) -> None:
        num_outputs.append(outputs.numel())

    layers = [m for m in model.modules() if any(p.ndim > 1 for p in m.parameters(recurse=False))]
    handles = [layer.register_forward_hook(record) for layer in layers]
    was_training = model.training
    inputs = torch.zeros(1, *spec.input_shape, dtype=dtype)
    model.eval()
    section: object = config.model
    if isinstance(section, OwnModelConfig):
        answer(section, spec, model, inputs)
    elif layers:
        model(inputs)
    model.train(was_training)
    for handle in handles:
        handle.remove()
    is_fused = engine_of(config)[0] == "fused"
    num_together = config.train.seeds if is_fused else 1
    return ACTIVATION_COPIES * num_together * batch_size * sum(num_outputs) * dtype.itemsize
