"""Estimators of scikit-learn as models: their life from the config to the report."""

from __future__ import annotations

from pathlib import Path

import pytest
import safetensors.torch
import torch

import nnlab
from nnlab.errors import ConfigError, DataError, NnlabError, RunError
from nnlab.storage import checkpoint
from tests.helpers.command import Command
from tests.helpers.configs import problems
from tests.helpers.estimators import ESTIMATORS, diabetes, experiment, iris

FAST = {"random_forest": {"n_estimators": 5}, "gradient_boosting": {"max_iter": 5}}
OWN = "dataset: {name: iris}\nmodel: {name: sklearn, estimator: knn}\n"


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return iris(Path("iris.csv"))


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_run_is_evaluated_predicted_and_verified_from_its_recipe(estimator: str, table: Path):
    run = nnlab.train(experiment(table, estimator, **FAST.get(estimator, {})), seeds=2)

    again = nnlab.evaluate(run)
    rows = nnlab.predict(run, table)

    assert again["test"] == run.summary["test"]
    assert len(rows) == 150
    assert sum(rows[0]["probabilities"].values()) == pytest.approx(1.0)
    assert not nnlab.verify(run).problems
    assert run.summary["num_parameters"] > 0
    assert not list(run.path.rglob("*.pkl"))


def test_values_are_predicted_by_scikit_learn_itself(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = nnlab.train(experiment(diabetes(Path("diabetes.csv")), "dummy", strategy="median"))

    values = {record["value"] for record in nnlab.predict(run, "diabetes.csv")}

    assert len(values) == 1


def test_replicas_of_a_forest_differ_by_their_seeds_alone(table: Path):
    content = experiment(table, "random_forest", n_estimators=3)
    together = nnlab.train(content, seeds=3)
    alone = nnlab.train(content, {"train.seed": 2})

    first, last = (safetensors.torch.load_file(r.predictions_path) for r in (together, alone))

    assert torch.equal(first["logits"][2], last["logits"][0])
    assert not torch.equal(first["logits"][0], first["logits"][1])


def test_another_fit_than_the_stored_one_is_refused(table: Path):
    run = nnlab.train(experiment(table, "random_forest", n_estimators=3))
    stored = checkpoint.load(run.checkpoints_dir)
    stored.tensors["weights.digest"][0, 0] += 1
    checkpoint.save(run.checkpoints_dir, stored.tensors, stored.progress, stored.log_sizes)

    with pytest.raises(
        RunError, match="fitted again, and its predictions are not those of the run"
    ):
        nnlab.predict(run, table)


def test_a_table_that_changed_is_refused(table: Path):
    run = nnlab.train(experiment(table, "knn"))
    table.write_text(table.read_text().replace("5.1", "5.2", 1))

    with pytest.raises(RunError, match="has changed"):
        nnlab.predict(run, table)


@pytest.mark.parametrize(
    ("override", "expected"),
    [
        ("optimizer={name: adam}", "optimizer: has no effect: scikit-learn fits knn in one go"),
        ("schedule={name: cosine}", "schedule: has no effect"),
        ("train.epochs=20", "train.epochs: has no effect"),
        ("train.batch_size=8", "train.batch_size: has no effect"),
        ("train.engine=fused", "train.engine: has no effect"),
        ("train.early_stopping={patience: 2}", "train.early_stopping: has no effect"),
        ("train.precision=bf16", "train.precision: scikit-learn computes in float32 and float64"),
        ("loss={name: quadratic}", "loss.name: knn is measured by cross_entropy"),
        ("loss={name: cross_entropy, class_weight: balanced}", "knn takes no weights of examples"),
        ("loss={name: cross_entropy, label_smoothing: 0.1}", "loss.label_smoothing: has no effect"),
        ("model.n_neighbours=3", "unknown key (did you mean 'n_neighbors'?)"),
        ("model.n_estimators=3", "unknown key"),
        ("model.estimator=kn", 'unknown estimator "kn"'),
        ("model.estimator=forest", "known: random_forest, gradient_boosting, knn, svm, dummy"),
        ("model={name: sklearn}", "needs an estimator: {estimator: ...}, one of random_forest"),
        ("model={name: knn}", "write {name: sklearn, estimator: knn}"),
        ("model={name: sklearn, estimator: dummy, strategy: mean}", "mean is not for classif"),
        ("model={name: logistic}", "optimizer: this key is required"),
    ],
)
def test_a_setting_without_effect_is_an_error_that_names_it(override, expected, table, tmp_path):
    own = OWN.replace("{name: iris}", f"{{name: csv, path: {table}, target: kind}}")

    assert expected in problems(own, override)


def test_a_network_needs_an_optimizer(table: Path):
    content = {**experiment(table, "knn"), "model": {"name": "mlp"}, "optimizer": {"name": "none"}}

    with pytest.raises(ConfigError, match="mlp needs an optimizer"):
        nnlab.train(content)


def test_what_scikit_learn_cannot_fit_is_said_in_its_words(table: Path):
    with pytest.raises(DataError, match=r"knn cannot predict these rows.*n_neighbors"):
        nnlab.train(experiment(table, "knn", n_neighbors=1000))


def test_what_looks_at_gradients_says_that_there_are_none(table: Path):
    content = experiment(table, "random_forest", n_estimators=2)
    looks = (nnlab.gradcheck, nnlab.trace)

    for look in looks:
        with pytest.raises(NnlabError, match="scikit-learn fits it"):
            look(content)


def test_a_report_shows_what_an_estimator_has(table: Path):
    run = nnlab.train(experiment(table, "random_forest", n_estimators=2), seeds=2)

    page = nnlab.report(run).read_text()

    assert "random_forest of scikit-learn with" in page
    assert "Weights, activations and gradients" not in page
    with pytest.raises(ConfigError, match="random_forest has no layers"):
        nnlab.plot(run, "weights")


def test_training_and_its_result_speak_of_scikit_learn(table: Path, command: Command):
    Path("own.yaml").write_text(
        "dataset: {name: csv, path: iris.csv, target: kind}\n"
        "model: {name: sklearn, estimator: svm}\n"
    )

    done = command("train", "own.yaml")

    assert done.code == 0
    assert "svm of scikit-learn, 104 examples" in done.stderr
    assert "svm of scikit-learn, fitted in" in done.stdout
    assert "epochs" not in done.stdout
