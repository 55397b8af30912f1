"""Classification: one of C classes for each example."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from nnlab.metrics import Metrics
from nnlab.tasks import scoring
from nnlab.tasks.confusion import confusion_of, margins, to_lists
from nnlab.tasks.own_metrics import OwnMetric, measure_own, needs_own

if TYPE_CHECKING:
    from collections.abc import Container, Sequence

    from torch import Tensor

    from nnlab.tasks.protocol import ExampleLosses

NUM_CONFIDENCE_BINS = 15


class Classification:
    """One of C classes for each example.

    Attributes:
        own_metrics: The user's own metrics.

    Args:
        class_names: Names of the classes by index.
        example_losses: Loss of each example from ``(N, C)`` outputs and ``(N,)`` classes; if there are
            class weights ``(C,)``, it is called with them too and returns weighted losses.
        class_weight: Weight of each class in the mean loss, ``(C,)``, or None for equal weights.
        mean_weight: Mean weight of the training examples.
        output_activation: Activation the model ends with: ``none``, ``softmax`` or ``sigmoid``.
    """

    def __init__(
        self,
        class_names: Sequence[str],
        example_losses: ExampleLosses,
        class_weight: Tensor | None = None,
        output_activation: str = "none",
        mean_weight: float = 1.0,
    ) -> None:
        self.class_names = class_names
        self.example_losses = example_losses
        self.class_weight = class_weight
        self.output_activation = output_activation
        self.own_metrics: Sequence[OwnMetric] = ()
        self.relative_weight = None if class_weight is None else class_weight / mean_weight

    def of(self, replica: int) -> Classification:  # the same for all
        """Return the task of one replica; see ``Task``."""
        return self

    def criterion(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return the sum of weighted losses over N times the mean weight in training, ``()``.

        For the whole training split it is the weighted mean of torch's ``cross_entropy(weight=...)``.
        For a part of it, that divides by the weights of just these examples; the weight of a single
        one would cancel. The gradient of this loss has the same expectation for every batch size.
        """
        if self.relative_weight is None:
            return self.example_losses(logits, targets).mean()
        return self.example_losses(logits, targets, self.relative_weight.to(logits)).mean()

    def sums(self, logits: Tensor, targets: Tensor) -> dict[str, Tensor]:
        """Return the sums over examples that every metric is computed from.

        Args:
            logits: ``(R, N, C)``.
            targets: ``(N,)``.

        Returns:
            ``loss`` and ``weight`` ``(R,)``; ``confusion`` ``(R, C, C)``, true class by predicted
            class; ``bins`` ``(R, 15, 3)``: examples, confidence and hits by confidence.
        """
        num_replicas, _, num_classes = logits.shape
        targets = targets.expand(num_replicas, -1)  # (R, N)
        pairs = (logits.flatten(0, 1), targets.flatten())
        if self.class_weight is None:
            losses = self.example_losses(*pairs).double()
            weights = torch.ones_like(losses)
        else:
            losses = self.example_losses(*pairs, self.class_weight.to(logits)).double()
            weights = self.class_weight[targets.flatten()].double()
        confidence, preds = probabilities(logits, self.output_activation).double().max(-1)
        hits = (preds == targets).double()
        bins = confidence_bins(confidence)
        facts = torch.stack([torch.ones_like(hits), confidence, hits], -1)
        return {
            "loss": losses.view_as(confidence).sum(-1),
            "weight": weights.view_as(confidence).sum(-1),
            "confusion": confusion_of(targets, preds, num_classes),
            "bins": _tally(bins, facts, NUM_CONFIDENCE_BINS),
        }

    def metrics(self, sums: dict[str, Tensor]) -> list[Metrics]:
        """Return the metrics that sums determine, and precision, recall and F1 per class."""
        losses = (sums["loss"] / sums["weight"]).tolist()
        confusions = sums["confusion"].cpu()
        bins = sums["bins"].cpu()
        return [
            self._metrics(loss, confusion, counts)
            for loss, confusion, counts in zip(losses, confusions.unbind(), bins, strict=True)
        ]

    def _metrics(self, loss: float, confusion: Tensor, bins: Tensor) -> Metrics:
        support, predicted, hits = margins(confusion)
        precision = _ratio(hits, predicted)
        recall = _ratio(hits, support)
        f1 = _ratio(2 * hits, support + predicted)
        fraction = support / support.sum()
        scalars = {
            "loss": loss,
            "accuracy": (hits.sum() / support.sum()).item(),
            "precision": (fraction * precision).sum().item(),
            "recall": (fraction * recall).sum().item(),
            "f1": (fraction * f1).sum().item(),
            "ece": expected_calibration_error(bins),
            # As in scikit-learn: classes that do not occur are left out of the means.
            "macro_f1": f1[support + predicted > 0].mean().item(),
            "balanced_accuracy": recall[support > 0].mean().item(),
        }
        columns = (t.tolist() for t in (precision, recall, f1, support.long()))
        rows = zip(self.class_names, *columns, strict=True)
        per_class = {
            name: {"precision": p, "recall": r, "f1": f, "support": n} for name, p, r, f, n in rows
        }
        return Metrics(scalars, per_class, to_lists(confusion), is_sparse=confusion.is_sparse)

    def needs_outputs(self, names: Container[str] | None) -> bool:
        """Return whether any of the metrics needs all outputs together; see ``Task``."""
        return scoring.needs_outputs(names) or needs_own(self.own_metrics, names)

    def complete(
        self,
        metrics: Sequence[Metrics],
        logits: Tensor,
        targets: Tensor,
        names: Container[str] | None = None,
    ) -> list[Metrics]:
        """Return the metrics with log loss, top-k accuracies and areas; see ``Task``."""
        targets = targets.cpu().expand(logits.shape[:2])
        completed = []
        # One by one: sums over several replicas at once could differ in their last digit, and
        # probabilities in float64 take twice the memory of the outputs.
        for one, outputs, own in zip(metrics, logits, targets, strict=True):
            probs = probabilities(outputs.cpu().double(), self.output_activation)
            values = scoring.measure(probs, own, names)
            values |= measure_own(self.own_metrics, probs, own, names)
            completed.append(one.with_values(values))
        return completed


