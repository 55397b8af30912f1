"""Flaws in how rows are split, tested and weighed."""

from __future__ import annotations

import numpy as np

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
    clusters,
    curve,
    digits,
    features_mapped,
    houses,
    numbers,
    patients,
    rare,
    real,
    series,
    shuffled,
    take,
)


def machines():
    """Return windows of vibration: twelve machines, each in one state."""
    rng = np.random.default_rng(20)
    machine = np.repeat(np.arange(12), 30)
    own = rng.normal(size=(12, 6))
    matrix = own[machine] + 0.2 * rng.normal(size=(360, 6))
    state = np.array(["worn", "good", "loose"])[machine % 3]
    return {"machine": machine + 1, **numbers("band_", matrix), "state": state}


def speakers():
    """Return ages of speakers from many utterances of each."""
    rng = np.random.default_rng(21)
    speaker = np.repeat(np.arange(30), 10)
    age = rng.integers(18, 80, 30)
    matrix = rng.normal(size=(30, 6))[speaker] + 0.2 * rng.normal(size=(300, 6))
    matrix[:, 0] += age[speaker] / 30
    return {"speaker": speaker + 1, **numbers("mfcc_", matrix), "age": age[speaker]}


def hours():
    """Return hourly temperatures with a timestamp and the values of the last hours."""
    table = series(400, seed=22)
    start = np.datetime64("2023-03-01T00:00")
    stamps = np.datetime_as_string(start + np.arange(400) * np.timedelta64(60, "m"))
    named = {k.replace("load", "temp").replace("days", "hours"): v for k, v in table.items()}
    return {"timestamp": np.char.replace(stamps, "T", " "), **dict(list(named.items())[1:])}


def shares():
    """Return a share price per trading day; the target is whether it is high."""
    table = series(400, seed=23)
    high = np.where(table["load"] > np.median(table["load"]), "high", "low")
    return {"date": table["day"], "close_yesterday": table["load_1_days_ago"], "level": high}


def in_millimetres():
    return features_mapped(
        take(shuffled(real("iris")), slice(100, 150)), "species", lambda v: v * 10
    )


def some_wine(part: slice):
    return take(shuffled(real("wine"), seed=24), part)


def iris():
    return real("iris")


def sorted_curve():
    table = curve(300, seed=26)
    return take(table, np.argsort(table["y"]))


def sorted_digits():
    table = digits(500)
    table = take(table, np.argsort(table["digit"], kind="stable"))
    parts = np.random.default_rng(27).choice(["train", "val", "test"], 500, p=[0.7, 0.15, 0.15])
    return {**table, "part": parts}


def one_wide_feature():
    table = clusters(300, seed=32)
    return {**table, "x2": table["x2"] * 1000}


SAME_FILE = ", val_path: held_out.csv, test_path: held_out.csv"
NO_ID = ", drop: [{}]"

