from __future__ import annotations

import pytest
import torch

from nnlab.metrics import COMPARED, METRICS, Metrics, headline_of, is_fraction, metrics_of
from nnlab.tasks.classification import Classification
from nnlab.tasks.regression import Regression


def classified() -> Metrics:
    task = Classification(tuple("abcdef"), lambda logits, targets: logits.sum(-1))
    logits, targets = torch.randn(1, 9, 6), torch.tensor([0, 1, 0, 1, 1, 2, 3, 4, 5])
    (metrics,) = task.complete(task.metrics(task.sums(logits, targets)), logits, targets)
    return metrics


def valued() -> Metrics:
    task = Regression(lambda preds, targets: (preds - targets).square())
    (metrics,) = task.metrics(task.sums(torch.randn(1, 5, 1), torch.randn(5)))
    return metrics


@pytest.mark.parametrize(
    ("metrics", "task"),
    [(classified(), "classification"), (valued(), "regression")],
    ids=["classification", "regression"],
)
def test_a_task_computes_the_metrics_of_the_table(metrics: Metrics, task: str) -> None:
    assert list(metrics.values) == metrics_of(task)
    assert metrics.undefined == ()
    assert headline_of(task) in metrics.scalars
    assert COMPARED[task] in metrics.scalars


@pytest.mark.parametrize("metrics", [classified(), valued()], ids=["classes", "values"])
def test_metrics_survive_a_file(metrics: Metrics) -> None:
    assert Metrics.from_json(metrics.to_json()) == metrics


def test_fractions_stay_between_zero_and_one() -> None:
    scalars = classified().scalars
    assert all(0 <= scalars[name] <= 1 for name in scalars if is_fraction(name))


def test_an_unknown_metric_is_not_a_fraction() -> None:
    assert not is_fraction("perplexity")


def test_losses_and_errors_improve_downwards() -> None:
    lower = {name for name, metric in METRICS.items() if metric.lower_is_better}
    assert lower == {"loss", "log_loss", "ece", "mse", "mae"}
