"""Sound experiments written after the review, next to what new rules may take for flaws."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases.case import MLP, MOMENTUM, Case, changed, classify, lines, regress
from tests.reference.lint_cases.odd import cities, labels, rng, sigmoid
from tests.reference.lint_cases.tables import clusters, curve, houses, numbers, real, take


def hospitals():
    """Return independent patients of four hospitals."""
    site = np.array(["north", "south", "east", "west"])[rng(160).integers(0, 4, 400)]
    matrix = rng(161).normal(size=(400, 4))
    chance = sigmoid(1.5 * matrix[:, 0] - matrix[:, 1] + (site == "north"))
    return {"hospital": site, **numbers("lab_", matrix), "ill": labels(chance, 162)}


def doses():
    """Return a trial with four doses, a few times each, and a continuous measurement."""
    dose, weight = rng(163).choice([0, 10, 20, 40], 300), rng(164).normal(75, 12, 300).round(2)
    pressure = 140 - 0.5 * dose + 0.2 * (weight - 75) + rng(165).normal(0, 4, 300)
    return {"dose": dose, "weight": weight, "pressure": pressure.round(1)}


def capped_ages():
    """Return persons; ages above 90 are written as 90."""
    age = np.minimum(np.round(rng(166).normal(72, 12, 400)), 90).astype(int)
    score = rng(167).normal(size=400).round(3)
    return {"age": age, "score": score, "falls": labels(sigmoid((age - 72) / 8 + score), 168)}


def sorted_cities():
    table = cities()
    return take(table, np.argsort(table["population"]))


def wave():
    x = rng(169).uniform(0, 10, 500)
    y = np.sin(x) + 0.1 * rng(170).normal(size=500)
    return {"x": x.round(4), "y": y.round(4)}


def two_arms():
    """Return lengths of both arms, which are nearly the same, and the weight."""
    left = rng(171).normal(64, 4, 300)
    right, waist = left + rng(172).normal(0, 0.4, 300), rng(173).normal(85, 10, 300)
    weight = 0.9 * left + 0.8 * waist - 50 + rng(174).normal(0, 4, 300)
    table = {"left_arm": left, "right_arm": right, "waist": waist, "weight": weight}
    return {name: values.round(1) for name, values in table.items()}


def purchases():
    """Return purchases of different customers, in no order; the day does not matter."""
    table = clusters(400, classes=2, features=5, distance=2, seed=175)
    start = np.datetime64("2023-01-01")
    bought = np.datetime_as_string(start + rng(176).integers(0, 365, 400))
    return {"bought": bought, **table}


def mansions():
    """Return prices with a long tail; the dearest are eight times the median."""
    table = curve(400, noise=0.2, seed=177)
    return {**table, "y": np.round(200 * np.exp(0.35 * table["y"]), 1)}


REVIEWED_SOUND = {
    "hospitals": Case(
        "The hospital is a feature of independent patients; new ones come from the same four.",
        classify("ill"),
        hospitals,
        blind=False,
    ),
    "doses": Case(
        "A dose has four values: a design, and no categories.",
        regress("pressure", MOMENTUM),
        doses,
        blind=False,
    ),
    "capped_ages": Case(
        "Ages end at 90, where older ones are put together: a limit, not a missing value.",
        classify("falls"),
        capped_ages,
        blind=False,
    ),
    "sorted_cities": Case(
        "The rows are sorted by population, and split at random.",
        regress("traffic"),
        sorted_cities,
        blind=False,
    ),
    "wave": Case(
        "500 points of one feature are close to each other: a line is dense.",
        regress("y", changed(MLP, "relu", "tanh").replace("3e-3", "1e-2")),
        wave,
        blind=False,
    ),
    "two_arms": Case(
        "Left and right arm are nearly equal: correlated features, none is the target.",
        regress("weight"),
        two_arms,
        blind=False,
    ),
    "purchases": Case(
        "Purchases of different customers in no order; their date is left out.",
        classify("kind", keys=", drop: [bought]"),
        purchases,
        blind=False,
    ),
    "long_tail": Case(
        "Prices with a moderate tail, standardised.",
        regress("y"),
        mansions,
        blind=False,
    ),
    "patience_in_evaluations": Case(
        "A patience of 3 at one evaluation in 20 epochs is 60 epochs.",
        regress(
            "y",
            lines(
                "model: {name: mlp, hidden_sizes: [24], activation: tanh}",
                "optimizer: {name: adam, lr: 0.01}",
                "train: {epochs: 1500, batch_size: full, eval_every: 20,"
                " early_stopping: {patience: 3}}",
            ),
        ),
        lambda: curve(400, seed=178),
        blind=False,
    ),
    "two_units": Case(
        "Two hidden units for two classes that a curve parts.",
        classify("kind", changed(MLP, "[32]", "[2]").replace("3e-3", "1e-2")),
        lambda: clusters(300, features=3, classes=2, distance=2.5, seed=179),
        blind=False,
    ),
    "decay_of_sgd": Case(
        "A weight decay of 0.01 with SGD.",
        classify(
            "cultivar", changed(MOMENTUM, "momentum: 0.9", "momentum: 0.9, weight_decay: 0.01")
        ),
        lambda: real("wine"),
        blind=False,
    ),
    "dropout_classes": Case(
        "A fifth of 32 units is dropped in a classification.",
        classify("diagnosis", changed(MLP, "[32]", "[32], dropout: 0.2")),
        lambda: real("breast_cancer"),
        blind=False,
    ),
    "momentum_095": Case(
        "0.005 with a momentum of 0.95.",
        regress("price", changed(MOMENTUM, "lr: 0.02, momentum: 0.9", "lr: 0.005, momentum: 0.95")),
        lambda: houses(seed=180),
        blind=False,
    ),
}