FLAWED_SPLITS = {
    "groups_patients": Case(
        "Eight visits of each patient are split at random: the test patients were trained on.",
        classify("diagnosis", keys=NO_ID.format("patient")),
        patients,
        kind="groups",
    ),
    "groups_machines": Case(
        "Windows of the same machine are in training and test: split by machine.",
        classify("state", FOREST, NO_ID.format("machine")),
        machines,
        kind="groups",
    ),
    "groups_speakers": Case(
        "Utterances of a speaker, whose age is the target, are in all splits.",
        regress("age", MOMENTUM, NO_ID.format("speaker")),
        speakers,
        kind="groups",
    ),
    "time_days": Case(
        "A daily series is split at random: days between training days are easy.",
        regress("load"),
        series,
        kind="time",
    ),
    "time_hours": Case(
        "An hourly series is split at random; the timestamp was left out of the features.",
        regress("temp", keys=NO_ID.format("timestamp")),
        hours,
        kind="time",
    ),
    "time_shares": Case(
        "Shares are predicted from yesterday's price on randomly drawn days.",
        classify("level", LOGISTIC, NO_ID.format("date")),
        shares,
        kind="time",
    ),
    "tested_on_validation": Case(
        "The validation file is the test file: the best epoch is chosen on the test rows.",
        classify("cultivar", keys=SAME_FILE),
        lambda: some_wine(slice(0, 120)),
        {"held_out.csv": lambda: some_wine(slice(120, 178))},
        kind="test_used_for_selection",
    ),
    "tested_on_training": Case(
        "The test file is part of the training file.",
        classify("cultivar", keys=", test_path: held_out.csv"),
        lambda: some_wine(slice(0, 178)),
        {"held_out.csv": lambda: some_wine(slice(120, 178))},
        kind="duplicates",
    ),
    "tested_in_other_units": Case(
        "The test file is in millimetres, the training file in centimetres.",
        classify("species", keys=", test_path: test.csv"),
        lambda: take(shuffled(real("iris")), slice(0, 100)),
        {"test.csv": in_millimetres},
        kind="shift",
    ),
    "few_tests_iris": Case(
        "Six flowers are tested: one error is 17 points.",
        classify("species", keys=", split: {test: 0.04}"),
        iris,
        kind="few_test_examples",
    ),
    "few_tests_houses": Case(
        "Nine houses are tested: r2 is a matter of luck.",
        regress("price", keys=", split: {test: 0.03}"),
        lambda: houses(seed=25),
        kind="few_test_examples",
    ),
    "sorted_species": Case(
        "The table is sorted by species, and the split follows the order: a class is missing.",
        classify("species", keys=", split: {order: sequential, stratify: false}"),
        iris,
        kind="sorted_sequential",
    ),
    "sorted_by_size": Case(
        "The table is sorted by the target, and the split follows the order.",
        regress("y", keys=", split: {order: sequential}"),
        sorted_curve,
        kind="sorted_sequential",
    ),
    "sorted_digits_unshuffled": Case(
        "Digits sorted by class are learned in file order, one class after the other.",
        classify(
            "digit",
            changed(MOMENTUM, "seeds: 3", "seeds: 3, shuffle: false"),
            ", split: {column: part}",
        ),
        sorted_digits,
        kind="sorted_sequential",
    ),
    "accuracy_of_fraud": Case(
        "Of 400 claims, 20 are fraud; the epoch of the best accuracy is kept.",
        classify("fraud", changed(MLP, "seeds: 3", "seeds: 3, monitor: val.accuracy")),
        lambda: rare(seed=28),
        kind="imbalance_metric",
    ),
    "accuracy_of_defects": Case(
        "4 % of the parts are defect; training stops and selects by accuracy.",
        classify(
            "fraud", changed(MOMENTUM, "seeds: 3", "seeds: 3, monitor: val.accuracy, select: best")
        ),
        lambda: rare(600, share=0.04, seed=29),
        kind="imbalance_metric",
    ),
    "weights_upside_down": Case(
        "The frequent class weighs twenty times as much as the rare one.",
        classify("fraud", "loss: {name: cross_entropy, class_weight: {'no': 20}}\n" + MLP),
        lambda: rare(share=0.15, seed=30),
        kind="class_weight",
    ),
    "unscaled_price": Case(
        "Prices of houses are learned unscaled: the target is about 400,000.",
        regress("price", keys=", standardize_target: false"),
        lambda: houses(seed=31),
        kind="unscaled_target",
    ),
    "unscaled_wine": Case(
        "Proline is about 750 and the hue about 1: the features are not standardised.",
        classify("cultivar", MOMENTUM, ", standardize: false"),
        lambda: real("wine"),
        kind="unscaled_features",
    ),
    "unscaled_neighbours": Case(
        "Neighbours are found by area alone when one feature is a thousand times wider.",
        classify(
            "kind",
            changed(FOREST, "random_forest", "knn, n_neighbors: 7"),
            ", standardize: false",
        ),
        one_wide_feature,
        kind="unscaled_features",
    ),
}
