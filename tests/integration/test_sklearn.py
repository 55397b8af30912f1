"""nnlab's networks as estimators of scikit-learn: its own checks, and the same bytes as nnlab train."""

from __future__ import annotations

import json
import pickle
import pickletools
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.datasets import load_digits, make_classification, make_regression
from sklearn.exceptions import NotFittedError
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures
from sklearn.utils.estimator_checks import parametrize_with_checks

import nnlab
from nnlab.errors import DataError, RunError
from nnlab.runs.load import open_run
from nnlab.runs.network_bytes import from_bytes, to_bytes
from nnlab.sklearn import NNClassifier, NNRegressor
from tests.helpers.tables import write_table

Estimator = NNClassifier | NNRegressor
BOTH = pytest.mark.parametrize("kind", [NNClassifier, NNRegressor])


def rows(kind: type[Estimator], num_rows: int = 120) -> tuple[np.ndarray, np.ndarray]:
    if kind is NNRegressor:
        return make_regression(num_rows, 4, noise=0.1, random_state=0)
    return make_classification(num_rows, 4, n_informative=3, n_redundant=0, random_state=0)


def small(kind: type[Estimator], **options: Any) -> Estimator:
    return kind(**{"hidden_sizes": (8,), "epochs": 3, "threads": 1, **options})


def predicted(estimator: Estimator, features: np.ndarray) -> np.ndarray:
    is_classifier = isinstance(estimator, NNClassifier)
    return estimator.predict_proba(features) if is_classifier else estimator.predict(features)


@parametrize_with_checks([NNClassifier(), NNRegressor()])
def test_estimator_checks_of_scikit_learn(estimator: Estimator, check: Any) -> None:
    check(estimator)


@BOTH
@pytest.mark.parametrize("precision", ["float32", "float64"])
@pytest.mark.parametrize(
    ("options", "changes"),
    [
        pytest.param({}, {}, id="all rows"),
        pytest.param(
            {
                "val": 0.25,
                "patience": 2,
                "dropout": 0.2,
                "optimizer": "sgd",
                "momentum": 0.9,
                "lr": 0.1,
            },
            {
                "dataset.split.val": 0.25,
                "train.early_stopping.patience": 2,
                "optimizer": {"name": "sgd", "momentum": 0.9, "lr": 0.1},
                "model.dropout": 0.2,
            },
            id="early stopping",
        ),
    ],
)
def test_the_weights_are_those_of_nnlab_train(
    kind: type[Estimator], precision: str, options: dict, changes: dict, tmp_path: Path
) -> None:
    features, targets = rows(kind)
    labels = targets if kind is NNRegressor else np.array(["no", "yes"])[targets]
    table = [[*map(repr, row.tolist()), y] for row, y in zip(features, labels, strict=True)]
    write_table(tmp_path / "rows.csv", ["x0", "x1", "x2", "x3", "y"], table)
    task = "regression" if kind is NNRegressor else "classification"
    run = nnlab.train(
        {
            "dataset": {
                "name": "csv",
                "path": str(tmp_path / "rows.csv"),
                "target": "y",
                "task": task,
                "split": {"test": 0.0, "val": 0.0},
            },
            "model": {"name": "mlp", "hidden_sizes": [8]},
            "optimizer": {"name": "adam"},
            "train": {"epochs": 40, "seeds": 2, "seed": 5, "threads": 1, "precision": precision},
        },
        changes,
    )

    estimator = small(kind, epochs=40, seeds=2, seed=5, precision=precision, **options)
    estimator.fit(features, labels)

    trained = open_run(run).weight_arrays()
    found = estimator._networks.weight_arrays()
    assert found.keys() == trained.keys()
    assert {name: array.tobytes() for name, array in found.items()} == {
        name: array.tobytes() for name, array in trained.items()
    }
    loaded = kind.from_run(run)
    assert predicted(loaded, features).tobytes() == predicted(estimator, features).tobytes()
    assert loaded.predict(features).tolist() == estimator.predict(features).tolist()
    assert [record["epoch"] for record in loaded.history_] == [
        record["epoch"] for record in estimator.history_
    ]


