"""Metrics of all outputs together equal scikit-learn's, and so do those from the confusion."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics
import torch

from nnlab.comparison.influence import CONTRIBUTIONS
from nnlab.config.losses import CrossEntropyConfig, QuadraticConfig
from nnlab.config.resolve import build_task
from nnlab.metrics import METRICS
from nnlab.tasks.scoring import AREAS, FUNCTIONS, NEEDS_EVERY_CLASS, TOP, why_undefined
from tests.helpers.metrics import accumulate, measure

SEEDS = range(5)


def draw(num_classes: int, seed: int, *, shares: list[float] | None = None, step: float = 0.0):
    """Return outputs ``(N, C)``, rounded to steps so that they tie, and targets ``(N,)``."""
    generator = np.random.default_rng(seed)
    targets = generator.choice(num_classes, 400, p=shares)
    outputs = generator.normal(size=(400, num_classes)) + 1.5 * np.eye(num_classes)[targets]
    outputs = np.round(outputs / step) * step if step else outputs
    return torch.from_numpy(outputs).float(), torch.from_numpy(targets)


def task_of(num_classes: int, output_activation: str = "none"):
    names = [f"class {index}" for index in range(num_classes)]
    config = CrossEntropyConfig() if output_activation == "none" else QuadraticConfig()
    return build_task(config, names, torch.arange(num_classes), output_activation)


def by_sklearn(probs: np.ndarray, targets: np.ndarray) -> dict[str, float]:
    """Return scikit-learn's metrics by nnlab's names."""
    num_classes, preds = probs.shape[1], probs.argmax(1)
    is_binary = num_classes == 2
    scores = probs[:, 1] if is_binary else probs
    found = {
        "log_loss": sklearn.metrics.log_loss(targets, probs, labels=range(num_classes)),
        "roc_auc": sklearn.metrics.roc_auc_score(targets, scores, multi_class="ovr"),
        "pr_auc": sklearn.metrics.average_precision_score(targets, scores),
        "macro_f1": sklearn.metrics.f1_score(targets, preds, average="macro"),
        "balanced_accuracy": sklearn.metrics.balanced_accuracy_score(targets, preds),
    }
    top = {name: k for name, k in TOP.items() if num_classes > k}
    return found | {
        name: sklearn.metrics.top_k_accuracy_score(targets, probs, k=k, labels=range(num_classes))
        for name, k in top.items()
    }


def softmax(outputs: torch.Tensor) -> np.ndarray:
    return outputs.double().softmax(-1).numpy()


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("step", [0.0, 0.5], ids=["no ties", "ties"])
@pytest.mark.parametrize("num_classes", [2, 3, 5, 8])
def test_metrics_equal_scikit_learn(num_classes: int, step: float, seed: int) -> None:
    outputs, targets = draw(num_classes, seed, step=step)
    found = measure(task_of(num_classes), outputs, targets)
    expected = by_sklearn(softmax(outputs), targets.numpy())
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=0, abs=1e-12)
    assert not {*TOP} & found.keys() - expected.keys()


@pytest.mark.parametrize("seed", SEEDS)
def test_metrics_of_19_to_1_equal_scikit_learn(seed: int) -> None:
    outputs, targets = draw(2, seed, shares=[0.95, 0.05])
    found = measure(task_of(2), outputs, targets)
    expected = by_sklearn(softmax(outputs), targets.numpy())
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=0, abs=1e-12)


@pytest.mark.parametrize("output_activation", ["softmax", "sigmoid"])
def test_outputs_that_are_probabilities_are_taken_as_they_are(output_activation: str) -> None:
    outputs, targets = draw(3, 0)
    outputs = outputs.softmax(-1) if output_activation == "softmax" else outputs.sigmoid()
    probs = (outputs.double() / outputs.double().sum(-1, keepdim=True)).numpy()
    found = measure(task_of(3, output_activation), outputs, targets)
    expected = by_sklearn(probs, targets.numpy())
    assert {name: found[name] for name in expected} == pytest.approx(expected, rel=0, abs=1e-6)


def test_a_certain_and_wrong_prediction_has_a_finite_log_loss() -> None:
    outputs, targets = torch.tensor([[500.0, 0.0], [500.0, 0.0]]), torch.tensor([0, 1])
    found = measure(task_of(2), outputs, targets)["log_loss"]
    assert found == pytest.approx(sklearn.metrics.log_loss(targets, softmax(outputs)), rel=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_class_that_is_absent_leaves_the_areas_undefined(seed: int) -> None:
    outputs, targets = draw(4, seed, shares=[0.5, 0.3, 0.2, 0.0])
    found, probs = measure(task_of(4), outputs, targets), softmax(outputs)
    assert found["roc_auc"] is None
    assert found["pr_auc"] is None
    with pytest.warns(UserWarning, match="not in y_true"):
        expected = sklearn.metrics.balanced_accuracy_score(targets, probs.argmax(1))
    assert found["balanced_accuracy"] == pytest.approx(expected, abs=1e-12)
    expected = sklearn.metrics.f1_score(targets, probs.argmax(1), average="macro")
    assert found["macro_f1"] == pytest.approx(expected, abs=1e-12)


def test_a_class_that_occurs_nowhere_counts_in_no_mean() -> None:
    outputs, targets = draw(3, 0, shares=[0.5, 0.5, 0.0])
    outputs[:, 2] = -100.0
    found, preds = measure(task_of(3), outputs, targets), outputs.argmax(-1)
    expected = sklearn.metrics.f1_score(targets, preds, average="macro")
    assert found["macro_f1"] == pytest.approx(expected, abs=1e-12)
    expected = sklearn.metrics.balanced_accuracy_score(targets, preds)
    assert found["balanced_accuracy"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("targets", "num_classes", "undefined"),
    [
        ([0, 0, 0], 2, {"roc_auc", "pr_auc"}),
        ([1, 1, 1], 2, {"roc_auc", "pr_auc"}),
        ([1], 2, {"roc_auc", "pr_auc"}),
        ([2, 2], 3, {"roc_auc", "pr_auc"}),
        ([0, 1, 1], 3, {"roc_auc", "pr_auc"}),
        ([0, 1, 2], 3, set()),
    ],
)
def test_what_is_undefined_is_explained(targets, num_classes, undefined) -> None:
    generator, chosen = torch.Generator().manual_seed(0), torch.tensor(targets)
    found = measure(
        task_of(num_classes), torch.randn(len(targets), num_classes, generator=generator), chosen
    )
    names = [f"class {index}" for index in range(num_classes)]
    assert {name for name, value in found.items() if value is None} == undefined
    assert {n for n in NEEDS_EVERY_CLASS if why_undefined(n, chosen, names)} == undefined


def test_top_k_needs_more_classes_than_k() -> None:
    reason = why_undefined("top_3_accuracy", torch.tensor([0, 1, 2]), "abc")
    assert reason == "it needs more than 3 classes, and the data have 3"
    assert why_undefined("top_3_accuracy", torch.tensor([0, 1, 2]), "abcd") is None


def test_metrics_do_not_depend_on_batches_or_the_company_of_replicas() -> None:
    drawn = [draw(6, seed) for seed in range(3)]
    outputs, targets = torch.stack([outputs for outputs, _ in drawn]), drawn[0][1]
    together = accumulate(task_of(6), outputs, targets, 64)
    alone = [measure(task_of(6), replica, targets) for replica in outputs]
    names = [*FUNCTIONS, *AREAS]
    for one, other in zip(together, alone, strict=True):
        assert [one[name] for name in names] == [other[name] for name in names]


def test_each_seed_can_have_its_own_examples() -> None:
    drawn = [draw(3, seed) for seed in range(2)]
    outputs, targets = (torch.stack(parts) for parts in zip(*drawn, strict=True))
    task = task_of(3)
    together = task.complete(task.metrics(task.sums(outputs, targets)), outputs, targets)
    alone = [measure(task, *pair) for pair in drawn]
    assert [m.scalars["roc_auc"] for m in together] == [m["roc_auc"] for m in alone]


def test_every_metric_of_the_table_is_computed() -> None:
    found = measure(task_of(6), *draw(6, 0))
    names = [name for name, metric in METRICS.items() if metric.task != "regression"]
    assert [name for name in found if name in METRICS] == names
    assert all(math.isfinite(found[name]) for name in names)


@pytest.mark.parametrize("num_classes", [2, 4])
@pytest.mark.parametrize("metric", [*CONTRIBUTIONS])
def test_contributions_average_to_the_metric_and_tell_what_an_example_adds(
    metric: str, num_classes: int
) -> None:
    if num_classes <= TOP.get(metric, 0):
        pytest.skip("there are too few classes")
    outputs, targets = draw(num_classes, 3, step=0.25)
    task, number = task_of(num_classes), len(targets)
    probs, classes = torch.from_numpy(softmax(outputs))[None], targets[None]
    found = CONTRIBUTIONS[metric](probs, classes)[0]
    whole = measure(task, outputs, targets)[metric]
    without = [
        measure(task, outputs[kept], targets[kept])[metric]
        for kept in (torch.arange(number) != left_out for left_out in range(0, number, 40))
    ]
    jackknifed = number * whole - (number - 1) * np.array(without)
    assert found.mean().item() == pytest.approx(whole, abs=1e-12)
    # The two differ in the second order of 1 / N.
    assert found[::40].numpy() == pytest.approx(jackknifed, abs=0.05)
