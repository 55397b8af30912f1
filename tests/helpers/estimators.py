"""Scikit-learn's tables as files, and experiments that fit an estimator to them."""

from __future__ import annotations

from pathlib import Path

from sklearn.datasets import load_diabetes, load_iris

from tests.helpers.tables import write_table

ESTIMATORS = ("random_forest", "gradient_boosting", "knn", "svm", "dummy")


def iris(path: Path) -> Path:
    data = load_iris()
    names = data.target_names[data.target]
    rows = [[*map(repr, map(float, row)), name] for row, name in zip(data.data, names, strict=True)]
    return write_table(path, ["a", "b", "c", "d", "kind"], rows)


def diabetes(path: Path) -> Path:
    data = load_diabetes()
    rows = [
        [*map(repr, map(float, row)), repr(float(value))]
        for row, value in zip(data.data, data.target, strict=True)
    ]
    return write_table(path, [*data.feature_names, "progression"], rows)


def experiment(table: Path, estimator: str, **options: object) -> dict:
    is_numbers = table.stem == "diabetes"
    return {
        "name": estimator,
        "dataset": {
            "name": "csv",
            "path": str(table),
            "target": "progression" if is_numbers else "kind",
            "task": "regression" if is_numbers else "classification",
            "split": {"val": 0.0, "test": 0.25},
        },
        "model": {"name": "sklearn", "estimator": estimator, **options},
    }
