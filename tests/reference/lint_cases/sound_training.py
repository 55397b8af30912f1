"""Sound experiments whose training looks odd, or do not."""

from __future__ import annotations

from tests.reference.lint_cases.case import (
    MLP,
    MOMENTUM,
    Case,
    changed,
    classify,
    lines,
    regress,
)
from tests.reference.lint_cases.tables import cancer, clusters, curve, diabetes, houses, real, wine

SOUND_TRAINING = {
    "digits_mlp": Case(
        "An ordinary MLP on digits.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [64, 64]}",
            "optimizer: {name: adam, lr: 1e-3}",
            "train: {epochs: 30, batch_size: 32}",
        ),
    ),
    "spiral_mlp": Case(
        "An ordinary MLP on the spiral.",
        lines(
            "dataset: {name: spiral, num_samples: 600}",
            "model: {name: mlp, hidden_sizes: [64, 64], activation: relu}",
            "optimizer: {name: adam, lr: 5e-3}",
            "train: {epochs: 100, batch_size: 32}",
        ),
    ),
    "xor_small": Case(
        "Six tanh units are enough for exclusive or.",
        lines(
            "dataset: {name: xor}",
            "model: {name: mlp, hidden_sizes: [6], activation: tanh}",
            "optimizer: {name: adam, lr: 0.02}",
            "train: {epochs: 100, batch_size: 20, seeds: 5}",
        ),
    ),
    "xor_quadrants": Case(
        "Logistic regression of exclusive or, on one-hot quadrants: a line separates those.",
        lines(
            "dataset: {name: xor, features: quadrants}",
            "model: {name: logistic}",
            "optimizer: {name: sgd, lr: 0.5}",
            "train: {epochs: 60, batch_size: 20}",
        ),
    ),
    "blobs_logistic": Case(
        "A line separates the clusters.",
        lines(
            "dataset: {name: blobs}",
            "model: {name: logistic}",
            "optimizer: {name: sgd, lr: 0.1}",
            "train: {epochs: 40, batch_size: 20}",
        ),
    ),
    "curve_full_batch": Case(
        "1,500 epochs of the full batch are 1,500 steps: right for 300 points.",
        lines(
            "dataset: {name: regression, num_samples: 300}",
            "model: {name: mlp, hidden_sizes: [24], activation: elu}",
            "optimizer: {name: adam, lr: 0.01}",
            "train: {epochs: 1500, batch_size: full, eval_every: 20}",
        ),
    ),
    "quadratic_sigmoid": Case(
        "The quadratic cost of sigmoid units has small gradients: a rate of 3 is right.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [30], activation: sigmoid,"
            " output_activation: sigmoid, init: xavier}",
            "loss: {name: quadratic}",
            "optimizer: {name: sgd, lr: 3.0}",
            "train: {epochs: 60, batch_size: 10}",
        ),
    ),
    "full_batch_rate_1": Case(
        "The full batch of scaled features is convex: a rate of 1 is fast and safe.",
        classify(
            "species",
            lines(
                "model: {name: logistic}",
                "optimizer: {name: sgd, lr: 1.0}",
                "train: {epochs: 400, batch_size: full}",
            ),
        ),
        lambda: real("iris"),
    ),
    "dropout_regression": Case(
        "A dropout of 0.05 in a wide layer, in a regression.",
        regress("y", changed(MLP, "[32]", "[128], dropout: 0.05")),
        lambda: curve(500, seed=120),
    ),
    "dropout_wide": Case(
        "Half of 512 units are dropped, as published for pictures.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [512], activation: relu, dropout: 0.5}",
            "optimizer: {name: adam, lr: 1e-3}",
            "train: {epochs: 30, batch_size: 32}",
        ),
    ),
    "momentum": Case(
        "0.01 with a momentum of 0.9 over 60 epochs.",
        classify("cultivar", changed(MOMENTUM, "lr: 0.02", "lr: 0.01")),
        wine,
    ),
    "nesterov_cycle": Case(
        "One cycle of SGD with Nesterov's momentum.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [64], activation: relu}",
            "optimizer: {name: sgd, lr: 0.1, momentum: 0.9, nesterov: true}",
            "schedule: {name: one_cycle}",
            "train: {epochs: 20, batch_size: 32}",
        ),
    ),
    "rmsprop": Case(
        "RMSprop with 1e-3.",
        regress("progression", changed(MLP, "adam, lr: 3e-3", "rmsprop, lr: 1e-3")),
        diabetes,
    ),
    "adagrad": Case(
        "Adagrad needs a larger rate than Adam.",
        classify("kind", changed(MLP, "adam, lr: 3e-3", "adagrad, lr: 0.1")),
        lambda: clusters(seed=121),
    ),
    "adam_logistic": Case(
        "Adam with 0.05 for a convex problem.",
        classify(
            "diagnosis",
            lines(
                "model: {name: logistic}",
                "optimizer: {name: adam, lr: 0.05}",
                "train: {epochs: 60, batch_size: 64}",
            ),
        ),
        cancer,
    ),
    "slow_and_long": Case(
        "1e-4 of Adam for 500 epochs: slow, but there is time.",
        classify("cultivar", changed(changed(MLP, "3e-3", "5e-4"), "epochs: 80", "epochs: 600")),
        wine,
    ),
    "adamw_decay": Case(
        "A decay of 0.1 with AdamW.",
        classify("diagnosis", changed(MLP, "adam, lr: 3e-3", "adamw, lr: 3e-3, weight_decay: 0.1")),
        cancer,
    ),
    "l2": Case(
        "An L2 penalty of 1e-3 with SGD.",
        classify("kind", changed(MOMENTUM, "momentum: 0.9", "momentum: 0.9, weight_decay: 1e-3")),
        lambda: clusters(seed=122),
    ),
    "clip_1": Case(
        "Gradients are clipped to 1, as usual.",
        classify("cultivar", changed(MOMENTUM, "seeds: 3", "seeds: 3, clip_norm: 1.0")),
        wine,
    ),
    "clip_adam": Case(
        "Clipping to 0.1 with Adam, whose steps do not depend on the scale.",
        classify("cultivar", changed(MLP, "seeds: 3", "seeds: 3, clip_norm: 0.1")),
        wine,
    ),
    "warmup": Case(
        "50 of 3,780 steps of warm-up.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [64], activation: relu}",
            "optimizer: {name: adam, lr: 3e-3}",
            "schedule: {name: cosine, warmup_steps: 50}",
            "train: {epochs: 30, batch_size: 32}",
        ),
    ),
    "plateau": Case(
        "The rate is halved after 4 epochs without improvement, training stops after 15.",
        classify(
            "diagnosis",
            changed(MLP, "patience: 12}}", "patience: 15}}")
            + "schedule: {name: plateau, patience: 4, factor: 0.5}\n",
        ),
        cancer,
    ),
    "steps": Case(
        "The rate falls to a third every 20 of 60 epochs.",
        classify("kind", changed(MOMENTUM, "cosine", "step, step_epochs: 20, gamma: 0.3")),
        lambda: clusters(seed=123),
    ),
    "patience_20": Case(
        "A patience of 20 and a least improvement of 1e-4.",
        regress("price", changed(MLP, "patience: 12", "patience: 20, min_delta: 1e-4")),
        lambda: houses(seed=124),
    ),
}
