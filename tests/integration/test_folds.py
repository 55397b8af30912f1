"""``split.folds``: cross-validation, whose folds are replicas of one run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_diabetes, load_digits, load_iris
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

import nnlab
from nnlab.api import as_config
from nnlab.comparison.cross_validation import folds_interval
from nnlab.config.messages import ConfigProblems
from nnlab.config.resolve import load_examples
from nnlab.config.sweep_file import read_sweep
from nnlab.data.prepare import prepare
from nnlab.data.splits.division import divide
from nnlab.data.splits.folds import of_equal_sizes
from nnlab.errors import ConfigError, RunError
from nnlab.runs.load import open_run
from nnlab.runs.own_examples import example_records
from nnlab.runs.results import load_outputs
from nnlab.storage.folders import Folders
from nnlab.sweep.conduct import conduct, create
from nnlab.sweep.executors.local import LocalExecutor
from nnlab.sweep.places import Place
from nnlab.sweep.planning import plan_of
from nnlab.sweep.stored import read_plan
from tests.helpers.command import Command
from tests.helpers.estimators import diabetes, experiment, iris
from tests.helpers.tables import write_table

DIGITS = {
    "name": "digits",
    "dataset": {"name": "digits", "split": {"folds": 5, "val": 0.1}, "standardize": True},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 2, "batch_size": 64},
}
LINE = {
    "name": "line",
    "dataset": {
        "name": "regression",
        "num_samples": 62,
        "split": {"folds": 4, "val": 0.1},
    },
    "model": {"name": "logistic"},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 3},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nnlab.Run:
    return nnlab.train(DIGITS, runs_dir=tmp_path_factory.mktemp("runs"))


def test_each_example_is_tested_in_the_fold_that_scikit_learn_gives_it(run: nnlab.Run) -> None:
    outputs, targets = load_outputs(run, run.summary)
    labels = load_digits().target
    folds = StratifiedKFold(5, shuffle=True, random_state=0).split(labels[:, None], labels)
    for replica, (_, test) in enumerate(folds):
        of_seed = run.summary["per_seed"][replica]
        assert (of_seed["repeat"], of_seed["fold"]) == (0, replica)
        assert of_seed["num_tested"] == len(test)
        assert targets[replica, : len(test)].tolist() == labels[test].tolist()
        hits = outputs[replica, : len(test)].argmax(-1) == targets[replica, : len(test)]
        assert of_seed["test"]["accuracy"] == pytest.approx(hits.double().mean().item())
    confusions = np.array([seed["test"]["confusion"] for seed in run.summary["per_seed"]])
    assert confusions.sum() == len(labels)


def test_a_fold_has_the_same_data_alone_and_among_others() -> None:
    config = as_config(DIGITS).dataset
    examples = load_examples(config, Path())
    kinds = {"device": torch.device("cpu"), "dtype": torch.float32}
    together = prepare(examples, config, seeds=range(5), **kinds)
    sizes = {"train": len(together.train), "val": len(together.val), "test": 360}
    alone = prepare(examples, config, seeds=(3,), sizes=sizes, **kinds)
    for name, split in alone.splits.items():
        own = together.splits[name].of(3)
        assert torch.equal(split.of(0).inputs, own.inputs)
        assert torch.equal(split.of(0).targets, own.targets)
    assert np.array_equal(alone.preprocessing.mean[0], together.preprocessing.mean[3])


def test_every_command_reads_a_run_of_folds(run: nnlab.Run, tmp_path: Path) -> None:
    assert nnlab.evaluate(run)["test"] == run.summary["test"]
    assert not nnlab.verify(run, resume=True).problems
    assert nnlab.check(run).lint.findings is not None
    assert nnlab.report(run, tmp_path / "page.html").is_file()
    assert "of the mean over 5 folds of 359 to 360 test" in (tmp_path / "page.html").read_text()
    assert nnlab.plot(run, "confusion", tmp_path / "confusion.svg").is_file()
    assert len(nnlab.predict(run, load_digits().images[:2, None] / 16)) == 2
    with pytest.raises(RunError, match="a test split for each seed"):
        example_records(open_run(run), Folders.choose(), "test")


def test_train_prints_the_mean_over_folds_with_its_interval(command: Command) -> None:
    printed = command("train", "digits_mlp", "dataset.split.folds=3", "train.epochs=1").stdout
    assert "3 folds of" in printed
    assert "of the mean over folds, corrected" in printed


def test_the_interval_is_nadeau_and_bengios(tmp_path: Path) -> None:
    run = nnlab.train(LINE, seeds=8, runs_dir=tmp_path)
    values = np.array([seed["test"]["mse"] for seed in run.summary["per_seed"]])
    found = folds_interval(run, "mse")
    assert found is not None
    # Symmetric in the logarithm: the mean squared error is positive.
    half_width = 2.364624 * values.std(ddof=1) * np.sqrt(1 / 8 + 16 / (62 - 16 - 7))
    assert np.log(found.high / values.mean()) == pytest.approx(half_width / values.mean(), 1e-6)
    assert [seed["repeat"] for seed in run.summary["per_seed"]] == [0] * 4 + [1] * 4


def test_folds_of_other_sizes_agree_with_their_predictions(tmp_path, monkeypatch) -> None:
    """The targets are standardised by fold, and the last folds have an example less."""
    monkeypatch.chdir(tmp_path)
    table = experiment(diabetes(Path("diabetes.csv")), "knn")["dataset"]
    table["split"] = {"folds": 4, "val": 0.1}
    run = nnlab.train({**LINE, "dataset": table})
    assert as_config({**LINE, "dataset": table}).dataset.standardizes_target
    assert [seed["num_tested"] for seed in run.summary["per_seed"]] == [111, 111, 110, 110]
    assert nnlab.runs()[0]["contradiction"] is None
    assert nnlab.evaluate(run)["test"] == run.summary["test"]
    outputs, targets = load_outputs(run, run.summary)
    errors = (outputs.double() - targets)[3, :110].square().mean().item()
    assert run.summary["per_seed"][3]["test"]["mse"] == pytest.approx(errors)


@pytest.mark.parametrize(
    ("name", "estimator"),
    [("knn", KNeighborsClassifier()), ("svm", SVC())],
)
def test_scores_are_those_of_cross_val_score(name, estimator, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = experiment(iris(Path("iris.csv")), name)
    content["dataset"]["split"] = {"folds": 5, "val": 0.0, "seed": 3}
    run = nnlab.train(content, seeds=10)
    inputs, targets = load_iris(return_X_y=True)
    expected = []
    for repeat in (3, 4):
        cv = StratifiedKFold(5, shuffle=True, random_state=repeat)
        model = make_pipeline(StandardScaler(), estimator)
        expected += [*cross_val_score(model, inputs, targets, cv=cv)]
    found = [seed["test"]["accuracy"] for seed in run.summary["per_seed"]]
    assert found == pytest.approx(expected)


def test_scores_of_numbers_are_those_of_cross_val_score(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    content = experiment(diabetes(Path("diabetes.csv")), "knn")
    content["dataset"]["split"] = {"folds": 4, "val": 0.0}
    run = nnlab.train(content)
    dataset = as_config(content).dataset
    examples = load_examples(dataset, Path())
    divided = [divide(dataset.split.of_seed(seed), examples) for seed in range(4)]
    cv = [(one.train, one.test) for one in of_equal_sizes(divided, None)]
    inputs, targets = load_diabetes(return_X_y=True)
    model = make_pipeline(StandardScaler(), KNeighborsRegressor())
    scores = cross_val_score(model, inputs, targets, cv=cv, scoring="neg_mean_squared_error")
    found = [-seed["test"]["mse"] for seed in run.summary["per_seed"]]
    assert found == pytest.approx(scores.tolist(), rel=1e-5)


def test_a_comparison_pairs_the_folds(tmp_path: Path) -> None:
    other = {**LINE, "name": "mlp", "model": {"name": "mlp", "hidden_sizes": [4]}}
    comparison = nnlab.compare([LINE, other], runs_dir=tmp_path)
    (pair,) = comparison.pairs
    first, second = (np.array(row.per_seed) for row in comparison.rows)
    assert pair.method == "resampled"
    assert pair.per_seed == pytest.approx((first - second).tolist())
    half_width = 3.182446 * (first - second).std(ddof=1) * np.sqrt(1 / 4 + 16 / (62 - 16 - 7))
    assert (pair.interval.high - pair.interval.low) / 2 == pytest.approx(half_width, rel=1e-6)
    with pytest.raises(ConfigError, match="6 is no multiple of 4: use 4, or 24"):
        nnlab.compare([LINE, other], seeds=6, runs_dir=tmp_path)
    with pytest.raises(ConfigError, match=r"leave out dataset\.split\.folds"):
        nnlab.compare([LINE, other], until=1.0, runs_dir=tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"train.seeds": 7}, "7 is no multiple of 5: use 5, or 35 to draw the folds 7 times"),
        ({"train.seed": 3}, "seed 3 trains fold 3 of 5, and a run begins with fold 0: use 0 or 5"),
        ({"dataset.split.test": 0.3}, "each fold tests 1/5 of the examples; leave out test"),
        ({"dataset.split.vary": False}, "each seed trains another fold; leave out vary"),
        ({"dataset.split.order": "sequential"}, "drawn at random; use order: random"),
        ({"dataset.split.val": 0.8}, r"no examples to train on \(1/5 \+ 0.8\)"),
        (
            {"loss.name": "cross_entropy", "loss.class_weight": [1] * 10},
            "count one training split, and each fold has another",
        ),
        (
            {"model": {"name": "logistic"}, "train.engine": "sklearn", "train.epochs": 1},
            "the sklearn engine takes one split",
        ),
        ({"dataset.split.folds": 1}, "folds"),
    ],
)
def test_what_folds_contradict_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigProblems, match=message):
        as_config(DIGITS, changes)


def test_an_official_test_set_is_pooled_or_refused() -> None:
    with pytest.raises(ConfigProblems, match="test: pooled divides them and the training images"):
        as_config("mnist_mlp", {"dataset.split.folds": 5})
    pooled = as_config("mnist_mlp", {"dataset.split": {"folds": 5, "test": "pooled"}})
    assert pooled.train.seeds == 5


@pytest.mark.parametrize(
    ("split", "message"),
    [
        ({"column": "kind"}, "split.column decides which examples test"),
        ({"time": "a"}, "split.time decides which examples test"),
    ],
)
def test_columns_that_say_what_tests_are_refused(split, message) -> None:
    content = experiment(Path("iris.csv"), "knn")
    content["dataset"]["split"] = {"folds": 5, "val": 0.15, **split}
    with pytest.raises(ConfigProblems, match=message):
        as_config(content)


def test_the_rows_of_a_group_are_tested_together(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    generator = np.random.default_rng(0)
    patients = np.sort(generator.integers(0, 13, 90)).tolist()
    values = zip(generator.random(90).tolist(), patients, strict=True)
    rows = [[repr(x), f"p{patient}", "b" if x > 0.5 else "a"] for x, patient in values]
    table = write_table(Path("t.csv"), ["x", "patient", "kind"], rows)
    content = experiment(table, "knn")
    content["dataset"]["split"] = {"folds": 3, "val": 0.1, "group": "patient"}
    run = nnlab.train(content)
    sizes = [seed["num_tested"] for seed in run.summary["per_seed"]]
    assert (sum(sizes), len(set(sizes)) > 1) == (90, True)
    assert nnlab.runs()[0]["contradiction"] is None
    assert nnlab.evaluate(run)["test"] == run.summary["test"]


def test_a_search_scores_a_trial_by_the_mean_of_its_folds(tmp_path: Path) -> None:
    options = {"trials": 2, "seeds": 4, "prune": {"name": "none"}, "confirm": {"seeds": 2}}
    space = {"optimizer.lr": {"log": [0.001, 0.1]}}
    file = read_sweep({"base": LINE, "space": space, **options})
    folder = create(plan_of(file).plan, "try", file.text, tmp_path)
    place = Place(folder, read_plan(folder), tmp_path, 1)
    conduct(place, LocalExecutor(place), lambda *_: None)
    pack = json.loads((folder.pack(0).path / "summary.json").read_text())["per_seed"]
    for trial in json.loads(folder.rung_path(0).read_text())["trials"]:
        own = [seed for seed in pack if seed["trial"] == trial["trial"]]
        assert [seed["fold"] for seed in own] == [0, 1, 2, 3]
        assert trial["score"] == pytest.approx(np.mean([seed["val"]["loss"] for seed in own]))
