"""The toy rows of the documents in NumPy, scikit-learn and plain torch, from the facts alone.

Nothing here reads an nnlab config: a config that has drifted from its document cannot hide. Data are
generated again too; only the choice of the spiral's held-out points is nnlab's.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import Tensor, nn
from torch.nn import functional

from nnlab.config.splits import StratifiedSplitConfig
from nnlab.data.splits.split import split_indices

NUM_BINS = 15
# No config ships seeds this high: agreement cannot come from equal initial weights.
FIRST_SEED = 1000
ACTIVATIONS = {
    "elu": functional.elu,
    "relu": torch.relu,
    "sigmoid": torch.sigmoid,
    "identity": lambda values: values,
}


class Part(NamedTuple):
    """Inputs ``(N, D)`` and targets ``(N,)`` of a split."""

    inputs: np.ndarray
    targets: np.ndarray


@dataclass(frozen=True)
class Data:
    """What a reference trains on and is measured on.

    Attributes:
        train: The training examples, in raw features.
        measured: The examples of each measured split, by its name.
        is_standardised: Whether features are scaled by the training examples.
    """

    train: Part
    measured: dict[str, Part]
    is_standardised: bool = False

    def scaled(self, inputs: np.ndarray) -> np.ndarray:
        """Return features as the models see them."""
        if not self.is_standardised:
            return inputs
        return (inputs - self.train.inputs.mean(0)) / self.train.inputs.std(0)


def clusters(label: Literal["right", "xor"], *, is_one_hot: bool = False) -> Data:
    """Return four unit Gaussians around (+-3, +-3), 50 points each, none held out."""
    generator = np.random.RandomState(42)
    centres = [(-3, -3), (-3, 3), (3, -3), (3, 3)]
    points = np.vstack([generator.randn(50, 2) + centre for centre in centres])
    right, upper = (points > 0).T
    targets = (right if label == "right" else right != upper).astype(np.int64)
    inputs = np.eye(4)[2 * right + upper] if is_one_hot else points
    part = Part(inputs, targets)
    return Data(part, {"train": part})


def spiral() -> Data:
    """Return three spiral arms, 500 points each, split 70/15/15 by class."""
    generator = np.random.default_rng(42)
    radius = np.linspace(0, 1, 500)
    angles = [4 * k + 4 * radius + generator.normal(0, 0.2, 500) for k in (0, 2, 1)]
    inputs = np.vstack([np.c_[radius * np.sin(t), radius * np.cos(t)] for t in angles])
    targets = np.arange(3).repeat(500)
    indices = split_indices(StratifiedSplitConfig(seed=2), targets, 0)
    train, test = (Part(inputs[i], targets[i]) for i in (indices.train, indices.test))
    return Data(train, {"test": test}, is_standardised=True)


def wave(num_points: int, *, is_split: bool) -> Data:
    """Return y = sin(cos(x^2)) + 0.1 N(0, 1) on [-3, 3]; the last fifth may be held out."""
    generator = np.random.default_rng(42)
    inputs = np.linspace(-3, 3, num_points)[:, None]
    targets = np.sin(np.cos(inputs[:, 0] ** 2)) + 0.1 * generator.normal(size=num_points)
    cut = 4 * num_points // 5 if is_split else num_points
    train, test = Part(inputs[:cut], targets[:cut]), Part(inputs[cut:], targets[cut:])
    return Data(train, {"train": train, "test": test} if is_split else {"train": train})


@dataclass(frozen=True)
class Outcome:
    """What an implementation found.

    Attributes:
        numbers: A value per seed of each number, ``(S,)``.
        surface: Probabilities ``(S, G, C)`` or values ``(S, G)`` over a grid.
    """

    numbers: dict[str, np.ndarray]
    surface: np.ndarray


def sklearn_logistic(data: Data, grid: np.ndarray, _num_seeds: int) -> Outcome:
    """Fit scikit-learn's logistic regression with C = 1."""
    fitted = LogisticRegression(C=1, tol=1e-8, max_iter=1000).fit(*data.train)
    probs = {name: fitted.predict_proba(part.inputs)[None] for name, part in data.measured.items()}
    return Outcome(_class_numbers(data, probs), fitted.predict_proba(grid)[None])


