"""The contribution of every test example to a metric, from stored predictions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from nnlab.comparison.influence import (
    AREAS,
    CLASSES_COUNT_THE_SAME,
    CONTRIBUTIONS,
    of_calibration_error,
    of_r2,
)
from nnlab.comparison.intervals import Strata
from nnlab.config.resolve import build_task
from nnlab.errors import ConfigError, RunError
from nnlab.runs.inference import predict_again
from nnlab.runs.results import load_outputs
from nnlab.target_scale import TargetScale
from nnlab.tasks.classification import probabilities
from nnlab.tasks.scoring import why_undefined

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray
    from torch import Tensor

    from nnlab.comparison.portions import Portion
    from nnlab.storage.schemas import SplitName
    from nnlab.tasks.classification import Classification
    from nnlab.tasks.own_metrics import OwnMetric
    from nnlab.tasks.protocol import Task
    from nnlab.tasks.regression import Regression

MAX_GROUPS = 50


@dataclass(frozen=True)
class Predictions:
    """The predictions of a run's replicas on a split.

    Attributes:
        logits: ``(R, N, C)``, or values ``(R, N)``.
        targets: ``(N,)``; ``(R, N)`` if each seed has its own split.
        task: Losses and metrics.
        has_class_weights: Whether the loss has class weights.
        num_train: Examples that each seed was trained on; only needed if each has its own split.
        scale: The scale in which targets are learned, of which the loss is; None for their unit.
    """

    logits: Tensor
    targets: Tensor
    task: Classification | Regression
    has_class_weights: bool
    num_train: int = 0
    scale: TargetScale | None = None

    @property
    def num_examples(self) -> int:
        """N."""
        return self.targets.shape[-1]

    @property
    def test_to_train(self) -> float | None:
        """Test examples per training example if each seed has its own split, else None."""
        return self.num_examples / self.num_train if self.targets.dim() == 2 else None

    @classmethod
    def load(cls, portion: Portion, split: SplitName, data_dir: Path) -> Predictions:
        """Read the test predictions of replicas of a finished run, or predict another split again.

        Args:
            portion: The replicas.
            split: ``test`` or ``val``.
            data_dir: Folder of installed data.

        Raises:
            RunError: If it has none, or they are damaged.
        """
        run, replicas = portion.run, list(portion.replicas)
        if split == "test":
            logits, targets = load_outputs(run.folder, run.summary)
        else:
            logits, targets = predict_again(run, split, data_dir)
        logits = logits[replicas]
        targets = targets[replicas] if targets.dim() == 2 else targets
        config, class_names = run.config, run.preprocessing.class_names
        task = build_task(
            config.loss,
            class_names,
            targets.flatten(),
            config.model.output_squashing,
            own_metrics=config.metrics,
        )
        num_train = run.meta.get("num_examples", {}).get("train", 0)
        if targets.dim() == 2 and not num_train:
            msg = f"{run.folder.meta_path} is damaged: it has no number of training examples"
            raise RunError(msg)
        scale = run.preprocessing.target
        if scale is not None and run.preprocessing.is_varied:
            scale = scale.of(replicas)
        return cls(logits, targets, task, config.loss.weighs_classes, num_train, scale)

    @property
    def classes(self) -> Tensor:
        """True class of each example for each replica, ``(R, N)``."""
        return self.targets.expand(self.logits.shape[:2])

    @property
    def rarest(self) -> int | None:
        """Examples of the rarest class; None for regression, and if each seed has its own."""
        if self.targets.is_floating_point() or self.targets.dim() == 2:
            return None
        return int(torch.bincount(self.targets, minlength=len(self.task.class_names)).min())

    @property
    def probs(self) -> Tensor:
        """Probability of each class, ``(R, N, C)`` float64."""
        return self.squashed(self.logits.double())

    def squashed(self, logits: Tensor) -> Tensor:
        """Return the probability of each class, ``(R, N, C)``, in the precision of the logits."""
        return probabilities(logits, getattr(self.task, "output_activation", "none"))

    def why_undefined(self, metric: str) -> str | None:
        """Return why the examples do not define a metric, or None if they do."""
        names = self.task.class_names
        return why_undefined(metric, self.targets, names) if names else None

    def hits(self) -> NDArray[np.bool_]:
        """Return which examples each replica got right, ``(R, N)``."""
        return (self.logits.argmax(-1) == self.targets).numpy()


def scores(predictions: Predictions, metric: str) -> NDArray[np.float64]:
    """Return a table whose mean over the second axis is the metric of each replica.

    Args:
        predictions: Predictions of one run.
        metric: Its name.

    Returns:
        ``(R, N)``, the contribution of each example; for a metric that has none ``(R, G)``, the
        jackknife's pseudo-values of G groups of examples, with the metric as their mean.

    Raises:
        ConfigError: If the metric cannot be split by example.
    """
    logits, targets = predictions.logits, predictions.targets
    match metric:
        case "accuracy" | "recall":
            return predictions.hits().astype(np.float64)
        case "mse":
            return (logits.double() - targets).square().numpy()
        case "mae":
            return (logits.double() - targets).abs().numpy()
        case "loss" if predictions.has_class_weights:
            msg = "losses with loss.class_weight cannot be compared; use log_loss or accuracy"
            raise ConfigError(msg)
        case "loss":
            if scale := predictions.scale:
                logits, targets = scale.standardized(logits), scale.standardized(targets)
            pairs = zip(logits, targets.expand(logits.shape[:2]), strict=True)
            rows = [predictions.task.example_losses(*pair) for pair in pairs]
            return torch.stack(rows).double().numpy()
        case "ece":  # of float32 probabilities, as the stored metric is
            probs = predictions.squashed(logits).double()
            return of_calibration_error(probs, predictions.classes).numpy()
        case "r2":
            return of_r2(logits.double(), targets.double()).numpy()
        case _ if metric in CONTRIBUTIONS:
            return CONTRIBUTIONS[metric](predictions.probs, predictions.classes).numpy()
        case _:
            return _pseudo_values(predictions, metric)


def _pseudo_values(predictions: Predictions, metric: str) -> NDArray[np.float64]:
    """Return G m - (G - 1) m(without group g) for each replica and group, moved to the mean m.

    Source: Tukey, "Bias and confidence in not-quite large samples" (1958).
    """
    num_groups = min(MAX_GROUPS, predictions.num_examples)
    order = torch.from_numpy(np.random.default_rng(0).permutation(predictions.num_examples))
    groups = order.tensor_split(num_groups)
    for own in predictions.task.own_metrics:
        if own.name == metric:
            whole, without = _own_without(predictions, own, groups)
            return _moved(whole, without)
    sums = [predictions.task.sums(*_of_group(predictions, group)) for group in groups]
    total = {name: torch.stack([part[name] for part in sums]).sum(0) for name in sums[0]}
    without = [
        _metric(predictions.task, {name: total[name] - part[name] for name in part}, metric)
        for part in sums
    ]
    return _moved(_metric(predictions.task, total, metric), without)


def _moved(
    whole: NDArray[np.float64], without: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Return pseudo-values ``(R, G)`` from the metric with all groups and without each, ``(R,)``."""
    change = (len(without) - 1) * np.stack(without, axis=1)
    values: NDArray[np.float64] = whole[:, None] + change.mean(1, keepdims=True) - change
    return values


