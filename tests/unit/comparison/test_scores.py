from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats

from nnlab.comparison.scores import Predictions, scores
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression

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


@pytest.mark.parametrize(
    ("predictions", "metric"),
    [(classified(), "accuracy"), (classified(), "loss"), (valued(), "mse"), (valued(), "mae")],
    ids=["accuracy", "loss", "mse", "mae"],
)
def test_scores_average_to_the_metric(predictions: Predictions, metric: str) -> None:
    logits = predictions.logits if predictions.logits.dim() == 3 else predictions.logits[..., None]
    metrics = predictions.task.metrics(predictions.task.sums(logits, predictions.targets))
    expected = [replica.scalars[metric] for replica in metrics]
    assert scores(predictions, metric).mean(1) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    ("predictions", "metric"),
    [(classified(), "f1"), (classified(), "precision"), (valued(), "r2")],
    ids=["f1", "precision", "r2"],
)
def test_pseudo_values_give_the_metric_and_its_spread_over_examples(
    predictions: Predictions, metric: str
) -> None:
    def metric_of(chosen: torch.Tensor) -> float:
        logits = predictions.logits[:1, chosen]
        logits = logits if logits.dim() == 3 else logits[..., None]
        sums = predictions.task.sums(logits, predictions.targets[chosen])
        return predictions.task.metrics(sums)[0].scalars[metric]

    number = len(predictions.targets)
    values = scores(predictions, metric)[0]
    assert values.mean() == pytest.approx(metric_of(torch.arange(number)), abs=0.01)
    generator = torch.Generator().manual_seed(1)
    redrawn = [metric_of(torch.randint(number, (number,), generator=generator)) for _ in range(500)]
    assert stats.sem(values) == pytest.approx(np.std(redrawn), rel=0.3)


def test_pseudo_values_leave_no_example_out() -> None:
    """Of a mean, the pseudo-values are the groups' means."""
    predictions = classified(100)
    recall = scores(predictions, "recall")  # weighted recall is accuracy
    assert recall.shape == (4, 50)
    assert recall.mean(1) == pytest.approx(scores(predictions, "accuracy").mean(1))
