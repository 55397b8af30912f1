"""Flaws in how a model is built and trained."""

from __future__ import annotations

from tests.reference.lint_cases.case import (
    FOREST,
    LOGISTIC,
    MLP,
    MOMENTUM,
    Case,
    changed,
    classify,
    regress,
)
from tests.reference.lint_cases.tables import (
    churn,
    clusters,
    curve,
    diabetes,
    digits,
    houses,
    real,
    wine,
)

DIGITS = "dataset: {name: digits}\n"
SPIRAL = "dataset: {name: spiral}\n"
SMALL_DIGITS = "model: {name: mlp, hidden_sizes: [64], activation: relu}\n"
ADAM = "optimizer: {name: adam, lr: 2e-3}\n"
TRAIN = "train: {epochs: 40, batch_size: 32, early_stopping: {patience: 8}}\n"


FLAWED_BUDGETS = {
    "budget_full_batch": Case(
        "Ten epochs of the full batch are ten steps.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: sgd, lr: 0.1}\n"
        "train: {epochs: 10, batch_size: full}\n",
        kind="budget",
    ),
    "budget_adam": Case(
        "Two epochs of batches of 512 are six steps of Adam.",
        DIGITS + SMALL_DIGITS + ADAM + "train: {epochs: 2, batch_size: 512}\n",
        kind="budget",
    ),
    "budget_iterations": Case(
        "L-BFGS is cut off after two iterations.",
        classify("cultivar", changed(LOGISTIC, "C: 1.0", "C: 1.0, max_iter: 2")),
        wine,
        kind="budget",
    ),
    "budget_curve": Case(
        "Three epochs on 300 rows: 15 steps for a curve.",
        regress(
            "y",
            "model: {name: mlp, hidden_sizes: [32], activation: tanh}\n"
            "optimizer: {name: adam, lr: 1e-3}\ntrain: {epochs: 3, batch_size: 64}\n",
        ),
        lambda: curve(seed=43),
        kind="budget",
    ),
    "limit_forgotten": Case(
        "limit_batches of a quick try was left in: 2 of 40 batches are used.",
        DIGITS + SMALL_DIGITS + ADAM + "train: {epochs: 30, batch_size: 32, limit_batches: 2}\n",
        kind="limit_batches",
    ),
    "limit_table": Case(
        "A real experiment of 10 seeds sees one batch per epoch.",
        classify("answer", changed(MLP, "seeds: 3", "seeds: 10, limit_batches: 1")),
        lambda: churn(seed=44),
        kind="limit_batches",
    ),
    "stop_patience_1": Case(
        "One epoch without improvement ends the training.",
        classify("kind", changed(MLP, "patience: 12", "patience: 1")),
        lambda: clusters(seed=45),
        kind="early_stopping",
    ),
    "stop_on_five_rows": Case(
        "Seven rows decide when to stop: val is 0.04 of 178.",
        classify("cultivar", keys=", split: {val: 0.04}"),
        wine,
        kind="early_stopping",
    ),
    "stop_on_large_steps": Case(
        "Only improvements of the loss by 0.5 count: training ends at once.",
        classify("answer", changed(MLP, "patience: 12", "patience: 5, min_delta: 0.5")),
        lambda: churn(seed=46),
        kind="early_stopping",
    ),
    "stop_never": Case(
        "Evaluated every 20 epochs of 80 with a patience of 12: it can never stop.",
        regress("progression", changed(MLP, "seeds: 3", "seeds: 3, eval_every: 20")),
        diabetes,
        kind="early_stopping",
    ),
    "clip_tiny": Case(
        "Gradients are clipped to 1e-5: with SGD that is the length of every step.",
        classify("kind", changed(MOMENTUM, "seeds: 3", "seeds: 3, clip_norm: 1e-5")),
        lambda: clusters(seed=47),
        kind="clip",
    ),
    "clip_small": Case(
        "Gradients are clipped to 0.001 with a rate of 0.01: 1e-5 a step.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: sgd, lr: 0.01}\n"
        "train: {epochs: 30, batch_size: 32, clip_norm: 0.001}\n",
        kind="clip",
    ),
}

