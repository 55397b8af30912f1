"""Runs with a known illness, and healthy ones: small enough to train dozens of them in a test."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.helpers.known_tables import (
    Columns,
    drifting,
    flipped,
    outlying,
    overlapping,
    rare,
    real,
    scaled,
    wave,
    write_table,
)

HEALTHY = "nothing"
LOW, HIGH, SHORT = "learning rate too small", "learning rate too large", "still improving"
DEAD, FULL, VANISHING = "dead units", "saturated units", "vanishing gradients"
EXPLODING, OVERFIT, UNDERFIT = "exploding gradients", "overfitting", "underfitting"
SHIFT, OUTLIERS, SOFTMAX = "distribution shift", "outliers", "softmax before cross-entropy"
NOISE, RARE, FEATURES, TARGET = "label noise", "class imbalance", "feature scale", "target scale"


class Case(NamedTuple):
    """A run, and what should be said first about it.

    Attributes:
        name: What was done to it.
        expected: Name of the first cause; ``nothing`` of a healthy run.
        dataset: The data, or the function that makes the table.
        model: The model.
        optimizer: The optimizer.
        train: How it is trained; without ``seeds``.
        options: Other sections of the experiment.
    """

    name: str
    expected: str
    dataset: dict[str, Any] | Callable[[], Columns]
    model: dict[str, Any]
    optimizer: dict[str, Any]
    train: dict[str, Any]
    options: Mapping[str, Any] = MappingProxyType({})

    def experiment(self, folder: Path) -> dict[str, Any]:
        """Return the experiment; its table is written to a folder."""
        dataset = self.dataset
        if callable(dataset):
            dataset = write_table(folder / f"{self.name}.csv", *dataset())
        options = dict(self.options)
        dataset = {**dataset, **options.pop("dataset", {})}
        train = {"seeds": 3, **self.train}
        parts = {"model": self.model, "optimizer": self.optimizer, "train": train}
        return {"name": self.name, "dataset": dataset, **parts, **options}


def mlp(*widths: int, **options: Any) -> dict[str, Any]:
    return {"name": "mlp", "hidden_sizes": list(widths), **options}


def adam(lr: float, **options: Any) -> dict[str, Any]:
    return {"name": "adam", "lr": lr, **options}


def sgd(lr: float, **options: Any) -> dict[str, Any]:
    return {"name": "sgd", "lr": lr, **options}


def epochs(number: int, **options: Any) -> dict[str, Any]:
    return {"epochs": number, **options}


def stopped(number: int) -> dict[str, Any]:
    return {"epochs": number, "early_stopping": {"patience": 8}}


def wide(deviation: float) -> dict[str, Any]:
    return {"init": "normal", "init_std": deviation}


LINEAR = {"name": "logistic"}
SPIRAL, DIGITS = {"name": "spiral", "num_samples": 600}, {"name": "digits"}
XOR, BLOBS = {"name": "xor", "num_samples": 300}, {"name": "blobs", "num_samples": 300}
CURVE = {"name": "regression", "num_samples": 500}
CNN = {"name": "fashion_cnn", "channels": [8, 8], "hidden_sizes": [64, 32], "dropout": 0}
SIGMOIDS = mlp(30, activation="sigmoid", output_activation="sigmoid")
QUADRATIC = {"loss": {"name": "quadratic"}}
BALANCED = {"loss": {"name": "cross_entropy", "class_weight": "balanced"}}
RAW = {"dataset": {"standardize": False}}
BY_TIME = {"dataset": {"split": {"time": "x4"}, "drop": ["x4"]}}
RAW_TARGET = {"dataset": {"standardize_target": False}}

ILL = [
    Case("low_spiral", LOW, SPIRAL, mlp(32), adam(1e-5), epochs(40)),
    Case("low_digits", LOW, DIGITS, mlp(32), sgd(1e-4), epochs(8)),
    Case("low_wave", LOW, partial(wave, 500, 0.2, 1), mlp(32), adam(3e-5), epochs(40)),
    Case("high_spiral", HIGH, SPIRAL, mlp(32, 32), adam(1.0), epochs(30)),
    Case("high_digits", HIGH, DIGITS, mlp(32, 32), sgd(3), epochs(6)),
    Case(
        "high_wave", HIGH, partial(wave, 500, 0.2, 2), mlp(32), sgd(0.2, momentum=0.99), epochs(20)
    ),
    Case("high_curve", HIGH, CURVE, mlp(32, 32, activation="tanh"), adam(1.0), epochs(30)),
    Case("dead_digits", DEAD, DIGITS, mlp(32, 32), sgd(1.0), epochs(8)),
    Case("dead_deep", DEAD, DIGITS, mlp(64, 64, 64), sgd(0.9), epochs(6)),
    Case(
        "full_spiral",
        FULL,
        SPIRAL,
        mlp(32, 32, activation="tanh", **wide(3)),
        adam(1e-3),
        epochs(30),
    ),
    Case(
        "full_digits", FULL, DIGITS, mlp(32, activation="sigmoid", **wide(4)), sgd(0.1), epochs(8)
    ),
    Case(
        "vanishing_deep",
        VANISHING,
        SPIRAL,
        mlp(*[16] * 7, activation="sigmoid"),
        adam(1e-3),
        epochs(20),
    ),
    Case("vanishing_init", VANISHING, DIGITS, mlp(*[32] * 4, **wide(0.01)), sgd(0.05), epochs(8)),
    Case("exploding", EXPLODING, DIGITS, mlp(*[32] * 6, **wide(1)), sgd(1e-4), epochs(6)),
    Case("heart_diabetes", OVERFIT, real("diabetes"), mlp(128, 64), adam(3e-3), epochs(120)),
    Case(
        "heart_overlap",
        OVERFIT,
        partial(overlapping, 200, 1.5, 3, 8),
        mlp(64, 64),
        adam(1e-2),
        epochs(80),
    ),
    Case("heart_wave", OVERFIT, partial(wave, 80, 1.0, 4), mlp(128, 128), adam(5e-3), epochs(120)),
    Case("small_xor", UNDERFIT, XOR, LINEAR, sgd(0.1), epochs(40)),
    Case("small_spiral", UNDERFIT, SPIRAL, LINEAR, adam(1e-2), epochs(60)),
    Case("small_digits", UNDERFIT, DIGITS, mlp(2), adam(1e-2), epochs(40)),
    Case("short_spiral", SHORT, SPIRAL, mlp(32), adam(3e-3), epochs(8)),
    Case("short_wave", SHORT, partial(wave, 500, 0.1, 5), mlp(32), adam(2e-3), epochs(4)),
    Case("noisy_long", NOISE, partial(flipped, 400, 0.25, 6), mlp(64, 64), adam(1e-2), epochs(100)),
    Case("noisy_stopped", NOISE, partial(flipped, 500, 0.25, 7), mlp(32), adam(1e-2), stopped(60)),
    Case("noisy_three", NOISE, partial(flipped, 600, 0.2, 8, 3), mlp(32), adam(3e-3), epochs(15)),
    Case("raw_cancer", FEATURES, real("breast_cancer"), mlp(16), sgd(0.01), epochs(30), RAW),
    Case("raw_far", FEATURES, scaled(real("iris"), 1, 3000), mlp(24), adam(3e-3), epochs(30), RAW),
    Case(
        "large_target",
        TARGET,
        partial(wave, 400, 0.1, 10, 3e4, 1e5),
        mlp(32),
        adam(1e-2),
        epochs(40),
        RAW_TARGET,
    ),
    Case("rare_3", RARE, partial(rare, 1000, 0.03, 12), mlp(16), adam(3e-3), epochs(15)),
    Case(
        "low_in_the_end",
        LOW,
        DIGITS,
        mlp(32),
        sgd(0.05),
        epochs(10),
        {"schedule": {"name": "step", "step_epochs": 1, "gamma": 0.1}},
    ),
    Case(
        "short_cosine",
        SHORT,
        SPIRAL,
        mlp(32),
        adam(3e-3),
        epochs(8),
        {"schedule": {"name": "cosine"}},
    ),
    Case("high_but_accurate", HIGH, DIGITS, mlp(64), sgd(0.1, momentum=0.995), epochs(12)),
    Case("narrow_digits", UNDERFIT, DIGITS, mlp(32, 1, 32), adam(3e-3), epochs(20)),
    Case(
        "softmax_twice", SOFTMAX, DIGITS, mlp(32, output_activation="softmax"), sgd(0.05), epochs(8)
    ),
    Case("far_targets", OUTLIERS, partial(outlying, 400, 14), mlp(32), adam(5e-3), epochs(30)),
    Case(
        "other_years", SHIFT, partial(drifting, 600, 15), mlp(32), adam(3e-3), epochs(30), BY_TIME
    ),
    Case("rare_6", RARE, partial(rare, 800, 0.06, 13, 1.5), LINEAR, adam(1e-2), epochs(15)),
]

WELL = [
    Case("well_digits", HEALTHY, DIGITS, mlp(64), adam(1e-2), stopped(40)),
    Case("well_cancer", HEALTHY, real("breast_cancer"), mlp(32), adam(1e-2), stopped(80)),
    Case("well_spiral", HEALTHY, SPIRAL, mlp(64), adam(1e-2), epochs(60)),
    Case(
        "bayes_limit", HEALTHY, partial(overlapping, 600, 1.4, 20), mlp(16), adam(1e-2), stopped(60)
    ),
    Case("noisy_numbers", HEALTHY, partial(wave, 500, 1.3, 21), mlp(32), adam(1e-2), stopped(80)),
    Case("well_blobs", HEALTHY, BLOBS, LINEAR, sgd(0.1), epochs(30)),
    Case("well_xor", HEALTHY, XOR, mlp(16), adam(1e-2), epochs(60)),
    Case("well_iris", HEALTHY, real("iris"), mlp(16), adam(1e-2), epochs(60)),
    Case("well_curve", HEALTHY, CURVE, mlp(64, 64, activation="tanh"), adam(1e-2), epochs(100)),
    Case("well_diabetes", HEALTHY, real("diabetes"), mlp(32), adam(3e-3), stopped(80)),
    Case("linear_digits", HEALTHY, DIGITS, LINEAR, adam(1e-2), epochs(20)),
    Case("cnn_digits", HEALTHY, DIGITS, CNN, adam(1e-2), epochs(8)),
    Case(
        "fair_weights",
        HEALTHY,
        partial(rare, 800, 0.1, 22, 4),
        mlp(16),
        adam(1e-2),
        stopped(40),
        BALANCED,
    ),
    Case(
        "quadratic_cost", HEALTHY, DIGITS, SIGMOIDS, sgd(3.0), epochs(30, batch_size=32), QUADRATIC
    ),
    Case("well_wine", HEALTHY, real("wine"), mlp(32, activation="tanh"), adam(1e-2), stopped(60)),
]
