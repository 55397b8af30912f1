from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.metrics
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.utils.class_weight import compute_class_weight
from torch.testing import assert_close

from nnlab.config.losses import CrossEntropyConfig, QuadraticConfig
from nnlab.config.resolve import build_task
from nnlab.data.inputs import EVAL_BATCH_SIZE
from nnlab.data.types import Split
from nnlab.learners.autograd import AutogradLearner
from nnlab.models.logistic import Logistic
from nnlab.tasks.classification import NUM_CONFIDENCE_BINS
from nnlab.training.loop import evaluate_split
from tests.helpers.metrics import accumulate, measure, scalars

# Number of examples, number of classes, classes among the targets, classes among the predictions.
CASES = {
    "one-example": (1, 3, (0, 1, 2), (0, 1, 2)),
    "few": (7, 3, (0, 1, 2), (0, 1, 2)),
    "two-classes": (100, 2, (0, 1), (0, 1)),
    "many": (2500, 10, tuple(range(10)), tuple(range(10))),
    "class-missing-in-targets": (200, 4, (0, 1, 3), (0, 1, 2, 3)),
    "class-missing-in-predictions": (200, 4, (0, 1, 2, 3), (1, 2, 3)),
    "class-missing-in-both": (200, 4, (0, 1, 3), (0, 1, 3)),
    "one-class-predicted": (200, 4, (0, 1, 2, 3), (2,)),
    "nothing-right": (200, 4, (0, 1), (2, 3)),
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())

CLASS_WEIGHTS = {
    "equal": None,
    "balanced": "balanced",
    "inverse_count": "inverse_count",
    "given": (0.5, 1.0, 4.0),
}
every_class_weight = pytest.mark.parametrize(
    "class_weight", CLASS_WEIGHTS.values(), ids=CLASS_WEIGHTS.keys()
)


def draw(case, seed=0):
    """Return float64 logits ``(N, C)`` with their maxima in allowed classes, and targets."""
    num_examples, num_classes, in_targets, in_preds = case
    generator = np.random.default_rng(seed)
    logits = generator.normal(scale=2.0, size=(num_examples, num_classes))
    allowed = logits[:, in_preds]
    logits[np.arange(num_examples), np.array(in_preds)[allowed.argmax(1)]] = logits.max(1) + 0.1
    targets = generator.choice(in_targets, size=num_examples)
    return torch.from_numpy(logits), torch.from_numpy(targets)


def make_task(num_classes, *, loss=None, training_targets=None, output_activation="none"):
    loss = loss or CrossEntropyConfig()
    names = [f"c{i}" for i in range(num_classes)]
    targets = torch.arange(num_classes) if training_targets is None else training_targets
    return build_task(loss, names, targets, output_activation)


@every_case
def test_confusion_and_accuracy_equal_sklearn(case):
    logits, targets = draw(case)
    preds, labels = logits.argmax(1), range(case[1])

    metrics = measure(make_task(case[1]), logits, targets)

    expected = sklearn.metrics.confusion_matrix(targets, preds, labels=labels)
    assert metrics["confusion"] == expected.tolist()
    assert metrics["accuracy"] == pytest.approx(
        sklearn.metrics.accuracy_score(targets, preds), rel=1e-14
    )


@every_case
def test_weighted_precision_recall_and_f1_equal_sklearn(case):
    logits, targets = draw(case)

    metrics = measure(make_task(case[1]), logits, targets)

    *expected, _ = sklearn.metrics.precision_recall_fscore_support(
        targets, logits.argmax(1), labels=range(case[1]), average="weighted", zero_division=0
    )
    found = [metrics[name] for name in ("precision", "recall", "f1")]
    assert found == pytest.approx(expected, rel=1e-12)


@every_case
def test_per_class_metrics_equal_sklearn(case):
    logits, targets = draw(case)

    metrics = measure(make_task(case[1]), logits, targets)

    expected = sklearn.metrics.precision_recall_fscore_support(
        targets, logits.argmax(1), labels=range(case[1]), zero_division=0
    )
    assert list(metrics["per_class"]) == [f"c{i}" for i in range(case[1])]
    for name, column in zip(("precision", "recall", "f1", "support"), expected, strict=True):
        found = [facts[name] for facts in metrics["per_class"].values()]
        assert found == pytest.approx(column.tolist(), rel=1e-12)


