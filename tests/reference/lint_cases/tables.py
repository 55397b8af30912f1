"""Tables for the labelled experiments: real ones of scikit-learn, and generated ones."""

from __future__ import annotations

import numpy as np
from sklearn import datasets

NAMES = {"iris": "species", "wine": "cultivar", "breast_cancer": "diagnosis"}


def real(name: str) -> dict[str, np.ndarray]:
    """Return iris, wine or breast_cancer, with named classes."""
    bunch = getattr(datasets, f"load_{name}")()
    columns = [column.replace(" (cm)", "").replace(" ", "_") for column in bunch.feature_names]
    classes = np.asarray(bunch.target_names)[bunch.target]
    return {**dict(zip(columns, bunch.data.T, strict=True)), NAMES[name]: classes}


def wine() -> dict[str, np.ndarray]:
    """Return the wine table."""
    return real("wine")


def cancer() -> dict[str, np.ndarray]:
    """Return the breast cancer table."""
    return real("breast_cancer")


def diabetes(*, scaled: bool = False) -> dict[str, np.ndarray]:
    """Return the diabetes table, by default in the units of the clinic."""
    bunch = datasets.load_diabetes(scaled=scaled)
    columns = ["age", "sex", "bmi", "bp", "tc", "ldl", "hdl", "tch", "ltg", "glu"]
    return {**dict(zip(columns, bunch.data.T, strict=True)), "progression": bunch.target}


def digits(rows: int = 600, classes: int = 10) -> dict[str, np.ndarray]:
    """Return the first digits; each pixel is a column."""
    bunch = datasets.load_digits(n_class=classes)
    pixels = {f"pixel_{i // 8}_{i % 8}": bunch.data[:rows, i].astype(int) for i in range(64)}
    return {**pixels, "digit": bunch.target[:rows]}


def numbers(prefix: str, matrix: np.ndarray) -> dict[str, np.ndarray]:
    """Return the columns of a matrix, named by a prefix and their place."""
    return {f"{prefix}{i + 1}": np.round(column, 4) for i, column in enumerate(matrix.T)}


def clusters(
    rows: int = 300, *, features: int = 6, classes: int = 3, distance: float = 1.6, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return overlapping normal clusters; the target is ``kind``: a, b, c, ..."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(classes, features)) * distance / np.sqrt(2)
    labels = rng.integers(classes, size=rows)
    matrix = centres[labels] + rng.normal(size=(rows, features))
    return {**numbers("x", matrix), "kind": np.array(list("abcdefgh"))[labels]}


def curve(rows: int = 300, *, features: int = 5, noise: float = 0.3, seed: int = 0):
    """Return a smooth function of the first features, with noise; the target is ``y``."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, features))
    signal = matrix[:, 0] + np.sin(2 * matrix[:, 1]) + 0.5 * matrix[:, 2] ** 2
    return {**numbers("x", matrix), "y": np.round(signal + noise * rng.normal(size=rows), 4)}


def rare(rows: int = 400, *, share: float = 0.05, seed: int = 0) -> dict[str, np.ndarray]:
    """Return claims of which few are fraud; the classes overlap."""
    rng = np.random.default_rng(seed)
    fraud = rng.permutation(rows) < share * rows
    matrix = rng.normal(size=(rows, 5)) + fraud[:, None] * np.array([1.6, -1.2, 1.0, 0.0, 0.0])
    return {**numbers("signal_", matrix), "fraud": np.where(fraud, "yes", "no")}


def churn(rows: int = 400, seed: int = 0) -> dict[str, np.ndarray]:
    """Return customers; short contracts and high fees make them leave, by chance."""
    rng = np.random.default_rng(seed)
    months, fee = rng.integers(1, 72, rows), np.round(rng.normal(60, 15, rows), 2)
    calls = rng.poisson(2, rows)
    chance = 1 / (1 + np.exp(0.06 * (months - 30) - 0.04 * (fee - 60) - 0.5 * (calls - 2)))
    left = np.where(rng.random(rows) < chance, "left", "stayed")
    return {"months": months, "fee": fee, "calls": calls, "answer": left}


def houses(rows: int = 300, seed: int = 0) -> dict[str, np.ndarray]:
    """Return houses and their prices."""
    rng = np.random.default_rng(seed)
    area, rooms = np.round(rng.gamma(9, 14, rows), 1), rng.integers(1, 8, rows)
    age, distance = rng.integers(0, 90, rows), np.round(rng.exponential(6, rows), 2)
    price = 2400 * area + 9000 * rooms - 700 * age - 4000 * distance + 150_000
    price = np.round(price * np.exp(0.08 * rng.normal(size=rows)), -2)
    return {"area": area, "rooms": rooms, "age": age, "distance": distance, "price": price}


def days(rows: int = 400, start: str = "2021-01-01") -> np.ndarray:
    """Return consecutive days as texts."""
    return np.datetime_as_string(np.datetime64(start) + np.arange(rows))


def series(rows: int = 400, seed: int = 0) -> dict[str, np.ndarray]:
    """Return a daily load that drifts, with its last three values; the target is ``load``."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(size=rows + 3))
    load = 100 + 10 * np.sin(np.arange(rows + 3) * 2 * np.pi / 365) + walk
    lags = {f"load_{i}_days_ago": np.round(load[3 - i : rows + 3 - i], 3) for i in (1, 2, 3)}
    return {"day": days(rows), **lags, "load": np.round(load[3:], 3)}


def patients(people: int = 40, visits: int = 8, seed: int = 0) -> dict[str, np.ndarray]:
    """Return visits of patients: the values are typical of the patient, the diagnosis is fixed."""
    rng = np.random.default_rng(seed)
    person = np.repeat(np.arange(people), visits)
    ill = rng.permutation(people) % 2
    own = rng.normal(size=(people, 8)) + 0.5 * ill[:, None]
    matrix = own[person] + 0.15 * rng.normal(size=(len(person), 8))
    names = np.char.add("P", (person + 100).astype(str))
    label = np.where(ill[person] == 1, "ill", "healthy")
    return {"patient": names, **numbers("marker_", matrix), "diagnosis": label}


def take(columns: dict[str, np.ndarray], rows) -> dict[str, np.ndarray]:
    """Return some rows of a table, in the order of their numbers."""
    return {name: np.asarray(values)[rows] for name, values in columns.items()}


def shuffled(columns: dict[str, np.ndarray], seed: int = 0) -> dict[str, np.ndarray]:
    """Return the rows of a table in random order."""
    num_rows = len(next(iter(columns.values())))
    return take(columns, np.random.default_rng(seed).permutation(num_rows))


def features_mapped(columns: dict[str, np.ndarray], target: str, change):
    """Return a table with every feature changed."""
    return {name: v if name == target else change(v) for name, v in columns.items()}
