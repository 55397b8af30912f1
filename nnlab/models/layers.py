"""Layers and initialisers that torch does not offer in the form nnlab needs."""

from __future__ import annotations

import torch
from torch import Tensor, nn

ACTIVATIONS: dict[str, type[nn.Module]] = {
    "identity": nn.Identity,
    "relu": nn.ReLU,
    "leaky_relu": nn.LeakyReLU,
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "tanh": nn.Tanh,
    "sigmoid": nn.Sigmoid,
}


class Dropout(nn.Module):
    """Set each element to zero with probability p in training, and scale the others by 1/(1-p).

    Unlike ``nn.Dropout`` it draws from its own generator, which the learner seeds from the replica
    and the step: replicas do not affect each other, and a resumed run draws the same masks.

    Source: Srivastava et al., "Dropout", JMLR 15 (2014), in the inverted form.

    Args:
        p: Probability of a zero, in ``[0, 1)``.
    """

    def __init__(self, p: float) -> None:
        super().__init__()
        self.p = p
        self.generator: torch.Generator | None = None

    def forward(self, inputs: Tensor) -> Tensor:
        """Return the inputs with some elements dropped, in the same shape."""
        if not self.training or self.p == 0:
            return inputs
        # Twice as fast as bernoulli_, which draws one number at a time.
        draws = torch.rand(inputs.shape, generator=self.generator, device=inputs.device)
        return inputs * (draws < 1 - self.p).to(inputs.dtype).div_(1 - self.p)

    def extra_repr(self) -> str:
        """Return the probability, for printing."""
        return f"p={self.p}"


def init_linear(linear: nn.Linear, *, scheme: str, std: float, gain: float) -> None:
    """Draw new weights for a linear layer; every scheme but ``default`` sets the bias to zero.

    Args:
        linear: The layer, changed in place.
        scheme: ``default`` (torch's), ``xavier`` (Glorot and Bengio 2010, normal), ``kaiming``
            (He et al. 2015, normal) or ``normal``.
        std: Standard deviation for ``normal``.
        gain: Gain of the activation, for ``xavier`` and ``kaiming``.
    """
    match scheme:
        case "default":
            return
        case "xavier":
            nn.init.xavier_normal_(linear.weight, gain=gain)
        case "kaiming":
            nn.init.normal_(linear.weight, std=gain / linear.in_features**0.5)
        case "normal":
            nn.init.normal_(linear.weight, std=std)
        case _:
            msg = f"unknown scheme {scheme!r}"
            raise ValueError(msg)
    nn.init.zeros_(linear.bias)


def gain_of(activation: str) -> float:
    """Return the gain that preserves the variance of activations from layer to layer.

    torch defines no gain for ELU and GELU; ReLU's is used.
    """
    linear_names = {"identity": "linear", "elu": "relu", "gelu": "relu"}
    return nn.init.calculate_gain(linear_names.get(activation, activation))  # type: ignore[arg-type]
