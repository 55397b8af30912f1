"""The contribution of every test example to a metric, from stored predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.config.resolve import build_task
from nnlab.errors import ConfigError
from nnlab.runs.results import load_outputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from nnlab.comparison.portions import Portion
    from nnlab.tasks import Classification, Regression, Task

MAX_GROUPS = 50


@dataclass(frozen=True)
class Predictions:
    """The predictions of a run's replicas on the test split.

    Attributes:
        logits: ``(R, N, C)``, or values ``(R, N)``.
        targets: ``(N,)``.
        task: Losses and metrics.
        has_class_weights: Whether the loss has class weights.
    """

    logits: Tensor
    targets: Tensor
    task: Classification | Regression
    has_class_weights: bool

    @classmethod
    def load(cls, portion: Portion) -> Predictions:
        """Read the predictions of replicas of a finished run.

        Raises:
            RunError: If it has none, or they are damaged.
        """
        run = portion.run
        logits, targets = load_outputs(run.folder, run.summary)
        logits = logits[list(portion.replicas)]
        config, class_names = run.config, run.preprocessing.class_names
        task = build_task(config.loss, class_names, targets, config.model.output_squashing)
        return cls(logits, targets, task, config.loss.weighs_classes)

    def hits(self) -> NDArray[np.bool_]:
        """Return which examples each replica got right, ``(R, N)``."""
        return (self.logits.argmax(-1) == self.targets).numpy()


def scores(predictions: Predictions, metric: str) -> NDArray[np.float64]:
    """Return a table whose mean over the second axis is the metric of each replica.

    Args:
        predictions: Predictions of one run.
        metric: A test metric.

    Returns:
        ``(R, N)``, the contribution of each example; for a metric that is not a mean over examples
        ``(R, G)``, the jackknife's pseudo-values of G groups of examples.

    Raises:
        ConfigError: If the metric cannot be split by example.
    """
    logits, targets = predictions.logits, predictions.targets
    match metric:
        case "accuracy":
            return predictions.hits().astype(np.float64)
        case "mse":
            return (logits.double() - targets).square().numpy()
        case "mae":
            return (logits.double() - targets).abs().numpy()
        case "loss" if predictions.has_class_weights:
            msg = "losses with loss.class_weight cannot be compared; use accuracy"
            raise ConfigError(msg)
        case "loss":
            rows = [predictions.task.example_losses(replica, targets) for replica in logits]
            return torch.stack(rows).double().numpy()
        case _:
            return _pseudo_values(predictions, metric)


def _pseudo_values(predictions: Predictions, metric: str) -> NDArray[np.float64]:
    """Return G m - (G - 1) m(without group g) for each replica and group.

    Source: Tukey, "Bias and confidence in not-quite large samples" (1958).
    """
    num_groups = min(MAX_GROUPS, len(predictions.targets))
    order = torch.from_numpy(np.random.default_rng(0).permutation(len(predictions.targets)))
    groups = order.tensor_split(num_groups)
    sums = [predictions.task.sums(*_of_group(predictions, group)) for group in groups]
    total = {name: torch.stack([part[name] for part in sums]).sum(0) for name in sums[0]}
    whole = _metric(predictions.task, total, metric)
    without = [
        _metric(predictions.task, {name: total[name] - part[name] for name in part}, metric)
        for part in sums
    ]
    return num_groups * whole[:, None] - (num_groups - 1) * np.stack(without, axis=1)


def _of_group(predictions: Predictions, group: Tensor) -> tuple[Tensor, Tensor]:
    logits = predictions.logits[:, group]
    return logits if logits.dim() == 3 else logits[..., None], predictions.targets[group]


def _metric(task: Task, sums: dict[str, Tensor], metric: str) -> NDArray[np.float64]:
    return np.array([metrics.scalars[metric] for metrics in task.metrics(sums)])


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Merge the replicas of several runs of one experiment."""
    logits = torch.cat([part.logits for part in parts])
    return Predictions(logits, parts[0].targets, parts[0].task, parts[0].has_class_weights)
