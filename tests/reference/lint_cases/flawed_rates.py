"""Learning rates and schedules that do not work."""

from __future__ import annotations

from tests.reference.lint_cases.case import (
    MLP,
    MOMENTUM,
    Case,
    changed,
    classify,
    regress,
)
from tests.reference.lint_cases.tables import clusters, curve, diabetes, digits, real, wine

DIGITS = "dataset: {name: digits}\n"
SPIRAL = "dataset: {name: spiral}\n"
SMALL_DIGITS = "model: {name: mlp, hidden_sizes: [64], activation: relu}\n"
ADAM = "optimizer: {name: adam, lr: 2e-3}\n"
TRAIN = "train: {epochs: 40, batch_size: 32, early_stopping: {patience: 8}}\n"


FLAWED_RATES = {
    "rate_sgd": Case(
        "A learning rate of 20 for plain SGD on digits: the loss explodes.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: sgd, lr: 20}\n" + TRAIN,
        kind="lr_too_high",
    ),
    "rate_adam": Case(
        "Adam moves each weight by 0.5 a step.",
        classify("digit", changed(MLP, "lr: 3e-3", "lr: 0.5")),
        digits,
        kind="lr_too_high",
        blind=False,
    ),
    "rate_momentum": Case(
        "0.5 with a momentum of 0.99 is an effective rate of 50.",
        classify("kind", changed(MOMENTUM, "lr: 0.02, momentum: 0.9", "lr: 0.5, momentum: 0.99")),
        lambda: clusters(seed=40),
        kind="lr_too_high",
    ),
    "rate_rmsprop": Case(
        "RMSprop with 0.3 jumps about.",
        regress("progression", changed(MLP, "adam, lr: 3e-3", "rmsprop, lr: 0.3")),
        diabetes,
        kind="lr_too_high",
    ),
    "rate_cycle": Case(
        "The peak of the cycle is 3 for Adam.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: adam, lr: 3}\n"
        "schedule: {name: one_cycle}\ntrain: {epochs: 20, batch_size: 32}\n",
        kind="lr_too_high",
        blind=False,
    ),
    "rate_tiny_sgd": Case(
        "SGD with 1e-5 hardly moves in 40 epochs.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: sgd, lr: 1e-5}\n" + TRAIN,
        kind="lr_too_low",
    ),
    "rate_tiny_adam": Case(
        "Adam with 1e-7: 500 steps move a weight by 5e-5.",
        classify("species", changed(MLP, "3e-3", "1e-7")),
        lambda: real("iris"),
        kind="lr_too_low",
    ),
    "rate_tiny_adagrad": Case(
        "Adagrad with 1e-4 moves less with every step.",
        regress("y", changed(MLP, "adam, lr: 3e-3", "adagrad, lr: 1e-4")),
        lambda: curve(seed=41),
        kind="lr_too_low",
    ),
    "rate_eps": Case(
        "Adam with eps 100 divides every gradient by 100: the rate is 1e-5.",
        classify("cultivar", changed(MLP, "lr: 3e-3", "lr: 1e-3, eps: 100")),
        wine,
        kind="lr_too_low",
    ),
    "rate_cut_each_epoch": Case(
        "The rate is cut to a tenth after every epoch: from the fourth on nothing moves.",
        SPIRAL + SMALL_DIGITS + "optimizer: {name: adam, lr: 1e-3}\n"
        "schedule: {name: step, step_epochs: 1, gamma: 0.1}\ntrain: {epochs: 60}\n",
        kind="schedule",
    ),
    "schedule_never_steps": Case(
        "The first cut comes after 300 epochs, the run has 60.",
        classify("kind", changed(MOMENTUM, "cosine", "step, step_epochs: 300")),
        lambda: clusters(seed=42),
        kind="schedule",
    ),
    "plateau_after_stop": Case(
        "Training stops after 4 epochs without improvement, the rate is cut only after 10.",
        classify(
            "diagnosis",
            changed(MLP, "patience: 12}}", "patience: 4}}")
            + "schedule: {name: plateau, patience: 10}\n",
        ),
        lambda: real("breast_cancer"),
        kind="schedule",
    ),
    "warmup_forever": Case(
        "The warm-up has 5,000 steps, the run 480.",
        classify("cultivar", MLP + "schedule: {name: constant, warmup_steps: 5000}\n"),
        wine,
        kind="warmup",
    ),
    "warmup_most": Case(
        "The rate rises for 1,100 of 1,180 steps: it is never used at its value.",
        DIGITS + SMALL_DIGITS + "optimizer: {name: sgd, lr: 0.05, momentum: 0.9}\n"
        "schedule: {name: cosine, warmup_steps: 1100}\ntrain: {epochs: 30, batch_size: 32}\n",
        kind="warmup",
    ),
}