@BOTH
def test_nothing_is_written_or_printed(
    kind: type[Estimator], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    monkeypatch.chdir(tmp_path)

    small(kind, val=0.2).fit(*rows(kind))

    assert list(tmp_path.iterdir()) == []
    assert capfd.readouterr() == ("", "")


@BOTH
def test_it_works_in_a_pipeline_a_search_and_a_cross_validation(kind: type[Estimator]) -> None:
    features, targets = rows(kind)
    pipeline = make_pipeline(PolynomialFeatures(2), small(kind, epochs=30))
    name = kind.__name__.lower()
    grid = {f"{name}__hidden_sizes": [(4,), (8,)], f"{name}__lr": np.logspace(-3, -1, 2)}

    search = GridSearchCV(pipeline, grid, cv=2).fit(features, targets)
    scores = cross_val_score(search.best_estimator_, features, targets, cv=3, error_score="raise")

    assert search.best_score_ > 0.7
    assert len(scores) == 3
    assert scores.mean() > 0.7


@BOTH
def test_a_copy_by_pickle_has_no_module_in_it_and_predicts_the_same(kind: type[Estimator]) -> None:
    features, targets = rows(kind)
    estimator = small(kind, seeds=3).fit(features, targets)

    content = pickle.dumps(estimator)

    globals_in_it = {
        str(argument) for code, argument, _ in pickletools.genops(content) if code.name == "GLOBAL"
    } | {str(a) for c, a, _ in pickletools.genops(content) if "UNICODE" in c.name}
    assert not {name for name in globals_in_it if name.startswith(("torch", "nnlab.config"))}
    copy = pickle.loads(content)
    assert predicted(copy, features).tobytes() == predicted(estimator, features).tobytes()
    assert copy.predict_std(features).tobytes() == estimator.predict_std(features).tobytes()
    assert copy.get_params() == estimator.get_params()
    assert copy.history_ == estimator.history_


def test_another_process_reads_a_pickle(tmp_path: Path) -> None:
    features, targets = rows(NNRegressor)
    estimator = small(NNRegressor).fit(features, targets)
    (tmp_path / "model").write_bytes(pickle.dumps([estimator, features]))
    program = (
        "import pickle, sys; model, X = pickle.load(open(sys.argv[1], 'rb')); "
        "print(model.predict(X).tobytes().hex())"
    )

    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "model")],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.strip() == estimator.predict(features).tobytes().hex()


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda content: content[:-1], id="cut"),
        pytest.param(lambda content: b"", id="empty"),
        pytest.param(
            lambda content: content.replace(b"layers.0.bias", b"layers.9.bias"), id="name"
        ),
        pytest.param(lambda content: content.replace(b"mlp", b"svm"), id="model"),
    ],
)
def test_damaged_bytes_are_refused(damage: Any) -> None:
    content = to_bytes(small(NNRegressor).fit(*rows(NNRegressor))._networks)

    with pytest.raises(RunError, match="the stored estimator is damaged"):
        from_bytes(damage(content))


@BOTH
def test_seeds_are_averaged_and_their_spread_is_told(kind: type[Estimator]) -> None:
    features, targets = rows(kind)
    together = small(kind, seeds=3, seed=4).fit(features, targets)
    alone = [small(kind, seed=seed).fit(features, targets) for seed in (4, 5, 6)]

    answers = np.stack([predicted(estimator, features) for estimator in alone])

    np.testing.assert_allclose(predicted(together, features), answers.mean(0), rtol=1e-12)
    np.testing.assert_allclose(together.predict_std(features), answers.std(0, ddof=1), rtol=1e-9)
    with pytest.raises(ValueError, match="two seeds at least"):
        alone[0].predict_std(features)


