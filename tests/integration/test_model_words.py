"""Model words on the user's own data, and what a comparison says of networks and trees."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import nnlab
from nnlab.comparison.contenders import find_contenders
from nnlab.errors import ConfigError
from nnlab.storage.folders import Folders
from tests.helpers.command import Command
from tests.helpers.estimators import ESTIMATORS, diabetes, iris
from tests.helpers.tables import write_table

KIND = "{name: csv, path: iris.csv, target: kind, split: {seed: 4}}"
NETWORK = "model: {name: mlp, hidden_sizes: [4]}\noptimizer: {name: adam}\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.chdir(tmp_path)
    iris(Path("iris.csv"))
    diabetes(Path("diabetes.csv"))
    Path("mine.yaml").write_text(f"dataset: {KIND}\n{NETWORK}")
    Path("data_only.yaml").write_text(f"dataset: {KIND}\n")
    Path("numbers.yaml").write_text(
        "dataset: {name: csv, path: diabetes.csv, target: progression, task: regression}\n"
    )
    return Folders(tmp_path / "runs", tmp_path / "data")


@pytest.mark.parametrize("data", ["mine.yaml", "data_only.yaml"])
@pytest.mark.parametrize("words", [("mlp", "knn"), ("logistic", "dummy", *ESTIMATORS[:2])])
def test_words_alone_use_the_data_of_a_file(words, data, folder):
    found = find_contenders(words, data, [], folder)

    assert [contender.name for contender in found] == list(words)
    assert {contender.config.dataset.table_path for contender in found} == {"iris.csv"}
    assert {contender.config.dataset.split.seed for contender in found} == {4}


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_an_estimator_next_to_an_own_experiment_uses_its_data(estimator, folder):
    own, other = find_contenders(["mine.yaml", estimator], None, ["dataset.split.seed=9"], folder)

    assert other.config.model.estimator == estimator
    assert own.config.dataset.path == other.config.dataset.path
    assert other.config.dataset.split.seed == 9


@pytest.mark.parametrize("dataset", ["spiral", "digits", "blobs", "spiral_mlp", "regression"])
def test_estimators_have_the_data_of_a_name(dataset, folder):
    first, second = find_contenders(["random_forest", "svm"], dataset, [], folder)

    assert first.config.dataset == second.config.dataset
    assert first.config.dataset.name == dataset.partition("_")[0]


def test_a_bundled_word_and_an_estimator_share_their_data(folder):
    found = find_contenders(["mlp", "random_forest"], "spiral", ["dataset.num_samples=90"], folder)

    assert [contender.config.name for contender in found] == ["spiral_mlp", "spiral_random_forest"]
    assert {contender.config.dataset.num_samples for contender in found} == {90}


@pytest.mark.parametrize("word", ["logistic", "mlp", *ESTIMATORS])
@pytest.mark.parametrize("weights", ["balanced", {"setosa": 3.0}])
def test_a_word_weighs_classes_as_the_experiment_does(word, weights, folder):
    loss = {"name": "cross_entropy", "class_weight": weights, "label_smoothing": 0.1}
    Path("mine.yaml").write_text(f"dataset: {KIND}\n{NETWORK}loss: {json.dumps(loss)}\n")

    _, other = find_contenders(["mine.yaml", word], None, [], folder)

    assert other.config.loss.class_weight == (None if word == "knn" else weights)
    assert other.config.loss.label_smoothing == 0.0


def test_data_that_nobody_uses_are_refused(folder):
    with pytest.raises(ConfigError, match="--dataset digits is for model words alone"):
        find_contenders(["mine.yaml", "knn"], "digits", [], folder)


def test_no_such_data_are_named(folder):
    with pytest.raises(ConfigError, match=r"there is no file nothing\.yaml"):
        find_contenders(["mlp", "knn"], "nothing.yaml", [], folder)


def test_a_linear_layer_on_numbers_is_called_linear_regression(folder):
    first, second = find_contenders(["logistic", "dummy"], "numbers.yaml", [], folder)

    assert (first.name, second.name) == ("linear regression", "dummy")


def test_settings_for_networks_are_said_not_to_apply_to_an_estimator(folder, command: Command):
    words = ["compare", "mlp", "knn", "--dataset", "mine.yaml", "--seeds", "2", "--json"]

    done = command(*words, "train.epochs=3", "optimizer.lr=0.01")

    assert done.code == 0, done.stderr
    assert "knn: train.epochs=3, optimizer.lr=0.01 is for networks" in done.stderr
    contenders = json.loads(done.stdout)["contenders"]
    assert {row["name"]: row["model"] for row in contenders} == {"mlp": "mlp", "knn": "knn"}


def test_a_network_that_loses_to_trees_is_told_so(folder):
    found = nnlab.compare(
        ["mlp", "random_forest"],
        ["train.epochs=2", "dataset.num_samples=600"],
        dataset="spiral",
        seeds=4,
    )

    assert found.notes == [
        "mlp loses to trees here: random_forest is the better model of these data"
    ]


def test_a_model_that_is_not_better_than_the_dummy_is_told_so(folder):
    generator = np.random.default_rng(0)
    rows = [[*generator.normal(size=3), "ab"[i % 2]] for i in range(80)]
    write_table(Path("noise.csv"), ["x", "y", "z", "kind"], rows)
    Path("noise.yaml").write_text("dataset: {name: csv, path: noise.csv, target: kind}\n")

    found = nnlab.compare(["mlp", "dummy"], ["train.epochs=5"], dataset="noise.yaml", seeds=3)

    assert any("which ignores its inputs" in note for note in found.notes)
    assert all("mlp" in note for note in found.notes)


def test_data_of_another_precision_are_the_same_examples(folder):
    generator = np.random.default_rng(0)
    rows = [[float(x), float(x) + 0.1] for x in generator.normal(size=60)]
    write_table(Path("line.csv"), ["x", "y"], rows)
    Path("line.yaml").write_text(
        "dataset: {name: csv, path: line.csv, target: y, task: regression}\n"
    )

    found = nnlab.compare(["logistic", "knn"], dataset="line.yaml", seeds=2)

    assert found.rows[0].name == "linear regression"
