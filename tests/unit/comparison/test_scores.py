from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import stats

from nnlab.comparison.scores import Predictions, _pseudo_values, scores
from nnlab.metrics import metrics_of
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression
from nnlab.tasks.scoring import TOP

CLASSES = Classification(("a", "b", "c"), torch.nn.CrossEntropyLoss(reduction="none"))
VALUES = Regression(lambda preds, values: (preds - values).square())


def classified(num_examples: int = 400) -> Predictions:
    generator = torch.Generator().manual_seed(5)
    targets = torch.randint(3, (num_examples,), generator=generator)
    logits = torch.randn(4, num_examples, 3, generator=generator)
    logits += 2 * torch.nn.functional.one_hot(targets, 3)
    return Predictions(logits, targets, CLASSES, has_class_weights=False)


def valued() -> Predictions:
    generator = torch.Generator().manual_seed(5)
    targets = torch.randn(200, generator=generator)
    logits = targets + 0.3 * torch.randn(4, 200, generator=generator)
    return Predictions(logits, targets, VALUES, has_class_weights=False)


CASES = [
    *[(classified(), name) for name in metrics_of("classification") if name not in TOP],
    *[(valued(), name) for name in metrics_of("regression")],
]


def metrics_at(predictions: Predictions, chosen: torch.Tensor) -> list[dict[str, float]]:
    logits, targets = predictions.logits[:, chosen], predictions.targets[chosen]
    logits = logits if logits.dim() == 3 else logits[..., None]
    task = predictions.task
    found = task.complete(task.metrics(task.sums(logits, targets)), logits, targets)
    return [replica.scalars for replica in found]


@pytest.mark.parametrize(("predictions", "metric"), CASES)
def test_scores_average_to_the_metric(predictions: Predictions, metric: str) -> None:
    expected = [
        found[metric] for found in metrics_at(predictions, torch.arange(len(predictions.targets)))
    ]
    assert scores(predictions, metric).mean(1) == pytest.approx(expected, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize(
    ("predictions", "metric"),
    [(classified(), "f1"), (classified(), "precision"), (classified(), "ece"), (valued(), "r2")],
    ids=["f1", "precision", "ece", "r2"],
)
def test_scores_have_the_spread_of_the_metric_over_examples(
    predictions: Predictions, metric: str
) -> None:
    number = len(predictions.targets)
    values = scores(predictions, metric)[0]
    generator = torch.Generator().manual_seed(1)
    draws = [torch.randint(number, (number,), generator=generator) for _ in range(300)]
    redrawn = [metrics_at(predictions, draw)[0][metric] for draw in draws]
    assert stats.sem(values) == pytest.approx(np.std(redrawn), rel=0.3)


def test_r2_of_constant_targets_is_zero() -> None:
    flat = replace(valued(), targets=torch.ones(200))
    assert not scores(flat, "r2").any()


def test_a_metric_without_contributions_is_divided_by_the_jackknife() -> None:
    """Of a mean, the pseudo-values are the groups' means."""
    predictions = classified(100)
    recall = _pseudo_values(predictions, "recall")  # weighted recall is accuracy
    assert recall.shape == (4, 50)
    assert recall.mean(1) == pytest.approx(scores(predictions, "accuracy").mean(1))