@BOTH
def test_an_estimator_that_is_not_fitted_says_so(kind: type[Estimator]) -> None:
    with pytest.raises(NotFittedError):
        kind().predict(np.zeros((2, 4)))
    with pytest.raises(NotFittedError):
        kind().predict_std(np.zeros((2, 4)))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        pytest.param({"activation": "rleu"}, "relu", id="word"),
        pytest.param({"lr": -1.0}, "optimizer.lr", id="range"),
        pytest.param({"patience": 3}, "no val split", id="no rows to stop by"),
        pytest.param({"momentum": 0.9}, "optimizer.momentum", id="not of adam"),
        pytest.param({"val": 0.001, "epochs": 0}, "train.epochs", id="epochs"),
        pytest.param({"class_weight": {"blue": 2}}, "blue", id="unknown label"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(options: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        small(NNClassifier, **options).fit(*rows(NNClassifier))


def test_class_weights_go_by_label() -> None:
    features, targets = rows(NNClassifier)
    targets = 10 * targets + 1

    weighed = small(NNClassifier, class_weight={11: 1000.0, 1: 1.0}, epochs=60)

    assert set(weighed.fit(features, targets).predict(features)) == {11}


def test_training_goes_on_until_the_validation_rows_say_stop() -> None:
    features, targets = rows(NNClassifier)

    model = small(NNClassifier, val=0.3, patience=2, epochs=500, lr=0.05).fit(features, targets)

    losses = [record["val"]["loss"] for record in model.history_]
    assert 2 < len(losses) < 500
    assert int(np.argmin(losses)) == len(losses) - 3


@pytest.fixture
def messy_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.chdir(tmp_path)
    cells = [[i, "red" if i % 3 else "blue", i % 7 or "", i % 2] for i in range(80)]
    write_table(Path("table.csv"), ["size", "colour", "price", "y"], cells)
    return nnlab.train(
        {
            "dataset": {"name": "csv", "path": "table.csv", "target": "y", "missing": "median"},
            "model": {"name": "logistic"},
            "optimizer": {"name": "adam"},
            "loss": {"name": "cross_entropy", "class_weight": {"1": 3.0}},
            "train": {"epochs": 2, "seeds": 2},
        }
    )


def test_a_run_on_a_messy_table_takes_its_cells(messy_run: Any) -> None:
    model = NNClassifier.from_run(messy_run)
    cells = [[4, "red", 2], [5, "green", None]]

    answers = nnlab.predict(messy_run, "table.csv")
    given = [{"size": 4, "colour": "red", "price": 2}, {"size": 5, "colour": "green", "price": ""}]
    expected = [nnlab.predict(messy_run, row)[0]["probabilities"] for row in given]

    assert answers
    assert model.predict_proba(cells).tolist() == [list(p.values()) for p in expected]
    assert model.classes_.tolist() == [0, 1]
    assert model.feature_names_in_.tolist() == ["size", "colour", "price"]
    assert model.class_weight == {1: 3.0}
    assert model.hidden_sizes == ()
    copy = pickle.loads(pickle.dumps(model))
    assert copy.predict_proba(cells).tolist() == model.predict_proba(cells).tolist()


def test_a_run_on_a_table_finds_the_columns_of_a_data_frame(messy_run: Any) -> None:
    pandas = pytest.importorskip("pandas")
    model = NNClassifier.from_run(messy_run)
    frame = pandas.DataFrame({"colour": ["red", "blue"], "extra": [0, 0], "price": [2, None]})

    answers = model.predict_proba(frame.assign(size=[4, 5]))

    assert answers.tolist() == model.predict_proba([[4, "red", 2], [5, "blue", ""]]).tolist()
    with pytest.raises(DataError, match="size"):
        model.predict(frame)


def test_a_clone_of_a_run_trains_with_its_parameters(messy_run: Any) -> None:
    features, targets = rows(NNClassifier)

    again = clone(NNClassifier.from_run(messy_run)).fit(features, targets)

    assert again.epochs == 2
    assert again.seeds == 2
    assert again.n_features_in_ == 4


def test_a_run_on_pictures_takes_them_flat_or_not() -> None:
    run = nnlab.train(
        {
            "dataset": {"name": "digits"},
            "model": {"name": "mlp", "hidden_sizes": [8]},
            "optimizer": {"name": "adam"},
            "train": {"epochs": 2},
        }
    )
    pictures = load_digits().images[:5] / 16
    expected = [p["class"] for p in nnlab.predict(run, pictures[:, None])]

    model = NNClassifier.from_run(run)

    assert model.predict(pictures).tolist() == list(map(int, expected))
    assert model.predict(pictures.reshape(5, -1)).tolist() == list(map(int, expected))
    assert model.n_features_in_ == 64


def test_a_run_of_another_task_or_of_scikit_learn_is_refused(tmp_path: Path) -> None:
    base = {"dataset": {"name": "xor"}, "train": {"epochs": 1}}
    network = {"model": {"name": "mlp"}, "optimizer": {"name": "adam"}}
    run = nnlab.train({**base, **network})
    fitted = nnlab.train(
        {"dataset": {"name": "xor"}, "model": {"name": "sklearn", "estimator": "knn"}}
    )

    with pytest.raises(RunError, match=r"use NNClassifier\.from_run"):
        NNRegressor.from_run(run)
    with pytest.raises(RunError, match="stores no weights"):
        NNClassifier.from_run(fitted)


def test_parameters_have_places_in_an_experiment() -> None:
    from nnlab.sklearn.parameters import PLACES

    names = set(NNClassifier().get_params()) | set(NNRegressor().get_params())
    assert names == PLACES.keys()
    for kind in (NNClassifier, NNRegressor):
        described = [line.split(":")[0].strip() for line in (kind.__doc__ or "").splitlines()]
        assert set(kind().get_params()) <= set(described)
    json.dumps(NNClassifier().get_params())
