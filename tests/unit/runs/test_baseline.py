"""The constant prediction that a result is compared with, against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.dummy import DummyClassifier
from sklearn.metrics import (
    balanced_accuracy_score,
    f1_score,
    mean_squared_error,
    precision_score,
    roc_auc_score,
)

from nnlab.config.losses import CrossEntropyConfig, MSEConfig
from nnlab.config.resolve import build_task
from nnlab.runs.baseline import baseline

CLASSES = ("a", "b", "c")


def summary_of(**metrics: dict) -> dict:
    return {"per_seed": [{"seed": 0, **metrics}]}


def metrics_of(outputs: torch.Tensor, targets: torch.Tensor) -> dict:
    is_classes = targets.dtype == torch.int64
    config = CrossEntropyConfig() if is_classes else MSEConfig()
    task = build_task(config, CLASSES if is_classes else (), targets, "none")
    metrics = task.metrics(task.sums(outputs[None], targets))
    return task.complete(metrics, outputs[None], targets)[0].to_json()


def test_the_majority_is_that_of_the_training_split() -> None:
    train = torch.tensor([1] * 5 + [0] * 3 + [2])
    test = torch.tensor([0] * 6 + [1] * 3 + [2])
    generator = torch.Generator().manual_seed(0)
    shown = {
        name: metrics_of(torch.randn(len(targets), 3, generator=generator), targets)
        for name, targets in (("train", train), ("test", test))
    }
    found = baseline(summary_of(**shown), "test")
    dummy = DummyClassifier(strategy="most_frequent").fit(train[:, None], train)
    preds = dummy.predict(test[:, None])
    options = {"average": "weighted", "zero_division": 0.0}
    constant = np.full(len(test), 0.5)
    assert found.name == "always 'b'"
    assert found.metrics == pytest.approx(
        {
            "accuracy": dummy.score(test[:, None], test),
            "precision": precision_score(test, preds, **options),
            "recall": dummy.score(test[:, None], test),
            "f1": f1_score(test, preds, **options),
            "macro_f1": f1_score(test, preds, average="macro"),
            "balanced_accuracy": balanced_accuracy_score(test, preds),
            "roc_auc": roc_auc_score(test == 0, constant),
        }
    )


def test_numbers_are_compared_with_their_mean() -> None:
    targets = torch.tensor([1.0, 2.0, 6.0, 3.0], dtype=torch.float64)
    metrics = metrics_of(targets[:, None] + 0.3, targets)
    found = baseline(summary_of(train=metrics, test=metrics), "test")
    assert found.metrics == pytest.approx(
        {"mse": mean_squared_error(targets, torch.full((4,), targets.mean())), "r2": 0.0}
    )


def test_constant_targets_have_no_baseline() -> None:
    targets = torch.ones(4, dtype=torch.float64)
    metrics = metrics_of(targets[:, None] + 0.3, targets)
    assert baseline(summary_of(train=metrics, test=metrics), "test") is None