def probabilities(logits: Tensor, output_activation: str) -> Tensor:
    """Return the probability of each class, ``(..., C)``.

    Args:
        logits: Outputs of the model, ``(..., C)``.
        output_activation: Activation the model has already applied to them.
    """
    match output_activation:
        case "softmax":
            return logits
        case "sigmoid":
            total = logits.sum(-1, keepdim=True)
            return torch.where(total > 0, logits / total, 1 / logits.shape[-1])
        case _:
            return logits.softmax(-1)


def confidence_bins(confidence: Tensor) -> Tensor:
    """Return the bin of each confidence; a bin contains its upper end."""
    bins = (confidence * NUM_CONFIDENCE_BINS).ceil().long() - 1
    return bins.clamp(0, NUM_CONFIDENCE_BINS - 1)


def expected_calibration_error(bins: Tensor) -> float:
    """Return the mean distance of confidence from accuracy, weighted by the size of the bins.

    Source: Guo et al., "On Calibration of Modern Neural Networks" (2017), equation 3.

    Args:
        bins: Examples, sum of confidences and hits per bin, ``(B, 3)``.
    """
    count, confidence, hits = bins.unbind(-1)
    return ((confidence - hits).abs().sum() / count.sum()).item()


def _tally(index: Tensor, values: Tensor, size: int) -> Tensor:
    """Return the sums of values ``(R, N, ...)`` by index ``(R, N)``: ``(R, size, ...)``."""
    num_replicas = len(index)
    rows = torch.arange(num_replicas, device=index.device)[:, None] * size
    total = values.new_zeros((num_replicas * size, *values.shape[2:]))
    total.index_add_(0, (rows + index).flatten(), values.flatten(0, 1))
    return total.view(num_replicas, size, *values.shape[2:])


def _ratio(numerator: Tensor, denominator: Tensor) -> Tensor:
    """Return the quotient, 0 where the denominator is 0."""
    return torch.where(denominator > 0, numerator / denominator.clamp(min=1), 0.0)
