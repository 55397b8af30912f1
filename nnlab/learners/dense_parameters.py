"""All parameters of R dense networks in one tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class DenseParameters:
    """Weights and biases of R dense networks as views of one flat tensor, gradients of another.

    Args:
        models: One module per replica; its linear layers, in order, are the network.
        device: Device to keep them on.

    Attributes:
        flat: Parameters ``(P,)``.
        flat_grad: Their gradients ``(P,)``.
    """

    def __init__(self, models: Sequence[nn.Module], device: torch.device) -> None:
        self._num_replicas = len(models)
        self._names = [name for name, _ in models[0].named_parameters()]
        layers = [m for m in models[0].modules() if isinstance(m, nn.Linear)]
        self._sizes = [(layer.in_features, layer.out_features) for layer in layers]
        size = sum(size_in * size_out + size_out for size_in, size_out in self._sizes)
        dtype = layers[0].weight.dtype
        self.flat = torch.empty(len(models) * size, dtype=dtype, device=device)
        self.flat_grad = torch.zeros_like(self.flat)
        states = [model.state_dict() for model in models]
        self.load({n: torch.stack([state[n] for state in states]) for n in self._names})

    def views(self, flat: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """Return W ``(R, in, out)`` and b ``(R, 1, out)`` of each layer; no R for one replica."""
        weights: list[Tensor] = []
        biases: list[Tensor] = []
        start = 0
        replicas = () if self._num_replicas == 1 else (self._num_replicas,)
        for size_in, size_out in self._sizes:
            for views, shape in ((weights, (size_in, size_out)), (biases, (1, size_out))):
                size = self._num_replicas * shape[0] * shape[1]
                views.append(flat[start : start + size].view(*replicas, *shape))
                start += size
        return weights, biases

    def copies(self) -> dict[str, Tensor]:
        """Return copies of the parameters by their names in the module, each ``(R, ...)``."""
        contiguous = torch.contiguous_format
        return {name: view.clone(memory_format=contiguous) for name, view in self._named()}

    def load(self, parameters: dict[str, Tensor]) -> None:
        """Copy parameters, by their names in the module, into the flat tensor."""
        for name, view in self._named():
            view.copy_(parameters[name])

    def _named(self) -> Iterator[tuple[str, Tensor]]:
        """Yield the parameters with the module's names and shapes, as views ``(R, ...)``."""
        names = iter(self._names)
        for weight, bias in zip(*self.views(self.flat), strict=True):
            size_in, size_out = weight.shape[-2:]
            yield next(names), weight.view(self._num_replicas, size_in, size_out).mT
            yield next(names), bias.view(self._num_replicas, size_out)
