"""Tables that look odd and are right."""

from __future__ import annotations

import numpy as np

from tests.reference.lint_cases.tables import (
    churn,
    clusters,
    curve,
    days,
    numbers,
    real,
    take,
)


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def labels(chance: np.ndarray, seed: int, words: tuple[str, str] = ("no", "yes")) -> np.ndarray:
    """Draw one of two words per row, the second with the given chance."""
    return np.where(rng(seed).random(len(chance)) < chance, words[1], words[0])


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


def questionnaire():
    answers = rng(60).integers(0, 2, size=(500, 7))
    weights = np.array([2.0, -1.5, 1.0, 1.0, -0.5, 0.0, 0.0])
    table = {f"question_{i + 1}": answers[:, i] for i in range(7)}
    return {**table, "recommends": labels(sigmoid((answers - 0.5) @ weights * 1.5), 61)}


def designed():
    levels = 2 * (np.arange(32)[:, None] >> np.arange(5) & 1) - 1
    levels = np.tile(levels, (4, 1))
    strength = 20 + levels @ [3, -2, 1, 0, 0.5] + 2 * levels[:, 0] * levels[:, 1]
    names = ["temperature", "pressure", "time", "stirring", "catalyst"]
    table = {name: levels[:, i] for i, name in enumerate(names)}
    return {**table, "strength": np.round(strength + 0.8 * rng(62).normal(size=128), 2)}


def two_species():
    table = real("iris")
    return take(table, np.flatnonzero(table["species"] != "virginica"))


def ohm():
    current, resistance = rng(63).uniform(0.1, 2, 300), rng(64).uniform(1, 50, 300)
    voltage = current * resistance * (1 + 0.02 * rng(65).normal(size=300))
    return {
        "current": current.round(3),
        "resistance": resistance.round(2),
        "voltage": voltage.round(2),
    }


def rare_smokers():
    smokes = (rng(66).random(400) < 0.06).astype(int)
    age = rng(67).integers(30, 80, 400)
    return {"age": age, "smokes": smokes, "ill": labels(sigmoid((age - 58) / 7 + 3 * smokes), 68)}


def genotypes():
    matrix = rng(69).normal(size=(300, 4))
    dose = np.clip(np.round(1 + matrix[:, 0] + 0.3 * rng(70).normal(size=300)), 0, 2).astype(int)
    return {**numbers("expression_", matrix), "genotype": np.array(["aa", "Aa", "AA"])[dose]}


def wine_quality():
    matrix = rng(71).normal(size=(600, 6))
    grade = matrix @ [0.8, -0.5, 0.3, 0, 0, 0] + 0.5 * rng(72).normal(size=600)
    names = ["fixed_acidity", "humidity", "width", "ph", "sulphates", "alcohol"]
    table = {name: np.round(matrix[:, i], 3) for i, name in enumerate(names)}
    return {**table, "quality": np.digitize(grade, [-1.0, 0.0, 1.0]) + 4}


def balances():
    balance = np.round(rng(73).normal(0, 600, 400), 0)
    months = rng(74).integers(1, 60, 400)
    answer = labels(sigmoid(balance / 300 + (months - 30) / 20), 75)
    return {"balance": balance, "months": months, "granted": answer}


def rainfall():
    rain = np.where(rng(76).random(300) < 0.55, 0, rng(77).exponential(8, 300)).round(1)
    slope = rng(78).uniform(0, 30, 300).round(1)
    runoff = 0.6 * rain * (1 + slope / 30) + 3 + 0.8 * rng(79).normal(size=300)
    return {"rain": rain, "slope": slope, "runoff": runoff.round(2)}


def cities():
    population = np.round(np.exp(rng(80).normal(11, 0.7, 300))).astype(int)
    cars = (np.log(population) - 9 + 0.3 * rng(81).normal(size=300)).round(2)
    return {"population": population, "area": rng(82).gamma(4, 20, 300).round(1), "traffic": cars}


def reactions():
    seconds, age = rng(83).gamma(9, 0.06, 300).round(3), rng(84).integers(18, 80, 300)
    group = np.array(["drug", "placebo"])[rng(85).integers(0, 2, 300)]
    score = sigmoid(5 * (seconds - 0.5) + (age - 50) / 15 + 1.5 * (group == "drug"))
    return {"time": seconds, "age": age, "group": group, "error": labels(score, 86)}


def born():
    birthday = days(25_000, "1940-01-01")[rng(87).integers(0, 25_000, 400)]
    income = rng(88).gamma(6, 6, 400).round(1)
    age = 2024 - np.char.partition(birthday, "-")[:, 0].astype(int)
    return {"born": birthday, "income": income, "owner": labels(sigmoid((age - 50) / 8), 89)}


def shares_of_land():
    shares = rng(90).dirichlet([2, 3, 1.5, 1], 300)
    table = {
        n: np.round(100 * shares[:, i], 1) for i, n in enumerate(["wood", "field", "town", "water"])
    }
    species = 12 + 20 * shares[:, 0] - 15 * shares[:, 2] + 2 * rng(91).normal(size=300)
    return {**table, "species": species.round(1)}


def rates():
    clicked = rng(92).binomial(4, 0.5, 400) / 4
    visits, spent = rng(93).poisson(6, 400), rng(94).gamma(2, 20, 400).round(2)
    return {
        "clicked": clicked,
        "visits": visits,
        "spent": spent,
        "returns": labels(sigmoid(4 * (clicked - 0.5) + (visits - 6) / 3), 95),
    }


def missing_ages():
    table = churn(seed=96)
    months = [
        m if r > 0.1 else "" for m, r in zip(table["months"], rng(97).random(400), strict=True)
    ]
    return {**table, "months": months}


def wide_and_short():
    return clusters(90, features=100, classes=2, distance=0.7, seed=98)


def postcodes():
    effect = {"1010": 1.5, "1020": -1.5, "1030": 0.5, "1040": -0.5}
    code = np.array(list(effect))[rng(99).integers(0, 4, 400)]
    income = rng(100).normal(30, 6, 400).round(1)
    chance = sigmoid(np.array([effect[c] for c in code]) + (income - 30) / 5)
    return {"postcode": code, "income": income, "buys": labels(chance, 101)}


def counts():
    table = curve(300, seed=102)
    mean = np.exp(np.clip(0.4 * table.pop("y"), -2, 2.5))
    return {**table, "calls": rng(103).poisson(mean)}


def parts(rows: int, seed: int) -> np.ndarray:
    return rng(seed).choice(["train", "val", "test"], rows, p=[0.7, 0.15, 0.15])


def log_income():
    table = curve(300, seed=104)
    return {**table, "y": np.round(10 + table["y"], 3)}


def numbered():
    table = clusters(300, seed=114)
    codes = {"a": 2, "b": 5, "c": 7}
    return {**table, "kind": [codes[kind] for kind in table["kind"]]}