def _own_without(
    predictions: Predictions, own: OwnMetric, groups: Sequence[Tensor]
) -> tuple[NDArray[np.float64], list[NDArray[np.float64]]]:
    """Return the user's own metric of each replica: of all examples, and without each group."""
    is_values = predictions.targets.is_floating_point()
    found = predictions.logits.double() if is_values else predictions.probs
    targets = predictions.targets.expand(found.shape[:2])

    def of(kept: Tensor) -> NDArray[np.float64]:
        pairs = zip(found[:, kept], targets[:, kept], strict=True)
        return np.array([own(*pair) for pair in pairs])

    everything = torch.ones(predictions.num_examples, dtype=torch.bool)
    without = [everything.index_fill(0, group, value=False) for group in groups]
    return of(everything), [of(kept) for kept in without]


def _of_group(predictions: Predictions, group: Tensor) -> tuple[Tensor, Tensor]:
    logits = predictions.logits[:, group]
    return logits if logits.dim() == 3 else logits[..., None], predictions.targets[..., group]


def _metric(task: Task, sums: dict[str, Tensor], metric: str) -> NDArray[np.float64]:
    return np.array([metrics.scalars[metric] for metrics in task.metrics(sums)])


def strata_of(predictions: Predictions, metric: str) -> Strata | None:
    """Return the classes of the examples if every class counts the same in a metric."""
    if metric not in CLASSES_COUNT_THE_SAME:
        return None
    return Strata(predictions.targets.numpy(), is_area=metric in AREAS)


def joined(parts: Sequence[Predictions]) -> Predictions:
    """Merge the replicas of several runs of one experiment."""
    first = parts[0]
    is_varied = first.targets.dim() == 2
    targets = torch.cat([part.targets for part in parts]) if is_varied else first.targets
    scale = first.scale
    if scale is not None and is_varied:
        scales = [part.scale for part in parts if part.scale is not None]
        scale = TargetScale(
            np.concatenate([part.mean for part in scales]),
            np.concatenate([part.std for part in scales]),
        )
    logits = torch.cat([part.logits for part in parts])
    return replace(first, logits=logits, targets=targets, scale=scale)
