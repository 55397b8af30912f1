"""Keys without effect: each is an error, and nothing that has an effect is."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.idle import idle_keys
from nnlab.config.load import dump_config, load_config
from tests.helpers.configs import SPIRAL, load, problems

CSV = "dataset={name: csv, path: t.csv, target: y, split: {%s}}"
NUMBERS = "dataset={name: csv, path: t.csv, target: y, task: regression, split: {%s}}"
FILES = (
    "dataset={name: csv, path: t.csv, val_path: v.csv, test_path: w.csv, target: y, split: {%s}}"
)
LBFGS = ["model={name: logistic}", "optimizer={name: lbfgs}", "train.batch_size=full"]
SKLEARN = [*LBFGS, "train.engine=sklearn", "train.epochs=1"]
SVM = "model={name: sklearn, estimator: svm, %s}"

IDLE = {
    "monitor without validation": (
        ["dataset.split.val=0", "train.monitor=val.loss"],
        "train.monitor",
    ),
    "another metric without validation": (
        ["dataset.split.val=0", "train.monitor=val.f1"],
        "train.monitor",
    ),
    "monitor without test": (["dataset.split.test=0", "train.monitor=test.f1"], "train.monitor"),
    "seed of a sequence": (
        ["dataset.split.order=sequential", "dataset.split.seed=3"],
        "dataset.split.seed",
    ),
    "strata of a sequence": (
        ["dataset.split.order=sequential", "dataset.split.stratify=true"],
        "dataset.split.stratify",
    ),
    "seed of a column": ([CSV % "column: part, seed: 3"], "dataset.split.seed"),
    "strata of a column": ([CSV % "column: part, stratify: true"], "dataset.split.stratify"),
    "seed of a time": ([CSV % "time: day, seed: 3"], "dataset.split.seed"),
    "strata of a time": ([CSV % "time: day, stratify: true"], "dataset.split.stratify"),
    "seed of files": ([FILES % "seed: 3"], "dataset.split.seed"),
    "order of files": ([FILES % "order: sequential"], "dataset.split.order"),
    "strata of files": ([FILES % "stratify: true"], "dataset.split.stratify"),
    "strata of numbers": ([NUMBERS % "stratify: true"], "dataset.split.stratify"),
    "strata of numbers by group": (
        [NUMBERS % "group: g, stratify: true"],
        "dataset.split.stratify",
    ),
    "seed of no noise": (["dataset={name: spiral, noise: 0.0, seed: 7}"], "dataset.seed"),
    "dropout without hidden layers": (
        ["model={name: mlp, hidden_sizes: [], dropout: 0.5}"],
        "model.dropout",
    ),
    "activation without hidden layers": (
        ["model={name: mlp, hidden_sizes: [], activation: tanh}"],
        "model.activation",
    ),
    "batches of the full batch": (
        ["train.batch_size=full", "train.limit_batches=3"],
        "train.limit_batches",
    ),
    "lr of scikit-learn": ([*SKLEARN, "optimizer.lr=0.5"], "optimizer.lr"),
    "history of scikit-learn": ([*SKLEARN, "optimizer.history_size=5"], "optimizer.history_size"),
    "schedule of scikit-learn": ([*SKLEARN, "schedule={name: cosine}"], "schedule"),
    "evaluations of scikit-learn": ([*SKLEARN, "train.eval_every=2"], "train.eval_every"),
    "early stopping of scikit-learn": (
        [*SKLEARN, "train.early_stopping={patience: 2}"],
        "train.early_stopping",
    ),
    "degree of another kernel": ([SVM % "degree: 4"], "model.degree"),
    "width of a linear kernel": ([SVM % "kernel: linear, gamma: 0.5"], "model.gamma"),
    "tube of classes": ([SVM % "epsilon: 0.2"], "model.epsilon"),
}
EFFECTIVE = {
    "monitored test": ["train.monitor=test.loss", "dataset.split.val=0"],
    "no monitor, no validation": ["dataset.split.val=0"],
    "seed of groups": [CSV % "group: g, seed: 3"],
    "seed and strata of a carved split": [
        "dataset={name: csv, path: t.csv, test_path: w.csv, target: y, split: {seed: 3, val: 0.2}}"
    ],
    "no strata of a sequence": ["dataset.split.order=sequential", "dataset.split.stratify=false"],
    "no strata of numbers": [NUMBERS % "stratify: false"],
    "monitor in a column": [CSV % "column: part", "train.monitor=val.f1"],
    "degree of a polynomial": [SVM.replace("%s", "kernel: poly, degree: 2")],
    "lr of L-BFGS": [*LBFGS, "optimizer.lr=0.5"],
}


def text_of(overrides: list[str]) -> str:
    """Return an experiment that the overrides fit: an estimator has no optimizer."""
    is_estimator = any("estimator" in word for word in overrides)
    return SPIRAL.replace("optimizer: {name: adam}\n", "") if is_estimator else SPIRAL


@pytest.mark.parametrize(("overrides", "key"), IDLE.values(), ids=IDLE.keys())
def test_a_key_without_effect_is_refused(overrides: list[str], key: str) -> None:
    assert f"{key}: has no effect: " in problems(text_of(overrides), *overrides)


@pytest.mark.parametrize("overrides", EFFECTIVE.values(), ids=EFFECTIVE.keys())
def test_a_key_with_an_effect_is_used(overrides: list[str]) -> None:
    load(text_of(overrides), *overrides)


def test_what_config_show_prints_can_be_trained_and_changed(tmp_path: Path) -> None:
    path = tmp_path / "all.yaml"
    path.write_text(dump_config(load(SPIRAL, "dataset.split.order=sequential")))

    assert load_config(path).dataset.split.order == "sequential"


def test_an_argument_takes_back_what_the_file_says() -> None:
    text = SPIRAL.replace("name: mlp", "name: mlp, activation: tanh")

    loaded = load(text, "model.hidden_sizes=[]", "model.activation=relu")

    assert loaded.model.hidden_widths == ()


def test_a_run_that_was_stored_with_such_a_key_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "stored.yaml"
    path.write_text(f"{SPIRAL}train: {{batch_size: full, limit_batches: 3}}\n")

    stored = load_config(path, is_stored=True)

    assert [key for key, _ in idle_keys(stored)] == [("train", "limit_batches")]
