"""The estimators against scikit-learn, called directly on the same rows."""

from __future__ import annotations

import numpy as np
import pytest
import sklearn.metrics
import torch
from sklearn.calibration import CalibratedClassifierCV
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, SVR

import nnlab
from nnlab.api.training import as_config
from nnlab.config.estimators import SVMConfig
from nnlab.config.resolve import load_examples
from nnlab.data.splits.split import split_indices
from nnlab.data.types import DataSpec
from nnlab.models.estimators import build
from tests.helpers.estimators import diabetes, experiment, iris

SEED = 3
CLASSIFIERS = {
    "random_forest": ({"n_estimators": 20}, RandomForestClassifier(20, random_state=SEED)),
    "gradient_boosting": (
        {"max_iter": 15, "learning_rate": 0.2},
        HistGradientBoostingClassifier(max_iter=15, learning_rate=0.2, random_state=SEED),
    ),
    "knn": ({"n_neighbors": 3}, KNeighborsClassifier(3)),
    "svm": ({"C": 2.0}, CalibratedClassifierCV(SVC(C=2.0), ensemble=False)),
    "dummy": ({}, DummyClassifier()),
}
REGRESSORS = {
    "random_forest": ({"max_depth": 4}, RandomForestRegressor(max_depth=4, random_state=SEED)),
    "gradient_boosting": (
        {"max_iter": 15},
        HistGradientBoostingRegressor(max_iter=15, random_state=SEED),
    ),
    "knn": ({"weights": "distance"}, KNeighborsRegressor(weights="distance")),
    "svm": ({"C": 50.0, "kernel": "linear"}, SVR(C=50.0, kernel="linear")),
    "dummy": ({"strategy": "median"}, DummyRegressor(strategy="median")),
}


def train_and_test_rows(config, tmp_path):
    examples = load_examples(config.dataset, tmp_path)
    split = split_indices(config.dataset.split, examples.targets, 0)
    scaler = StandardScaler().fit(examples.inputs[split.train])
    return [
        (scaler.transform(examples.inputs[rows]), examples.targets[rows])
        for rows in (split.train, split.test)
    ]


@pytest.mark.parametrize("name", CLASSIFIERS)
def test_a_classifier_has_the_metrics_of_scikit_learn(name, tmp_path):
    options, direct = CLASSIFIERS[name]
    content = experiment(iris(tmp_path / "iris.csv"), name, **options)

    run = nnlab.train(content, {"train.seed": SEED})

    (rows, targets), (test_rows, truth) = train_and_test_rows(as_config(content), tmp_path)
    direct.fit(rows, targets)
    probs, found = direct.predict_proba(test_rows), run.summary["test"]
    expected = {
        "accuracy": sklearn.metrics.accuracy_score(truth, direct.predict(test_rows)),
        "loss": sklearn.metrics.log_loss(truth, probs, labels=[0, 1, 2]),
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, abs=1e-9, rel=0)


@pytest.mark.parametrize("name", REGRESSORS)
def test_a_regressor_has_the_metrics_of_scikit_learn(name, tmp_path):
    options, direct = REGRESSORS[name]
    content = experiment(diabetes(tmp_path / "diabetes.csv"), name, **options)

    run = nnlab.train(content, {"train.seed": SEED})

    (rows, targets), (test_rows, truth) = train_and_test_rows(as_config(content), tmp_path)
    preds, found = direct.fit(rows, targets).predict(test_rows), run.summary["test"]
    expected = {
        "mse": sklearn.metrics.mean_squared_error(truth, preds),
        "mae": sklearn.metrics.mean_absolute_error(truth, preds),
        "r2": sklearn.metrics.r2_score(truth, preds),
    }
    assert {key: found[key] for key in expected} == pytest.approx(expected, rel=1e-12, abs=1e-9)


def test_the_class_of_svm_is_the_one_that_svc_predicts_even_where_its_probabilities_differ():
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(80, 2))
    targets = (rows[:, 0] + generator.normal(size=80) > 0.8).astype(np.int64)
    model = build(SVMConfig(), DataSpec("classification", (2,), 2))

    model.fit(rows, targets, seed=0)

    svc = SVC().fit(rows, targets)
    calibrated = CalibratedClassifierCV(SVC(), ensemble=False).fit(rows, targets)
    found = model(torch.from_numpy(rows)).argmax(1).numpy()
    assert (found == svc.predict(rows)).all()
    assert (calibrated.predict(rows) != svc.predict(rows)).any(), "the data show nothing"
