"""The mathematics of dense networks: activations and losses with their derivatives, in place.

Every function takes a leading replica axis or none: ``(R, N, C)`` or ``(N, C)``. Losses return one
value per example, ``(R, N, 1)``, and write their derivative with respect to the outputs into delta.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import torch
from torch import Tensor

if TYPE_CHECKING:
    from collections.abc import Callable

    Loss = Callable[[Tensor, Tensor, Tensor], Tensor]

aten = torch.ops.aten


class Activation(NamedTuple):
    """An activation and its derivative.

    Attributes:
        forward: Replaces z in place by a = s(z).
        backward: Multiplies delta in place by s'(z), given a (gelu: given z).
        keeps_input: Whether ``backward`` needs z, because s' is not a function of a.
    """

    forward: Callable[[Tensor], object]
    backward: Callable[[Tensor, Tensor], object]
    keeps_input: bool = False


ACTIVATIONS = {
    "identity": Activation(lambda z: z, lambda delta, a: delta),
    "relu": Activation(
        torch.relu_,
        lambda delta, a: aten.threshold_backward.grad_input(delta, a, 0, grad_input=delta),
    ),
    "leaky_relu": Activation(
        lambda z: aten.leaky_relu_(z, 0.01),
        lambda delta, a: aten.leaky_relu_backward.grad_input(
            delta, a, 0.01, True, grad_input=delta
        ),
    ),
    "elu": Activation(
        aten.elu_.default,
        lambda delta, a: aten.elu_backward.grad_input(delta, 1, 1, 1, True, a, grad_input=delta),
    ),
    "gelu": Activation(
        aten.gelu_.default,
        lambda delta, z: aten.gelu_backward.grad_input(delta, z, grad_input=delta),
        keeps_input=True,
    ),
    "tanh": Activation(
        torch.tanh_, lambda delta, a: aten.tanh_backward.grad_input(delta, a, grad_input=delta)
    ),
    "sigmoid": Activation(
        torch.sigmoid_,
        lambda delta, a: aten.sigmoid_backward.grad_input(delta, a, grad_input=delta),
    ),
}


def _softmax_(z: Tensor) -> None:
    torch.softmax(z, -1, out=z)


def _softmax_backward(delta: Tensor, a: Tensor) -> None:
    """Multiply by the Jacobian of softmax: a * (delta - sum(delta * a))."""
    delta.sub_((delta * a).sum(-1, keepdim=True)).mul_(a)


OUTPUT_ACTIVATIONS = {
    "none": ACTIVATIONS["identity"],
    "sigmoid": ACTIVATIONS["sigmoid"],
    "softmax": Activation(_softmax_, _softmax_backward),
}


def cross_entropy(outputs: Tensor, targets: Tensor, delta: Tensor) -> Tensor:
    """Return -log softmax(o)[y] of each example; its derivative is softmax(o) - onehot(y)."""
    classes = targets.unsqueeze(-1)
    log_probs = torch.log_softmax(outputs, -1)
    torch.exp(log_probs, out=delta)
    delta.scatter_(-1, classes, -1.0, reduce="add")
    return log_probs.gather(-1, classes).neg_()


def smoothed_cross_entropy(smoothing: float, class_weight: Tensor | None) -> Loss:
    """Return the cross-entropy of smoothed targets t, which sums -t log softmax(o) over the classes.

    Its derivative is sum(t) softmax(o) - t.

    Source: Szegedy et al., "Rethinking the Inception architecture" (2016), section 7; with class
    weights ``(C,)`` as in torch, which multiplies t by them.
    """

    def loss(outputs: Tensor, targets: Tensor, delta: Tensor) -> Tensor:
        truth = torch.full_like(outputs, smoothing / outputs.shape[-1])
        truth.scatter_(-1, targets.unsqueeze(-1), 1 - smoothing, reduce="add")
        if class_weight is not None:
            truth.mul_(class_weight)
        log_probs = torch.log_softmax(outputs, -1)
        torch.exp(log_probs, out=delta)
        delta.mul_(truth.sum(-1, keepdim=True)).sub_(truth)
        return log_probs.mul_(truth).sum(-1, keepdim=True).neg_()

    return loss


def quadratic(outputs: Tensor, targets: Tensor, delta: Tensor) -> Tensor:
    """Return |o - y|^2 / 2 of each example, y one-hot for classes; its derivative is o - y."""
    _distance(outputs, targets, delta)
    return delta.square().sum(-1, keepdim=True).div_(2)


def mse(outputs: Tensor, targets: Tensor, delta: Tensor) -> Tensor:
    """Return (o - y)^2 of each example; its derivative is 2 (o - y)."""
    _distance(outputs, targets, delta)
    losses = delta.square()
    delta.mul_(2)
    return losses


def _distance(outputs: Tensor, targets: Tensor, delta: Tensor) -> None:
    """Write o - y into delta."""
    if targets.is_floating_point():
        torch.sub(outputs, targets.unsqueeze(-1), out=delta)
        return
    delta.copy_(outputs)
    delta.scatter_(-1, targets.unsqueeze(-1), -1.0, reduce="add")


LOSSES: dict[str, Loss] = {
    "cross_entropy": cross_entropy,
    "quadratic": quadratic,
    "mse": mse,
}
