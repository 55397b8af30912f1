"""The losses: each builds the task that minimises it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unicodedata import normalize

import torch
import torch.nn.functional as F

from nnlab.errors import KeyedError
from nnlab.formatting import did_you_mean, shorten
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nnlab.config.losses import CrossEntropyConfig, MSEConfig, QuadraticConfig


def build_cross_entropy(
    config: CrossEntropyConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Classification:
    """Return the classification task with cross-entropy; weights count the training targets."""
    counts = torch.bincount(targets, minlength=len(class_names)).double()
    weight = _class_weight(config, class_names, counts)
    mean_weight = 1.0 if weight is None else ((weight * counts).sum() / counts.sum()).item()

    def example_losses(logits: Tensor, targets: Tensor, weight: Tensor | None = None) -> Tensor:
        smoothing = config.label_smoothing
        return F.cross_entropy(logits, targets, weight, reduction="none", label_smoothing=smoothing)

    return Classification(class_names, example_losses, weight, output_activation, mean_weight)


def _class_weight(
    config: CrossEntropyConfig, class_names: Sequence[str], counts: Tensor
) -> Tensor | None:
    """Return the weight of each class ``(C,)`` float64 from its training examples, or None."""
    match config.class_weight:
        case None:
            return None
        case "balanced":
            return counts.sum() / (len(class_names) * counts.clamp(min=1))
        case "inverse_count":
            return 1 / counts.clamp(min=1)
        case dict() as named:
            return _named_weight(named, class_names).to(counts)
        case given:
            return _listed_weight(given, class_names).to(counts)


def _listed_weight(given: Sequence[float], class_names: Sequence[str]) -> Tensor:
    if len(given) != len(class_names):
        text = (
            f"{len(given)} weights for {len(class_names)} classes; their order: "
            f"{shorten(class_names)}"
        )
        raise KeyedError(("loss", "class_weight"), text)
    return torch.tensor(given, dtype=torch.float64)


def _named_weight(named: Mapping[str, float], class_names: Sequence[str]) -> Tensor:
    """Return the weights by name; classes that are not named weigh 1."""
    weights = dict.fromkeys(class_names, 1.0)
    given: dict[str, str] = {}
    for word, weight in named.items():
        path = ("loss", "class_weight", word)
        name = _class_called(word, class_names)
        if name is None:
            hint = did_you_mean(word, class_names)
            raise KeyedError(path, f"there is no such class{hint}; classes: {shorten(class_names)}")
        if name in given:
            raise KeyedError(path, f"is the class '{name}', which '{given[name]}' names too")
        weights[name], given[name] = weight, word
    return torch.tensor(list(weights.values()), dtype=torch.float64)


def _class_called(word: str, class_names: Sequence[str]) -> str | None:
    """Return the class of a name: in another Unicode form, or as another number (2 for 2.0), the only one."""
    if word in class_names:
        return word
    composed = normalize("NFC", word)
    same = [name for name in class_names if normalize("NFC", name) == composed]
    same += [name for name in class_names if _number(name) == _number(word) is not None]
    return same[0] if len(same) == 1 else None


def _number(word: str) -> float | None:
    try:
        return float(word)
    except ValueError:
        return None


def build_mse(
    config: MSEConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Regression:
    """Return the regression task with squared error."""
    return Regression(lambda preds, values: (preds - values).square(), targets.mean().item())


def build_quadratic(
    config: QuadraticConfig, class_names: Sequence[str], targets: Tensor, output_activation: str
) -> Classification | Regression:
    """Return the task with half the squared distance, C = |a - y|^2 / 2.

    Source: Nielsen, "Neural Networks and Deep Learning" (2015), chapter 1, equation 6.
    """
    if not class_names:
        return Regression(
            lambda preds, values: (preds - values).square() / 2, targets.mean().item()
        )

    def example_losses(outputs: Tensor, targets: Tensor) -> Tensor:
        one_hot = F.one_hot(targets, outputs.shape[-1]).to(outputs)
        return (outputs - one_hot).square().sum(-1) / 2

    return Classification(class_names, example_losses, None, output_activation)
