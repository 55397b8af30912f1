"""The interval of a metric over new examples, against scipy."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import nnlab
from nnlab.runs.results import load_outputs
from nnlab.runs.uncertainty import examples_interval, wilson_interval


@pytest.mark.parametrize(("hits", "total"), [(85, 86), (86, 86), (0, 7), (5000, 10_000)])
def test_a_proportion_has_the_score_interval(hits: int, total: int) -> None:
    expected = stats.binomtest(hits, total).proportion_ci(0.95, method="wilson")
    assert wilson_interval(hits / total, total) == pytest.approx((expected.low, expected.high))


def test_an_accuracy_and_an_mse_have_an_interval(tmp_path: Path) -> None:
    classes = nnlab.train("xor_mlp", ["train.epochs=1"], seeds=2, runs_dir=tmp_path)
    num_examples = classes.summary["num_evaluated"]["val"]
    accuracy = classes.summary["val"]["accuracy"]
    assert examples_interval(classes, "val") == wilson_interval(accuracy, num_examples)

    numbers = nnlab.train("regression_mlp", ["train.epochs=1"], seeds=2, runs_dir=tmp_path)
    outputs, targets = load_outputs(numbers, numbers.summary)
    errors = np.square((outputs.double() - targets).numpy()).mean(0)
    expected = stats.t.interval(0.95, len(errors) - 1, errors.mean(), stats.sem(errors))
    assert examples_interval(numbers) == pytest.approx(expected)
    assert examples_interval(numbers, "val") is None
