"""The multi-layer perceptron from scratch in NumPy: easy to read, and a reference for the others.

Equation numbers BP1 to BP4 follow Nielsen, "Neural Networks and Deep Learning" (2015), chapter 2;
Adam follows Algorithm 1 of Kingma and Ba (2015).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

Array = np.ndarray

GELU_SLOPE = 1 / math.sqrt(2)
_erf = np.vectorize(math.erf)


def _sigmoid(z: Array) -> Array:
    return np.asarray((1 + np.tanh(z / 2)) / 2)  # 1 / (1 + exp(-z)), without overflow


def _gelu_gate(z: Array) -> Array:
    return np.asarray((1 + _erf(z * GELU_SLOPE)) / 2, z.dtype)


# Each activation s and its derivative s' as functions of the weighted input z.
ACTIVATIONS: dict[str, tuple[Callable[[Array], Array], Callable[[Array], Array]]] = {
    "identity": (lambda z: z, np.ones_like),
    "relu": (lambda z: np.maximum(z, 0), lambda z: (z > 0).astype(z.dtype)),
    "leaky_relu": (
        lambda z: np.where(z > 0, z, 0.01 * z),
        lambda z: np.where(z > 0, 1.0, 0.01).astype(z.dtype),
    ),
    "elu": (
        lambda z: np.where(z > 0, z, np.expm1(np.minimum(z, 0))),
        lambda z: np.where(z > 0, 1.0, np.exp(np.minimum(z, 0))).astype(z.dtype),
    ),
    "gelu": (
        lambda z: z * _gelu_gate(z),
        lambda z: _gelu_gate(z) + z * np.exp(-(z**2) / 2) / math.sqrt(2 * math.pi),
    ),
    "tanh": (np.tanh, lambda z: 1 - np.tanh(z) ** 2),
    "sigmoid": (_sigmoid, lambda z: _sigmoid(z) * (1 - _sigmoid(z))),
}


def softmax(z: Array) -> Array:
    """Return exp(z) over its sum along the last axis, shifted by the maximum against overflow."""
    shifted = np.exp(z - z.max(axis=-1, keepdims=True))
    return np.asarray(shifted / shifted.sum(axis=-1, keepdims=True))


class Optimizer(Protocol):
    """An update rule."""

    state: dict[str, Array]

    def update(self, parameters: list[Array], gradients: list[Array], lr: float) -> None:
        """Update the parameters in place."""
        ...


@dataclass
class SGD:
    """v <- momentum v + g, then W <- W - lr v (with Nesterov: W <- W - lr (g + momentum v))."""

    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    state: dict[str, Array] = field(default_factory=dict)

    def update(self, parameters: list[Array], gradients: list[Array], lr: float) -> None:
        """Update the parameters in place."""
        for i, (w, g) in enumerate(zip(parameters, gradients, strict=True)):
            g = g + self.weight_decay * w  # noqa: PLW2901 - the equation's g
            if self.momentum:
                v = self.momentum * self.state.get(f"v{i}", np.zeros_like(w)) + g
                self.state[f"v{i}"] = v
                g = g + self.momentum * v if self.nesterov else v  # noqa: PLW2901
            w -= lr * g  # noqa: PLW2901


@dataclass
class Adam:
    """Adam, Algorithm 1: moments m and v, corrected for their bias towards zero."""

    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.0
    state: dict[str, Array] = field(default_factory=dict)

    def update(self, parameters: list[Array], gradients: list[Array], lr: float) -> None:
        """Update the parameters in place."""
        beta1, beta2 = self.betas
        t = int(self.state.get("t", np.array(0))) + 1
        self.state["t"] = np.array(t)
        for i, (w, g) in enumerate(zip(parameters, gradients, strict=True)):
            g = g + self.weight_decay * w  # noqa: PLW2901 - the algorithm's g
            m = beta1 * self.state.get(f"m{i}", np.zeros_like(w)) + (1 - beta1) * g
            v = beta2 * self.state.get(f"v{i}", np.zeros_like(w)) + (1 - beta2) * g**2
            self.state[f"m{i}"], self.state[f"v{i}"] = m, v
            m_hat = m / (1 - beta1**t)
            v_hat = v / (1 - beta2**t)
            w -= lr * m_hat / (np.sqrt(v_hat) + self.eps)  # noqa: PLW2901


@dataclass(frozen=True)
class Pass:
    """What a pass forward and backward computes.

    Attributes:
        zs: Weighted inputs of each layer, ``(N, out)``.
        activations: The inputs, then the activations of each layer.
        costs: Cost of each example, ``(N,)``.
        sample_weight: Weight of each example in the mean cost, ``(N, 1)``.
        deltas: Derivative of the mean cost with respect to each z.
        gradients: Derivatives with respect to W1, b1, W2, b2, ...
    """

    zs: list[Array]
    activations: list[Array]
    costs: Array
    sample_weight: Array
    deltas: list[Array]
    gradients: list[Array]

    @property
    def loss(self) -> float:
        """The mean cost."""
        return float((self.costs * self.sample_weight[:, 0]).sum())


@dataclass
class Network:
    """Weights ``(out, in)`` and biases ``(out,)`` of one replica, layer by layer.

    Attributes:
        weights: One matrix per layer.
        biases: One vector per layer.
        activation: Name of the activation after every hidden layer.
        output_activation: ``none``, ``softmax`` or ``sigmoid``.
        cost: ``cross_entropy``, ``quadratic`` or ``mse``.
        class_weight: Weight of each class, ``(C,)``, relative to the mean of the training examples,
            or None.
        label_smoothing: Part of the target probability that is spread over all classes.
    """

    weights: list[Array]
    biases: list[Array]
    activation: str
    output_activation: str
    cost: str
    class_weight: Array | None = None
    label_smoothing: float = 0.0

    @property
    def parameters(self) -> list[Array]:
        """W1, b1, W2, b2, ..."""
        pairs = zip(self.weights, self.biases, strict=True)
        return [parameter for pair in pairs for parameter in pair]

    def forward(self, a: Array) -> tuple[list[Array], list[Array]]:
        """Return weighted inputs z and activations a of every layer: z = a W^T + b, a' = s(z)."""
        zs, activations = [], [a]
        s, _ = ACTIVATIONS[self.activation]
        for layer, (w, b) in enumerate(zip(self.weights, self.biases, strict=True)):
            zs.append(activations[-1] @ w.T + b)
            is_output = layer == len(self.weights) - 1
            activations.append(self._output(zs[-1]) if is_output else s(zs[-1]))
        return zs, activations

    def _output(self, z: Array) -> Array:
        match self.output_activation:
            case "softmax":
                return softmax(z)
            case "sigmoid":
                return _sigmoid(z)
            case _:
                return z

    def loss_and_gradients(self, inputs: Array, targets: Array) -> tuple[float, list[Array]]:
        """Return the mean cost, and its gradients in the order W1, b1, W2, b2, ...

        Args:
            inputs: ``(N, D)``.
            targets: Classes ``(N,)`` int, or values ``(N,)`` float.
        """
        done = self.forward_and_backward(inputs, targets)
        return done.loss, done.gradients

    def forward_and_backward(self, inputs: Array, targets: Array) -> Pass:
        """Return the gradients, and all that they are computed from; see ``loss_and_gradients``."""
        zs, activations = self.forward(inputs)
        costs, delta = self._cost(activations[-1], targets)
        weight = self._sample_weight(targets, len(inputs)).astype(inputs.dtype)  # (N, 1)
        delta = self._through_output(activations[-1], delta) * weight  # BP1
        deltas: list[Array] = []
        gradients: list[Array] = []
        _, s_prime = ACTIVATIONS[self.activation]
        for layer in reversed(range(len(self.weights))):
            deltas.insert(0, delta)
            gradients[:0] = [delta.T @ activations[layer], delta.sum(axis=0)]  # BP4, BP3
            if layer:
                delta = (delta @ self.weights[layer]) * s_prime(zs[layer - 1])  # BP2
        return Pass(zs, activations, costs, weight, deltas, gradients)

    def _sample_weight(self, targets: Array, num_examples: int) -> Array:
        if self.class_weight is None or self.label_smoothing:  # then the targets hold the weights
            return np.full((num_examples, 1), 1 / num_examples)
        return np.asarray(self.class_weight[targets] / num_examples)[:, None]

    def _cost(self, outputs: Array, targets: Array) -> tuple[Array, Array]:
        """Return the cost of each example and its derivative with respect to the outputs."""
        y = self.truth(outputs, targets)
        if self.cost == "quadratic":
            return ((outputs - y) ** 2).sum(axis=1) / 2, outputs - y
        if self.cost == "mse":
            return ((outputs - y) ** 2).sum(axis=1), 2 * (outputs - y)
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        log_probs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        total = y.sum(axis=1, keepdims=True)  # 1, unless the targets are smoothed and weighted
        return -(log_probs * y).sum(axis=1), np.exp(log_probs) * total - y

    def truth(self, outputs: Array, targets: Array) -> Array:
        """Return what the outputs should be, ``(N, C)``: classes one-hot encoded, and smoothed.

        Smoothed targets are multiplied by the class weights, as torch does.
        """
        if not np.issubdtype(targets.dtype, np.integer):
            return np.asarray(targets[:, None])
        y: Array = np.eye(outputs.shape[1], dtype=outputs.dtype)[targets]
        if not self.label_smoothing:
            return y
        y = (1 - self.label_smoothing) * y + self.label_smoothing / outputs.shape[1]
        if self.class_weight is not None:
            y = y * self.class_weight
        return np.asarray(y, outputs.dtype)

    def _through_output(self, a: Array, delta: Array) -> Array:
        """Multiply the derivative by the Jacobian of the output activation."""
        match self.output_activation:
            case "softmax":
                return np.asarray(a * (delta - (delta * a).sum(axis=1, keepdims=True)))
            case "sigmoid":
                return np.asarray(delta * a * (1 - a))
            case _:
                return delta
