"""A lower bound on the time of a step: its matrix products and convolutions alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Callable


@torch.no_grad()
def products_of(model: nn.Module, inputs: Tensor) -> list[tuple[nn.Module, Tensor, Tensor]]:
    """Return every linear layer and convolution with its inputs and outputs for a batch."""
    products: list[tuple[nn.Module, Tensor, Tensor]] = []

    def record(module: nn.Module, given: tuple[Tensor, ...], outputs: Tensor) -> None:
        products.append((module, given[0], outputs))

    layers = [m for m in model.modules() if isinstance(m, nn.Linear | nn.Conv2d)]
    handles = [layer.register_forward_hook(record) for layer in layers]
    model.eval()(inputs)
    for handle in handles:
        handle.remove()
    return products


@torch.no_grad()
def products_of_step(
    model: nn.Module, inputs: Tensor, num_replicas: int
) -> list[Callable[[], object]]:
    """Return calls that compute the products of one step, forward and backward, and nothing else.

    Every linear layer has three: outputs, gradient of the weights, gradient of the inputs (which
    the first layer does not need). A convolution has the same three, in two calls.

    Args:
        model: The network of one replica, in the dtype of its products.
        inputs: One batch, ``(N, ...)``, in that dtype.
        num_replicas: R; linear layers become batched products, convolutions are repeated.
    """
    calls: list[Callable[[], object]] = []
    for index, (layer, given, outputs) in enumerate(products_of(model, inputs)):
        if isinstance(layer, nn.Conv2d):
            calls += _convolution(layer, given, outputs, is_first=index == 0) * num_replicas
        else:
            calls += _linear(given, outputs, num_replicas, is_first=index == 0)
    return calls


def _linear(
    given: Tensor, outputs: Tensor, num_replicas: int, *, is_first: bool
) -> list[Callable[[], object]]:
    lead = (num_replicas,) if num_replicas > 1 else ()
    a, z = (torch.rand_like(tensor.expand(*lead, *tensor.shape)) for tensor in (given, outputs))
    weight = torch.rand_like(a[..., :1, :].mT @ z[..., :1, :])  # (..., in, out)
    grad, delta = torch.empty_like(weight), torch.empty_like(a)
    product = torch.matmul
    calls: list[Callable[[], object]] = [
        lambda: product(a, weight, out=z),
        lambda: product(a.mT, z, out=grad),
    ]
    return calls if is_first else [*calls, lambda: product(z, weight.mT, out=delta)]


def _convolution(
    layer: nn.Conv2d, given: Tensor, outputs: Tensor, *, is_first: bool
) -> list[Callable[[], object]]:
    delta = torch.rand_like(outputs)
    shape: dict[str, Any] = {
        "stride": layer.stride,
        "padding": layer.padding,
        "dilation": layer.dilation,
        "transposed": False,
        "output_padding": (0, 0),
        "groups": layer.groups,
        "output_mask": (not is_first, True, False),
    }
    return [
        lambda: torch.conv2d(given, layer.weight, None, layer.stride, layer.padding),
        lambda: torch.ops.aten.convolution_backward(delta, given, layer.weight, None, **shape),
    ]