@dataclass(frozen=True)
class Network:
    """A network with one hidden layer, and how it is trained by Adam."""

    num_hidden: int
    activation: str
    lr: float
    epochs: int
    batch_size: int | None = None
    weight_decay: float = 0.0
    dtype: torch.dtype = torch.float32

    def __call__(self, data: Data, grid: np.ndarray, num_seeds: int) -> Outcome:
        """Train seeds side by side: the sum of their losses has the gradient of each."""
        torch.manual_seed(FIRST_SEED)
        targets = torch.from_numpy(data.train.targets)
        is_regression = targets.is_floating_point()
        targets = targets.to(self.dtype) if is_regression else targets
        inputs = self._tensor(data, data.train.inputs)
        num_outputs = 1 if is_regression else int(targets.max()) + 1
        sizes = (inputs.shape[1], self.num_hidden, num_outputs)
        parameters = self._initial(sizes, num_seeds)
        self._train(parameters, inputs, targets)

        def outputs(raw: np.ndarray) -> np.ndarray:
            with torch.no_grad():
                rows = self._tensor(data, raw).expand(num_seeds, -1, -1)
                found = self._forward(parameters, rows)
            return (found[..., 0] if is_regression else found.softmax(-1)).double().numpy()

        measured = {name: outputs(part.inputs) for name, part in data.measured.items()}
        count = _squared_errors if is_regression else _class_numbers
        return Outcome(count(data, measured), outputs(grid))

    def _tensor(self, data: Data, raw: np.ndarray) -> Tensor:
        return torch.from_numpy(data.scaled(raw)).to(self.dtype)

    def _initial(self, sizes: tuple[int, int, int], num_seeds: int) -> list[Tensor]:
        """Return the weights ``(S, in, out)`` and biases ``(S, 1, out)`` that torch would draw."""
        parameters = []
        for size_in, size_out in itertools.pairwise(sizes):
            layers = [nn.Linear(size_in, size_out, dtype=self.dtype) for _ in range(num_seeds)]
            parameters += [torch.stack([layer.weight.detach().T for layer in layers])]
            parameters += [torch.stack([layer.bias.detach()[None] for layer in layers])]
        return [parameter.requires_grad_() for parameter in parameters]

    def _forward(self, parameters: list[Tensor], inputs: Tensor) -> Tensor:
        first, first_bias, last, last_bias = parameters
        hidden = ACTIVATIONS[self.activation](inputs @ first + first_bias)
        return hidden @ last + last_bias  # (S, N, C)

    def _train(self, parameters: list[Tensor], inputs: Tensor, targets: Tensor) -> None:
        optimizer = torch.optim.Adam(parameters, lr=self.lr, weight_decay=self.weight_decay)
        for _ in range(self.epochs):
            for batch, batch_targets in self._batches(inputs, targets, len(parameters[0])):
                outputs = self._forward(parameters, batch)
                optimizer.zero_grad()
                (len(outputs) * _mean_loss(outputs, batch_targets)).backward()
                optimizer.step()

    def _batches(
        self, inputs: Tensor, targets: Tensor, num_seeds: int
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield batches ``(S, B, D)`` with their targets ``(S, B)``, in an order for each seed."""
        if self.batch_size is None:
            yield inputs.expand(num_seeds, -1, -1), targets.expand(num_seeds, -1)
            return
        order = torch.rand(num_seeds, len(inputs)).argsort(1)
        for chosen in order.split(self.batch_size, dim=1):
            yield inputs[chosen], targets[chosen]


def _mean_loss(outputs: Tensor, targets: Tensor) -> Tensor:
    if targets.is_floating_point():
        return functional.mse_loss(outputs[..., 0], targets)
    return functional.cross_entropy(outputs.flatten(0, 1), targets.flatten())


def numpy_network(data: Data, grid: np.ndarray, num_seeds: int) -> Outcome:
    """Train 2-100-3 ReLU from 0.01 N(0, 1) by 1000 steps of gradient descent, lr 1, by hand."""
    inputs, classes = data.scaled(data.train.inputs), np.eye(3)[data.train.targets]
    measured: dict[str, list[np.ndarray]] = {name: [] for name in data.measured}
    surface = []
    for seed in range(FIRST_SEED, FIRST_SEED + num_seeds):
        generator = np.random.default_rng(seed)
        first, last = (0.01 * generator.normal(size=shape) for shape in ((2, 100), (100, 3)))
        first_bias, last_bias = np.zeros(100), np.zeros(3)
        for _ in range(1000):
            hidden = np.maximum(inputs @ first + first_bias, 0)
            delta = (_softmax(hidden @ last + last_bias) - classes) / len(inputs)
            back = (delta @ last.T) * (hidden > 0)
            last, last_bias = last - hidden.T @ delta, last_bias - delta.sum(0)
            first, first_bias = first - inputs.T @ back, first_bias - back.sum(0)

        def probs(raw: np.ndarray, p: tuple = (first, first_bias, last, last_bias)) -> np.ndarray:
            return _softmax(np.maximum(data.scaled(raw) @ p[0] + p[1], 0) @ p[2] + p[3])

        for name, part in data.measured.items():
            measured[name].append(probs(part.inputs))
        surface.append(probs(grid))
    stacked = {name: np.stack(values) for name, values in measured.items()}
    return Outcome(_class_numbers(data, stacked), np.stack(surface))


def _softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(1, keepdims=True))
    return powers / powers.sum(1, keepdims=True)


def _squared_errors(data: Data, values: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {
        f"{name} mse": ((values[name] - part.targets) ** 2).mean(1)
        for name, part in data.measured.items()
    }


def _class_numbers(data: Data, probs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return loss, accuracy and calibration error of each seed; probabilities ``(S, N, C)``."""
    numbers = {}
    for name, part in data.measured.items():
        chosen = probs[name][:, np.arange(len(part.targets)), part.targets]  # (S, N)
        hits = probs[name].argmax(2) == part.targets
        numbers[f"{name} loss"] = -np.log(chosen).mean(1)
        numbers[f"{name} accuracy"] = hits.mean(1)
        pairs = zip(probs[name].max(2), hits, strict=True)
        numbers[f"{name} ece"] = np.array([_calibration_error(*pair) for pair in pairs])
    return numbers


def _calibration_error(confidence: np.ndarray, hits: np.ndarray) -> float:
    """Return the gap between confidence and accuracy, weighted over bins of equal width."""
    bins = np.clip(np.ceil(confidence * NUM_BINS) - 1, 0, NUM_BINS - 1)
    gaps = [abs((confidence - hits)[bins == b].sum()) for b in range(NUM_BINS)]
    return sum(gaps) / len(hits)