FLAWED_MODELS = {
    "decay_sgd": Case(
        "A weight decay of 1 with SGD pulls all weights to zero.",
        classify("kind", changed(MOMENTUM, "momentum: 0.9", "momentum: 0.9, weight_decay: 1")),
        lambda: clusters(seed=48),
        kind="weight_decay",
    ),
    "decay_adamw": Case(
        "AdamW with a decay of 30 takes 9 % off each weight every step.",
        classify("cultivar", changed(MLP, "adam, lr: 3e-3", "adamw, lr: 3e-3, weight_decay: 30")),
        wine,
        kind="weight_decay",
    ),
    "decay_adam": Case(
        "An L2 penalty of 2 in Adam is larger than any gradient.",
        regress("price", changed(MLP, "lr: 3e-3", "lr: 3e-3, weight_decay: 2")),
        lambda: houses(seed=49),
        kind="weight_decay",
    ),
    "decay_C": Case(
        "C of 1e-6: the penalty leaves no weights.",
        classify("diagnosis", changed(LOGISTIC, "C: 1.0", "C: 1e-6")),
        lambda: real("breast_cancer"),
        kind="weight_decay",
    ),
    "bottleneck_one": Case(
        "Ten digits must pass through one unit.",
        DIGITS + "model: {name: mlp, hidden_sizes: [64, 1, 64], activation: relu}\n" + ADAM + TRAIN,
        kind="bottleneck",
    ),
    "bottleneck_two": Case(
        "64 pixels and 10 classes with a hidden layer of two units.",
        classify("digit", changed(MLP, "[32]", "[2]")),
        digits,
        kind="bottleneck",
    ),
    "dropout_most": Case(
        "Nine of ten of the 16 hidden units are dropped.",
        classify("answer", changed(MLP, "[32]", "[16], dropout: 0.9")),
        lambda: churn(seed=50),
        kind="dropout",
    ),
    "dropout_tiny_layer": Case(
        "Half of four hidden units are dropped in a regression.",
        regress("y", changed(MLP, "[32]", "[4], dropout: 0.5")),
        lambda: curve(seed=51),
        kind="dropout",
    ),
    "init_zero": Case(
        "Weights start at 1e-9: the layers pass nothing on.",
        classify("kind", changed(MOMENTUM, "tanh", "tanh, init: normal, init_std: 1e-9")),
        lambda: clusters(seed=52),
        kind="initialisation",
    ),
    "init_huge": Case(
        "Weights of standard deviation 20 saturate every tanh.",
        classify("cultivar", changed(MOMENTUM, "tanh", "tanh, init: normal, init_std: 20")),
        wine,
        kind="initialisation",
    ),
    "deep_sigmoid": Case(
        "Eight layers of sigmoid units: the gradient vanishes.",
        DIGITS + "model: {name: mlp, hidden_sizes: [32, 32, 32, 32, 32, 32, 32, 32],"
        " activation: sigmoid}\noptimizer: {name: sgd, lr: 0.1}\n" + TRAIN,
        kind="activation_depth",
    ),
    "only_linear": Case(
        "Three layers without an activation are one line; the arms of a spiral are not.",
        SPIRAL
        + "model: {name: mlp, hidden_sizes: [64, 64], activation: identity}\n"
        + ADAM
        + TRAIN,
        kind="linear_model",
    ),
    "logistic_of_xor": Case(
        "A line cannot separate exclusive or.",
        "dataset: {name: xor}\nmodel: {name: logistic}\noptimizer: {name: sgd, lr: 0.1}\n"
        "train: {epochs: 50, batch_size: 20}\n",
        kind="linear_model",
    ),
    "softmax_twice": Case(
        "Cross-entropy applies softmax itself; here it is applied twice.",
        classify("cultivar", changed(MLP, "relu", "relu, output_activation: softmax")),
        wine,
        kind="output_activation",
    ),
    "smoothing_most": Case(
        "Nine tenths of the probability go to all classes.",
        classify("species", MLP + "loss: {name: cross_entropy, label_smoothing: 0.95}\n"),
        lambda: real("iris"),
        kind="label_smoothing",
    ),
    "neighbours_all": Case(
        "120 neighbours of 124 training rows vote: always the frequent class.",
        classify("cultivar", changed(FOREST, "random_forest", "knn, n_neighbors: 120")),
        wine,
        kind="estimator_setting",
    ),
    "svm_no_fit": Case(
        "C of 1e-6 makes a support vector machine constant.",
        classify("kind", changed(FOREST, "random_forest", "svm, C: 1e-6")),
        lambda: clusters(seed=54),
        kind="estimator_setting",
    ),
}
