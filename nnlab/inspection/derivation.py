"""A pass of the NumPy network, written out as a derivation: name, formula and numbers of each step.

Names and equation numbers BP1 to BP4 follow Nielsen, "Neural Networks and Deep Learning" (2015),
chapter 2. Rows are examples, so his ``w a + b`` is ``a W^T + b`` here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from nnlab.learners.numpy_mlp import ACTIVATIONS, Array, Network, Pass, softmax

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# The derivative of each activation, written with z.
SLOPES = {
    "identity": "1",
    "relu": "1 where z > 0, else 0",
    "leaky_relu": "1 where z > 0, else 0.01",
    "elu": "1 where z > 0, else exp(z)",
    "gelu": "Phi(z) + z phi(z)",
    "tanh": "1 - tanh(z)^2",
    "sigmoid": "sigmoid(z) (1 - sigmoid(z))",
}
COSTS = {
    "cross_entropy": "-log of p at the true class",
    "quadratic": "|a{last} - y|^2 / 2, summed over the outputs",
    "mse": "(a{last} - y)^2",
}
# The derivative of the cost with respect to the last activation, or to the logits.
COST_SLOPES = {"cross_entropy": "p - y", "quadratic": "a{last} - y", "mse": "2 (a{last} - y)"}


class Quantity(NamedTuple):
    """A step of the derivation.

    Attributes:
        name: Its symbol.
        formula: How it is computed; empty for what is given.
        meaning: Its name in words, or the number of the equation.
        values: Its numbers.
    """

    name: str
    formula: str
    meaning: str
    values: Array

    def to_json(self, max_values: int) -> dict[str, object]:
        """Return a JSON object; the numbers are null if there are too many."""
        values = self.values.tolist() if self.values.size <= max_values else None
        shape = list(self.values.shape)
        return {**self._asdict(), "shape": shape, "values": values}


class Section(NamedTuple):
    """Steps under a heading."""

    title: str
    quantities: list[Quantity]


def derivation(network: Network, done: Pass, targets: Array) -> Iterator[Section]:
    """Yield the forward pass layer by layer, the loss, and the backward pass layer by layer.

    Args:
        network: The network, before the update.
        done: Its pass over a batch.
        targets: Classes ``(N,)`` int, or values ``(N,)`` float.
    """
    last = len(network.weights)
    yield Section("Input", [Quantity("a0", "", "preprocessed features", done.activations[0])])
    for layer in range(1, last + 1):
        yield _forward(network, done, layer)
    yield _loss(network, done, targets)
    for layer in range(last, 0, -1):
        yield _backward(network, done, layer)


def _forward(network: Network, done: Pass, layer: int) -> Section:
    weight = network.weights[layer - 1]
    is_output = layer == len(network.weights)
    activation = network.output_activation if is_output else network.activation
    is_plain = activation in {"none", "identity"}
    meaning = "logits" if is_output and network.cost == "cross_entropy" else "activations"
    role = "output" if is_output else "hidden"
    return Section(
        f"Forward, layer {layer} ({role}): {weight.shape[1]} -> {weight.shape[0]}",
        [
            Quantity(f"W{layer}", "", "weights", weight),
            Quantity(f"b{layer}", "", "biases", network.biases[layer - 1]),
            Quantity(
                f"z{layer}",
                f"a{layer - 1} W{layer}^T + b{layer}",
                "weighted inputs",
                done.zs[layer - 1],
            ),
            Quantity(
                f"a{layer}",
                f"z{layer}" if is_plain else f"{activation}(z{layer})",
                meaning,
                done.activations[layer],
            ),
        ],
    )


def _loss(network: Network, done: Pass, targets: Array) -> Section:
    last, outputs = len(network.weights), done.activations[-1]
    quantities = []
    if network.cost == "cross_entropy":
        quantities.append(Quantity("p", f"softmax(a{last})", "probabilities", softmax(outputs)))
    quantities.append(
        Quantity("y", "", _meaning(network, targets), network.truth(outputs, targets))
    )
    formula = COSTS[network.cost].format(last=last)
    formula = "-sum of y * log of p" if network.label_smoothing else formula
    quantities.append(Quantity("C", formula, network.cost, done.costs))
    is_weighed = _weighs_examples(network)
    if len(targets) > 1 or is_weighed:
        formula = "class weight / (N * mean weight in training)" if is_weighed else "1 / N"
        quantities.append(Quantity("w", formula, "weight of each example", done.sample_weight))
        quantities.append(Quantity("loss", "sum of w * C", "", np.array(done.loss)))
    return Section("Loss", quantities)


def _weighs_examples(network: Network) -> bool:
    """Return whether examples have weights; smoothed targets hold those of the classes instead."""
    return network.class_weight is not None and not network.label_smoothing


def _meaning(network: Network, targets: Array) -> str:
    """Return what the truth of the examples is, in words."""
    if not np.issubdtype(targets.dtype, np.integer):
        return "target"
    if not network.label_smoothing:
        return "1 at the true class"
    weights = "" if network.class_weight is None else ", times the class weights"
    return f"the true class, smoothed{weights}"


def _backward(network: Network, done: Pass, layer: int) -> Section:
    delta, last = done.deltas[layer - 1], len(network.weights)
    num_examples = len(delta)
    quantities = []
    if layer == last:
        is_mean = num_examples > 1 or _weighs_examples(network)
        formula = _output_delta(network, is_mean=is_mean)
        quantities.append(Quantity(f"delta{layer}", formula, "BP1", delta))
    else:
        slope, name = ACTIVATIONS[network.activation][1], f"{network.activation}'(z{layer})"
        quantities.append(Quantity(name, SLOPES[network.activation], "", slope(done.zs[layer - 1])))
        formula = f"(delta{layer + 1} W{layer + 1}) * {name}"
        quantities.append(Quantity(f"delta{layer}", formula, "BP2", delta))
    over = f"delta{layer}" if num_examples == 1 else f"sum of delta{layer} over the examples"
    weight, bias = done.gradients[2 * layer - 2 : 2 * layer]
    return Section(
        f"Backward, layer {layer}",
        [
            *quantities,
            Quantity(f"db{layer}", over, "BP3", bias),
            Quantity(f"dW{layer}", f"delta{layer}^T a{layer - 1}", "BP4", weight),
        ],
    )


def _output_delta(network: Network, *, is_mean: bool) -> str:
    a = f"a{len(network.weights)}"
    slope = COST_SLOPES[network.cost].format(last=len(network.weights))
    if network.class_weight is not None and network.label_smoothing:
        slope = "p * sum of y - y"
    in_mean = " * w" if is_mean else ""
    match network.output_activation:
        case "softmax":
            return f"{a} * (g - sum of g * {a}){in_mean}, g = {slope}"
        case "sigmoid":
            return f"({slope}) * {a} * (1 - {a}){in_mean}"
        case _:
            return f"({slope}){in_mean}" if is_mean else slope


def updates(num_layers: int, rule: str, after: Sequence[Array]) -> Section:
    """Return the parameters W1, b1, W2, ... after the update, whose rule has ``{p}`` for each."""
    names = [f"{kind}{layer}" for layer in range(1, num_layers + 1) for kind in "Wb"]
    return Section(
        "Update",
        [
            Quantity(f"{name} new", rule.format(p=name), "", values.copy())
            for name, values in zip(names, after, strict=True)
        ],
    )
