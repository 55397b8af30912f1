"""Sound experiments whose models look odd, or do not."""

from __future__ import annotations

from tests.reference.lint_cases.case import (
    FOREST,
    LOGISTIC,
    MLP,
    MOMENTUM,
    Case,
    changed,
    classify,
    lines,
    regress,
)
from tests.reference.lint_cases.tables import cancer, churn, clusters, curve, digits, real, wine

SOUND_MODELS = {
    "narrowing": Case(
        "64, 32, 16: layers get narrower towards two classes.",
        classify("diagnosis", changed(MLP, "[32]", "[64, 32, 16]")),
        cancer,
    ),
    "narrow_middle": Case(
        "A layer of 16 between 64 pixels and 10 classes: narrow, but wide enough.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [64, 16, 64], activation: relu}",
            "optimizer: {name: adam, lr: 2e-3}",
            "train: {epochs: 40, batch_size: 32}",
        ),
    ),
    "four_units": Case(
        "Four units for two classes of four features.",
        classify("kind", changed(MLP, "[32]", "[4]")),
        lambda: clusters(300, features=4, classes=2, distance=2, seed=125),
    ),
    "deep_relu": Case(
        "Five ReLU layers with Kaiming's weights.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [64, 64, 64, 64, 64], init: kaiming}",
            "optimizer: {name: adam, lr: 1e-3}",
            "train: {epochs: 30, batch_size: 32}",
        ),
    ),
    "deep_tanh": Case(
        "Four tanh layers with Xavier's weights.",
        classify(
            "kind",
            changed(
                MOMENTUM,
                "[24, 24], activation: tanh",
                "[32, 32, 32, 32], activation: tanh, init: xavier",
            ),
        ),
        lambda: clusters(400, seed=126),
    ),
    "sigmoid_layer": Case(
        "One layer of sigmoid units with Adam.",
        classify("cultivar", changed(MLP, "relu", "sigmoid").replace("3e-3", "1e-2")),
        wine,
    ),
    "no_hidden_layer": Case(
        "An MLP without hidden layers is logistic regression.",
        classify(
            "cultivar", changed(MLP, "hidden_sizes: [32], activation: relu", "hidden_sizes: []")
        ),
        wine,
    ),
    "online": Case(
        "Batches of one example with a small rate: online learning.",
        classify(
            "species",
            lines(
                "model: {name: mlp, hidden_sizes: [16], activation: tanh}",
                "optimizer: {name: sgd, lr: 0.01}",
                "train: {epochs: 60, batch_size: 1, seeds: 3}",
            ),
        ),
        lambda: real("iris"),
    ),
    "float64": Case(
        "Double precision and twenty seeds.",
        regress("y", changed(MLP, "seeds: 3", "seeds: 20, precision: float64")),
        lambda: curve(seed=127),
    ),
    "smoothing": Case(
        "A tenth of label smoothing.",
        classify(
            "digit",
            changed(MLP, "[32]", "[64]") + "loss: {name: cross_entropy, label_smoothing: 0.1}\n",
        ),
        digits,
    ),
    "boosting": Case(
        "Gradient boosting of a table.",
        regress("y", changed(FOREST, "random_forest", "gradient_boosting, max_iter: 60")),
        lambda: curve(400, seed=128),
    ),
    "neighbours": Case(
        "Seven scaled neighbours.",
        classify("cultivar", changed(FOREST, "random_forest", "knn, n_neighbors: 7")),
        wine,
    ),
    "svm": Case(
        "A support vector machine with the usual C.",
        classify("diagnosis", changed(FOREST, "random_forest", "svm")),
        cancer,
    ),
    "always_the_frequent": Case(
        "The baseline that names the frequent class, on purpose.",
        classify("answer", changed(FOREST, "random_forest", "dummy")),
        lambda: churn(seed=129),
    ),
    "no_validation": Case(
        "L-BFGS has nothing to choose, so no rows validate.",
        classify("diagnosis", LOGISTIC, ", split: {val: 0}"),
        cancer,
    ),
    "third_tests": Case(
        "A third of the rows test.",
        classify("answer", keys=", split: {test: 0.33, val: 0.17}"),
        lambda: churn(500, seed=130),
    ),
}
