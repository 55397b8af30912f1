"""The multi-layer perceptron."""

from __future__ import annotations

import math
from collections import OrderedDict
from itertools import pairwise
from typing import TYPE_CHECKING

from torch import Tensor, nn

from nnlab.models.layers import ACTIVATIONS, Dropout, gain_of, init_linear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from nnlab.config.models import MLPConfig
    from nnlab.data.types import DataSpec

OUTPUT_ACTIVATIONS: dict[str, Callable[[], nn.Module]] = {
    "none": nn.Identity,
    "softmax": lambda: nn.Softmax(dim=-1),
    "sigmoid": nn.Sigmoid,
}


class MLP(nn.Module):
    """Linear layers with an activation, and optionally dropout, after each hidden one.

    Args:
        in_features: Features per example, D.
        hidden_sizes: Width of each hidden layer; empty for a linear model.
        out_features: Outputs, C.
        activation: ``identity``, ``relu``, ``leaky_relu``, ``elu``, ``gelu``, ``tanh``, ``sigmoid``.
        dropout: Probability of dropping a hidden unit in training.
        init: ``default``, ``xavier``, ``kaiming`` or ``normal``.
        init_std: Standard deviation of ``normal``.
        output_activation: ``none``, ``softmax`` or ``sigmoid``, applied to the outputs.
    """

    def __init__(
        self,
        in_features: int,
        hidden_sizes: Sequence[int],
        out_features: int,
        *,
        activation: str = "relu",
        dropout: float = 0.0,
        init: str = "default",
        init_std: float = 0.01,
        output_activation: str = "none",
    ) -> None:
        super().__init__()
        sizes = [in_features, *hidden_sizes, out_features]
        layers = [nn.Linear(size_in, size_out) for size_in, size_out in pairwise(sizes)]
        for layer in layers:
            init_linear(layer, scheme=init, std=init_std, gain=gain_of(activation))
        self.layers = nn.ModuleList(layers)
        self.activation = ACTIVATIONS[activation]()
        self.dropout = Dropout(dropout)
        self.output_activation = OUTPUT_ACTIVATIONS[output_activation]()

    def forward(self, inputs: Tensor) -> Tensor:
        """Map inputs ``(N, ...)`` to logits ``(N, C)``."""
        hidden = inputs.flatten(1)  # (N, D)
        *hidden_layers, last = self.layers
        for layer in hidden_layers:
            hidden = self.dropout(self.activation(layer(hidden)))
        logits: Tensor = self.output_activation(last(hidden))
        return logits

    def __repr__(self) -> str:
        """Return the modules in the order in which they are applied."""
        return repr(nn.Sequential(OrderedDict(self._in_order()))).replace("Sequential", "MLP", 1)

    def _in_order(self) -> Iterator[tuple[str, nn.Module]]:
        last = len(self.layers) - 1
        for index, layer in enumerate(self.layers):
            yield f"layer {index}", layer
            after = self.activation if index < last else self.output_activation
            if not isinstance(after, nn.Identity):
                yield f"activation {index}", after
            if index < last and self.dropout.p:
                yield f"dropout {index}", self.dropout


def build(config: MLPConfig, spec: DataSpec) -> MLP:
    """Return the MLP of a config for the given data."""
    return MLP(
        math.prod(spec.input_shape),
        config.hidden_sizes,
        spec.num_outputs,
        **config.model_dump(exclude={"name", "hidden_sizes"}),
    )
