from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from nnlab.config.losses import MSEConfig, QuadraticConfig
from nnlab.config.resolve import build_task
from tests.helpers.metrics import accumulate, measure

VALUES = {
    "standard": (0.0, 1.0),
    "mean-1e6": (1e6, 1.0),
    "mean-1e6-small-spread": (1e6, 1e-2),
    "mean--1e3": (-1e3, 1e-2),
}
every_scale = pytest.mark.parametrize(("mean", "spread"), VALUES.values(), ids=VALUES.keys())


def draw_values(mean, spread, num_examples=1000):
    generator = np.random.default_rng(0)
    targets = generator.normal(mean, spread, num_examples)
    preds = targets + generator.normal(0, spread / 2, num_examples)
    return torch.from_numpy(preds)[:, None], torch.from_numpy(targets)


def make_regression(training_targets, loss=None):
    loss = loss or MSEConfig()
    return build_task(loss, (), training_targets, "none")


@every_scale
def test_regression_metrics_equal_sklearn(mean, spread):
    outputs, targets = draw_values(mean, spread)

    metrics = measure(make_regression(targets), outputs, targets)

    pair = (targets.numpy(), outputs[:, 0].numpy())
    assert metrics["mse"] == pytest.approx(sklearn.metrics.mean_squared_error(*pair), rel=1e-12)
    assert metrics["mae"] == pytest.approx(sklearn.metrics.mean_absolute_error(*pair), rel=1e-12)
    assert metrics["r2"] == pytest.approx(sklearn.metrics.r2_score(*pair), rel=1e-9)
    assert metrics["loss"] == pytest.approx(metrics["mse"], rel=1e-12)


def test_r2_keeps_its_digits_when_the_mean_is_another_than_in_training():
    outputs, targets = draw_values(1e6, 1.0)
    task = make_regression(targets[:100] + 0.3)

    metrics = measure(task, outputs, targets)

    expected = sklearn.metrics.r2_score(targets.numpy(), outputs[:, 0].numpy())
    assert metrics["r2"] == pytest.approx(expected, rel=1e-9)


def test_regression_metrics_in_float32_equal_those_of_the_same_numbers_in_float64():
    outputs, targets = (values.float() for values in draw_values(1e6, 100.0))

    metrics = measure(make_regression(targets), outputs, targets)

    pair = (targets.double().numpy(), outputs[:, 0].double().numpy())
    assert metrics["mse"] == pytest.approx(sklearn.metrics.mean_squared_error(*pair), rel=1e-6)
    assert metrics["mae"] == pytest.approx(sklearn.metrics.mean_absolute_error(*pair), rel=1e-6)
    assert metrics["r2"] == pytest.approx(sklearn.metrics.r2_score(*pair), rel=1e-6)


def test_quadratic_loss_of_values_is_half_the_squared_error():
    outputs, targets = draw_values(0.0, 1.0)
    task = make_regression(targets, QuadraticConfig())

    metrics = measure(task, outputs, targets)

    assert metrics["loss"] == pytest.approx(metrics["mse"] / 2, rel=1e-12)
    assert task.criterion(outputs, targets).item() == pytest.approx(metrics["loss"], rel=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=["float32", "float64"])
def test_r2_of_constant_targets_is_zero(dtype):
    task = make_regression(torch.tensor([0.2, 0.37, 0.41], dtype=dtype))
    found = {}

    for num_examples in range(1, 40):
        targets = torch.full((num_examples,), 0.1, dtype=dtype)
        outputs = (targets + torch.linspace(0.5, 1.5, num_examples, dtype=dtype))[:, None]
        found[num_examples] = measure(task, outputs, targets)["r2"]

    assert found == dict.fromkeys(range(1, 40), 0)


@settings(deadline=None, max_examples=50)
@given(num_examples=st.integers(2, 300), size=st.integers(1, 300))
def test_regression_metrics_do_not_depend_on_the_batch_size(num_examples, size):
    outputs, targets = draw_values(1e6, 1.0, num_examples)
    task = make_regression(targets)

    (metrics,) = accumulate(task, outputs[None], targets, size)

    expected = measure(task, outputs, targets)
    assert metrics == pytest.approx(expected, rel=1e-9)


def test_regression_metrics_of_replicas_at_once_equal_each_alone():
    outputs, targets = draw_values(10.0, 1.0)
    replicas = [outputs, outputs + 1, outputs * 2]
    task = make_regression(targets)

    together = accumulate(task, torch.stack(replicas), targets, len(targets))

    alone = [measure(task, replica, targets) for replica in replicas]
    for metrics, expected in zip(together, alone, strict=True):
        assert metrics == pytest.approx(expected, rel=1e-14)
