"""Cases written after the review of the linter, which says what its rules did."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases.case import (
    LOGISTIC,
    MLP,
    MOMENTUM,
    Case,
    changed,
    classify,
    lines,
    regress,
)
from tests.reference.lint_cases.tables import (
    clusters,
    curve,
    digits,
    houses,
    numbers,
    rare,
    take,
    wine,
)


def contradicting():
    """Return measurements of which a third are there twice, with opposite labels."""
    table = clusters(200, classes=2, features=5, seed=140)
    again = take(table, slice(0, 65))
    again["kind"] = np.where(again["kind"] == "a", "b", "a")
    return {name: np.concatenate([table[name], again[name]]) for name in table}


def around_a_million():
    rng = np.random.default_rng(141)
    matrix = rng.normal(size=(300, 3))
    label = np.where(matrix[:, 0] + 0.3 * rng.normal(size=300) > 0, "up", "down")
    return {**numbers("frequency_", 1e6 + matrix), "shift": label}


def summed_target():
    table = curve(300, seed=142)
    half = np.round(0.5 * table["y"] + np.random.default_rng(143).normal(size=300), 4)
    return {"first_half": half, "second_half": np.round(table["y"] - half, 4), **table}


def nearly_repeated():
    table = curve(150, seed=144)
    rng = np.random.default_rng(145)
    again = {k: v if k == "y" else v + 1e-6 * rng.normal(size=150) for k, v in table.items()}
    return {name: np.concatenate([table[name], again[name]]) for name in table}


def sales():
    """Return monthly sales of one shop, in the order of the months."""
    rng = np.random.default_rng(146)
    month = np.arange(240)
    trend = 0.5 * month + 8 * np.sin(month * np.pi / 6) + rng.normal(0, 2, 240)
    dates = np.datetime_as_string(np.datetime64("2004-01") + month)
    return {"month": np.char.add(dates, "-01"), "adverts": rng.poisson(5, 240), "sold": trend}


def repeated_measurements():
    """Return three measurements of each of 80 leaves; the leaf has a number."""
    rng = np.random.default_rng(147)
    leaf = np.repeat(np.arange(80), 3)
    own = rng.normal(size=(80, 5))
    tree = np.array(["oak", "beech"])[(own[:, 0] + rng.normal(size=80) > 0).astype(int)]
    return {
        "leaf": leaf,
        **numbers("m", own[leaf] + 0.1 * rng.normal(size=(240, 5))),
        "tree": tree[leaf],
    }


def aged():
    rng = np.random.default_rng(152)
    age, spent = rng.integers(20, 75, 400), rng.gamma(3, 20, 400).round(1)
    answer = rng.random(400) < 1 / (1 + np.exp(-(age - 48) / 8 - (spent - 60) / 30))
    age = np.where(rng.random(400) < 0.1, -1, age)
    return {"age": age, "spent": spent, "answer": np.where(answer, "yes", "no")}


def in_cents():
    table = houses(seed=151)
    return {**table, "price": table["price"] * 100}


REVIEWED_FLAWED = {
    "leak_halves": Case(
        "first_half + second_half is the target; neither alone says it.",
        regress("y", LOGISTIC),
        summed_target,
        kind="leak",
        blind=False,
    ),
    "duplicates_1e-6": Case(
        "Every row is there twice, with a jitter of one in a million.",
        regress("y"),
        nearly_repeated,
        kind="duplicates",
        blind=False,
    ),
    "time_months": Case(
        "Monthly sales with a trend are split at random: the test months lie between known ones.",
        regress("sold"),
        sales,
        kind="time",
        blind=False,
    ),
    "groups_leaves": Case(
        "Each leaf was measured three times, and its number left out: split by leaf.",
        classify("tree", keys=", drop: [leaf]"),
        repeated_measurements,
        kind="groups",
        blind=False,
    ),
    "contradicting_labels": Case(
        "A third of the rows are there again with the other label: a join went wrong.",
        classify("kind"),
        contradicting,
        kind="contradicting_labels",
        blind=False,
    ),
    "offset_unscaled": Case(
        "Frequencies of 1,000,000 plus or minus 1 are not standardised.",
        classify("shift", MOMENTUM, ", standardize: false"),
        around_a_million,
        kind="unscaled_features",
        blind=False,
    ),
    "rate_momentum_digits": Case(
        "0.9 with a momentum of 0.99: an effective rate of 90.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [32]}",
            "optimizer: {name: sgd, lr: 0.9, momentum: 0.99}",
            "train: {epochs: 20, batch_size: 32}",
        ),
        kind="lr_too_high",
        blind=False,
    ),
    "rate_adam_one_epoch": Case(
        "One epoch of Adam at 1e-5.",
        lines(
            "dataset: {name: digits}",
            "model: {name: mlp, hidden_sizes: [32]}",
            "optimizer: {name: adam, lr: 1e-5}",
            "train: {epochs: 1, batch_size: 32}",
        ),
        kind="lr_too_low",
        blind=False,
    ),
    "batch_larger_than_data": Case(
        "Batches of 4,096 of 210 training rows: one step an epoch, 20 in all.",
        classify(
            "kind",
            lines(
                "model: {name: mlp, hidden_sizes: [32]}",
                "optimizer: {name: sgd, lr: 0.05}",
                "train: {epochs: 20, batch_size: 4096}",
            ),
        ),
        lambda: clusters(seed=148),
        kind="budget",
        blind=False,
    ),
    "batch_norm_of_one": Case(
        "Batch norm on batches of one example: its variance is that of one picture.",
        lines(
            "dataset: {name: digits}",
            "model: {name: fashion_cnn, channels: [4, 8], hidden_sizes: [32, 16]}",
            "optimizer: {name: adam, lr: 1e-3}",
            "train: {epochs: 5, batch_size: 1}",
        ),
        kind="batch_size",
        blind=False,
    ),
    "sigmoid_before_softmax": Case(
        "Outputs pass a sigmoid before the softmax of cross-entropy: no class can be sure.",
        classify("digit", changed(MLP, "relu", "relu, output_activation: sigmoid")),
        digits,
        kind="output_activation",
        blind=False,
    ),
    "weighted_f1_of_fraud": Case(
        "Of 600 claims 3 % are fraud, and the support-weighted f1 chooses the epoch.",
        classify("fraud", changed(MLP, "seeds: 3", "seeds: 3, monitor: val.f1")),
        lambda: rare(600, share=0.03, seed=149),
        kind="imbalance_metric",
        blind=False,
    ),
    "decay_rmsprop": Case(
        "RMSprop with a weight decay of 3.",
        classify("kind", changed(MLP, "adam, lr: 3e-3", "rmsprop, lr: 1e-3, weight_decay: 3")),
        lambda: clusters(seed=150),
        kind="weight_decay",
        blind=False,
    ),
    "dropout_eights": Case(
        "Three quarters of eight units are dropped, twice.",
        classify("cultivar", changed(MLP, "[32]", "[8, 8], dropout: 0.75")),
        wine,
        kind="dropout",
        blind=False,
    ),
    "six_sigmoids": Case(
        "Six layers of sigmoid units on a table, with plain SGD.",
        classify(
            "cultivar",
            changed(
                changed(
                    MLP, "[32], activation: relu", "[16, 16, 16, 16, 16, 16], activation: sigmoid"
                ),
                "adam, lr: 3e-3",
                "sgd, lr: 0.05",
            ),
        ),
        wine,
        kind="activation_depth",
        blind=False,
    ),
    "target_in_cents": Case(
        "Prices in cents, not standardised, with plain SGD.",
        regress("price", changed(MOMENTUM, "lr: 0.02", "lr: 0.01"), ", standardize_target: false"),
        in_cents,
        kind="unscaled_target",
        blind=False,
    ),
    "sentinel_minus_one": Case(
        "An age of -1 stands for a customer who did not say it.",
        classify("answer"),
        aged,
        kind="sentinel",
        blind=False,
    ),
}
