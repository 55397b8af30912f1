"""The shapes of a model's weights, without its weights; those of a dense model without torch."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from nnlab.config.resolve import build_model

if TYPE_CHECKING:
    from torch import nn

    from nnlab.config.models import ModelConfig
    from nnlab.data.types import DataSpec


def widths_of(model: ModelConfig, spec: DataSpec) -> list[int]:
    """Return the widths of a dense model: of its inputs, then of the outputs of each layer."""
    return [math.prod(spec.input_shape), *model.hidden_widths, spec.num_outputs]


def weight_shapes(model: ModelConfig, spec: DataSpec) -> dict[str, tuple[int, ...]]:
    """Return the shapes of a model's parameters and buffers by name."""
    if not model.layer_names:
        return {name: tuple(t.shape) for name, t in _on_meta(model, spec).state_dict().items()}
    shapes: dict[str, tuple[int, ...]] = {}
    widths = pairwise(widths_of(model, spec))
    for name, (size_in, size_out) in zip(model.layer_names, widths, strict=True):
        shapes |= {f"{name}.weight": (size_out, size_in), f"{name}.bias": (size_out,)}
    return shapes


def num_parameters(model: ModelConfig, spec: DataSpec) -> int:
    """Return the number of a model's parameters; buffers are none."""
    if not model.layer_names:
        return sum(p.numel() for p in _on_meta(model, spec).parameters())
    return sum(map(math.prod, weight_shapes(model, spec).values()))


def _on_meta(model: ModelConfig, spec: DataSpec) -> nn.Module:
    """Return the model with tensors that have no data."""
    import torch

    with torch.device("meta"):
        return build_model(model, spec)
