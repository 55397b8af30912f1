"""Tables that somebody spoiled."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases.tables import (
    churn,
    clusters,
    curve,
    diabetes,
    features_mapped,
    houses,
    rare,
    real,
    shuffled,
    take,
)


def noise(rows: int, seed: int = 9) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=rows)


def coded_copy():
    table = real("breast_cancer")
    return {**table, "biopsy": (table["diagnosis"] == "malignant").astype(int)}


def noisy_copy():
    table = real("wine")
    code = np.char.replace(table["cultivar"], "class_", "").astype(float)
    return {"assay": np.round(code * 3 + 5 + 0.1 * noise(len(code)), 3), **table}


def logarithm_of_target():
    table = diabetes()
    return {**table, "severity": np.round(np.log(table["progression"]), 4)}


def parts_of_target():
    table = houses(seed=3)
    tax = np.round(table["price"] * (0.1 + 0.02 * noise(300)), 0)
    return {"land_value": table["price"] - tax, "charges": tax, **table}


def text_copy():
    table = shuffled(real("iris"))
    code = {"setosa": "bristle", "versicolor": "blue flag", "virginica": "southern"}
    return {"common_name": [code[name] for name in table["species"]], **table}


def known_afterwards():
    table = churn(seed=4)
    left = table["answer"] == "left"
    refund = np.round(np.where(left, 20 + 5 * np.abs(noise(400)), 0), 2)
    return {**table, "closing_refund": refund}


def repeated():
    return take(clusters(120, seed=5), np.tile(np.arange(120), 3))


def jittered():
    table = real("wine")
    copies = [
        features_mapped(
            table, "cultivar", lambda v, i=i: np.round(v * (1 + 2e-3 * noise(178, i)), 4)
        )
        for i in (1, 2)
    ]
    return {name: np.concatenate([table[name], *(c[name] for c in copies)]) for name in table}


def oversampled():
    table = rare(300, share=0.1, seed=6)
    few = np.flatnonzero(table["fraud"] == "yes")
    return shuffled(take(table, np.concatenate([np.arange(300), np.repeat(few, 8)])))


def rounded_again():
    table = take(diabetes(), slice(0, 250))
    rounded = features_mapped(table, "progression", lambda v: np.round(v, 0))
    return {name: np.concatenate([table[name], rounded[name]]) for name in table}


def min_max(values):
    return np.round((values - values.min()) / (values.max() - values.min()), 6)


def z_score(values):
    return np.round((values - values.mean()) / values.std(), 6)


def with_sentinel():
    table = diabetes()
    table["bmi"] = np.where(np.random.default_rng(1).random(442) < 0.08, -999, table["bmi"])
    return table


def with_nines():
    table = churn(seed=8)
    table["fee"] = np.where(np.random.default_rng(2).random(400) < 0.05, 99999, table["fee"])
    return table


def with_zeros():
    rng = np.random.default_rng(3)
    pressure, glucose = rng.normal(75, 9, 400).round(), rng.normal(120, 25, 400).round()
    ill = rng.random(400) < 1 / (1 + np.exp(-(glucose - 125) / 15 - (pressure - 75) / 12))
    pressure[rng.random(400) < 0.09] = 0
    return {"blood_pressure": pressure, "glucose": glucose, "ill": np.where(ill, "yes", "no")}


def typing_error():
    table = houses(seed=9)
    table["price"][[17, 140]] *= 1000
    return table


def heavy_tail():
    table = curve(300, seed=10)
    return {**table, "y": np.round(np.exp(2.2 * table["y"]), 2)}


def spelled_differently():
    table = shuffled(real("iris"))
    names = [str(name).title() if i % 5 == 0 else name for i, name in enumerate(table["species"])]
    return {**table, "species": names}


def abbreviated():
    table = churn(seed=11)
    words = [f"{word} " if i % 7 == 0 else word for i, word in enumerate(table["answer"])]
    words = ["Left" if w == "left" and i % 4 == 0 else w for i, w in enumerate(words)]
    return {**table, "answer": words}


def unknown_labels():
    table = clusters(300, seed=12)
    unsure = np.random.default_rng(4).random(300) < 0.1
    return {**table, "kind": np.where(unsure, "unknown", table["kind"])}


def three_of_a_kind():
    table = clusters(303, classes=2, seed=13)
    return {**table, "kind": np.where(np.arange(303) >= 300, "z", table["kind"])}


def metres_and_centimetres():
    rng = np.random.default_rng(5)
    height = rng.normal(1.72, 0.09, 300).round(2)
    weight = (22 * height**2 + rng.normal(0, 7, 300)).round(1)
    height = np.where(rng.random(300) < 0.15, height * 100, height)
    return {"height": height, "age": rng.integers(18, 80, 300), "weight": weight}


def region_codes():
    rng = np.random.default_rng(6)
    effect, region = rng.normal(0, 1.5, 12), rng.integers(0, 12, 400)
    income = rng.normal(30, 6, 400).round(1)
    buys = rng.random(400) < 1 / (1 + np.exp(-effect[region] - (income - 30) / 6))
    return {"region_code": 101 + region, "income": income, "buys": np.where(buys, "yes", "no")}


def rounded_degrees():
    table = curve(400, seed=17)
    degrees = np.round(12 + 2 * table.pop("y")).astype(int)
    return {**table, "degrees": degrees}