@every_class_weight
def test_loss_equals_weighted_cross_entropy(class_weight):
    logits, targets = draw(CASES["few"])
    loss = CrossEntropyConfig(class_weight=class_weight)
    task = make_task(3, loss=loss, training_targets=torch.tensor([0, 0, 0, 1, 2, 2]))
    weight = {
        None: [1.0, 1.0, 1.0],
        "balanced": compute_class_weight("balanced", classes=np.arange(3), y=[0, 0, 0, 1, 2, 2]),
        "inverse_count": [1 / 3, 1 / 1, 1 / 2],
    }.get(class_weight, class_weight)

    metrics = measure(task, logits, targets)

    expected = F.cross_entropy(logits, targets, torch.as_tensor(weight, dtype=torch.float64))
    assert metrics["loss"] == pytest.approx(expected.item(), rel=1e-12)


@every_class_weight
@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
def test_the_loss_of_the_training_split_equals_that_of_torch(class_weight, smoothing):
    logits, targets = draw(CASES["few"])
    config = CrossEntropyConfig(class_weight=class_weight, label_smoothing=smoothing)
    task = make_task(3, loss=config, training_targets=targets)

    loss = task.criterion(logits, targets).item()

    expected = F.cross_entropy(logits, targets, task.class_weight, label_smoothing=smoothing)
    assert loss == pytest.approx(expected.item(), rel=1e-12)
    assert measure(task, logits, targets)["loss"] == pytest.approx(expected.item(), rel=1e-12)


@every_class_weight
def test_criterion_in_float32_equals_cross_entropy(class_weight):
    logits, targets = draw(CASES["few"])
    task = make_task(
        3, loss=CrossEntropyConfig(class_weight=class_weight), training_targets=targets
    )

    loss = task.criterion(logits.float(), targets)

    weight = None if task.class_weight is None else task.class_weight.float()
    assert_close(loss, F.cross_entropy(logits.float(), targets, weight), rtol=1e-6, atol=0)


def test_quadratic_loss_is_half_the_squared_distance_to_the_one_hot_code():
    logits, targets = draw(CASES["many"])
    task = make_task(10, loss=QuadraticConfig())

    metrics = measure(task, logits, targets)

    one_hot = np.eye(10)[targets]
    expected = ((logits.numpy() - one_hot) ** 2).sum(1).mean() / 2
    assert metrics["loss"] == pytest.approx(expected, rel=1e-12)
    assert task.criterion(logits, targets).item() == pytest.approx(expected, rel=1e-12)


def ece_by_definition(probs, targets):
    """Return the sum over bins ((m - 1) / M, m / M] of |B| / N |accuracy(B) - confidence(B)|."""
    confidence, preds = probs.max(1), probs.argmax(1)
    error = 0.0
    for m in range(1, NUM_CONFIDENCE_BINS + 1):
        low, high = (m - 1) / NUM_CONFIDENCE_BINS, m / NUM_CONFIDENCE_BINS
        members = [i for i in range(len(targets)) if low < confidence[i] <= high]
        if members:
            accuracy = sum(preds[i] == targets[i] for i in members) / len(members)
            mean_confidence = sum(confidence[i] for i in members) / len(members)
            error += len(members) / len(targets) * abs(accuracy - mean_confidence)
    return error


@pytest.mark.parametrize("output_activation", ["none", "softmax", "sigmoid"])
@every_case
def test_calibration_error_equals_its_definition(case, output_activation):
    logits, targets = draw(case)
    outputs, probs = {
        "none": (logits, logits.softmax(1)),
        "softmax": (logits.softmax(1), logits.softmax(1)),
        "sigmoid": (logits.sigmoid(), logits.sigmoid() / logits.sigmoid().sum(1, keepdim=True)),
    }[output_activation]
    task = make_task(case[1], output_activation=output_activation)

    metrics = measure(task, outputs, targets)

    expected = ece_by_definition(probs.numpy(), targets.numpy())
    assert metrics["ece"] == pytest.approx(expected, rel=1e-12)


