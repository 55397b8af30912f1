"""How the weights of convolutions lie in memory."""

from __future__ import annotations

import torch
from torch import nn

# What oneDNN's kernels for strided 1 x 1 convolutions write at once, at most.
CHANNELS_AT_ONCE = 16


def in_layout(model: nn.Module, device: torch.device) -> nn.Module:
    """Return a model on a device, its convolutions with the channels last, which is faster.

    On a processor that is left out if torch would write past the end of a buffer: the backward pass of
    a strided 1 x 1 convolution with few channels does, with channels last (torch 2.14, oneDNN 3.12).
    """
    model = model.to(device)
    if device.type == "cpu" and any(map(_is_unsafe, model.modules())):
        return model
    return model.to(memory_format=torch.channels_last)


def _is_unsafe(layer: nn.Module) -> bool:
    return (
        isinstance(layer, nn.Conv2d)
        and set(layer.kernel_size) == {1}
        and max(layer.stride) > 1
        and layer.in_channels % CHANNELS_AT_ONCE != 0
    )