def test_calibration_error_is_zero_for_certain_and_right_predictions():
    targets = torch.tensor([0, 1, 2])

    metrics = measure(make_task(3), 1e4 * torch.eye(3), targets)

    assert metrics["ece"] == 0


def test_confidence_on_the_edge_of_two_bins_is_in_the_lower_one():
    probs = torch.tensor([[0.6, 0.4], [0.55, 0.45]], dtype=torch.float64)
    task = make_task(2, output_activation="softmax")

    metrics = measure(task, probs, torch.tensor([0, 1]))

    # 0.6 is 9/15: both are in (8/15, 9/15], half of which is right.
    assert metrics["ece"] == pytest.approx((0.6 + 0.55) / 2 - 0.5, rel=1e-12)


def test_sigmoid_outputs_that_are_all_zero_have_finite_metrics():
    outputs, targets = torch.zeros(4, 3), torch.tensor([0, 1, 2, 0])
    task = make_task(3, loss=QuadraticConfig(), output_activation="sigmoid")

    metrics = measure(task, outputs, targets)

    assert all(math.isfinite(value) for value in scalars(metrics).values())


@settings(deadline=None, max_examples=50)
@given(num_examples=st.integers(1, 300), size=st.integers(1, 300), seed=st.integers(0, 1000))
def test_classification_metrics_do_not_depend_on_the_batch_size(num_examples, size, seed):
    logits, targets = draw((num_examples, 3, (0, 1, 2), (0, 1, 2)), seed)
    task = make_task(3, loss=CrossEntropyConfig(class_weight=(0.5, 1.0, 4.0)))

    (metrics,) = accumulate(task, logits[None], targets, size)

    expected = measure(task, logits, targets)
    assert metrics["confusion"] == expected["confusion"]
    assert metrics["per_class"] == expected["per_class"]
    assert scalars(metrics) == pytest.approx(scalars(expected), rel=1e-12, abs=1e-14)


@pytest.mark.parametrize(
    "num_examples", [1, EVAL_BATCH_SIZE, EVAL_BATCH_SIZE + 1, 2 * EVAL_BATCH_SIZE + 500]
)
def test_evaluation_drops_no_example(num_examples):
    inputs = torch.from_numpy(np.random.default_rng(0).normal(size=(num_examples, 2)))
    targets = torch.from_numpy(np.random.default_rng(1).integers(3, size=num_examples))
    model, task = Logistic(2, 3).double(), make_task(3)
    torch.nn.init.normal_(model.linear.weight, generator=torch.Generator().manual_seed(0))
    optimizer = torch.optim.SGD(model.parameters())
    learner = AutogradLearner([model], [optimizer], task, seeds=(0,))

    (evaluated,) = evaluate_split(learner, Split(inputs, targets), torch.float64)

    metrics, expected = evaluated.to_json(), measure(task, model(inputs).detach(), targets)
    assert sum(map(sum, metrics["confusion"])) == num_examples
    assert metrics["confusion"] == expected["confusion"]
    assert scalars(metrics) == pytest.approx(scalars(expected), rel=1e-12)


def test_classification_metrics_of_replicas_at_once_equal_each_alone():
    drawn = [draw(CASES["class-missing-in-predictions"], seed) for seed in range(4)]
    targets = drawn[0][1]
    replicas = [logits for logits, _ in drawn]
    task = make_task(4, loss=CrossEntropyConfig(class_weight=(1.0, 2.0, 3.0, 4.0)))

    together = accumulate(task, torch.stack(replicas), targets, len(targets))

    for metrics, logits in zip(together, replicas, strict=True):
        alone = measure(task, logits, targets)
        assert metrics["confusion"] == alone["confusion"]
        assert metrics["per_class"] == alone["per_class"]
        assert scalars(metrics) == pytest.approx(scalars(alone), rel=1e-14)
