"""``split.vary``: every replica has a split of its own, and is still what its seed is alone."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import nnlab
from nnlab.api import as_config
from nnlab.assembly.job import build_job
from nnlab.config.messages import ConfigProblems
from nnlab.data.prepare import prepare
from nnlab.data.types import Examples
from nnlab.errors import ConfigError
from nnlab.runs.baseline import baseline
from nnlab.runs.results import load_outputs
from tests.helpers.command import Command

DIGITS = {
    "dataset": {
        "name": "digits",
        "split": {"test": 0.2, "val": 0.1, "vary": True, "stratify": False},
        "standardize": True,
    },
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 3, "batch_size": 32, "seeds": 3, "seed": 5},
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nnlab.Run:
    return nnlab.train(DIGITS, runs_dir=tmp_path_factory.mktemp("runs"))


def test_each_replica_is_tested_on_the_split_of_its_seed(run: nnlab.Run) -> None:
    outputs, targets = load_outputs(run, run.summary)
    labels = load_digits().target
    for replica, seed in enumerate((5, 6, 7)):
        _, test = train_test_split(np.arange(len(labels)), test_size=0.2, random_state=seed)
        assert targets[replica].tolist() == labels[test].tolist()
    hits = (outputs.argmax(-1) == targets).double().mean(1)
    assert hits.tolist() == [seed["test"]["accuracy"] for seed in run.summary["per_seed"]]


@pytest.mark.parametrize("engine", ["fused", "autograd", "numpy"])
@pytest.mark.parametrize("size", [32, "full"])
def test_a_replica_is_what_its_seed_is_alone(engine: str, size: object, tmp_path: Path) -> None:
    options = {"train.engine": engine, "train.batch_size": size, "train.precision": "float64"}
    together = nnlab.train(DIGITS, options, runs_dir=tmp_path).summary["per_seed"]
    for replica, seed in enumerate((5, 6, 7)):
        alone = nnlab.train(DIGITS, {**options, "train.seed": seed}, seeds=1, runs_dir=tmp_path)
        (expected,) = alone.summary["per_seed"]
        for split in ("train", "val", "test"):
            assert together[replica][split]["loss"] == pytest.approx(expected[split]["loss"], 1e-9)
            assert together[replica][split]["confusion"] == expected[split]["confusion"]


def test_the_unshuffled_batches_of_a_replica_are_its_own_examples() -> None:
    job = build_job(as_config(DIGITS, {"train.shuffle": False}), Path())
    inputs, targets = next(job.batches.epoch(0))
    for replica in range(3):
        alone = job.dataset.train.of(replica)
        assert torch.equal(inputs[replica], alone.inputs[:32])
        assert torch.equal(targets[replica], alone.targets[:32])


def test_every_command_reads_a_run_with_varied_splits(run: nnlab.Run, tmp_path: Path) -> None:
    assert nnlab.evaluate(run)["test"] == run.summary["test"]
    assert not nnlab.verify(run).problems
    assert nnlab.check(run).lint.findings is not None
    assert nnlab.report(run, tmp_path / "page.html").is_file()
    for kind in ("curves", "confusion", "calibration"):
        assert nnlab.plot(run, kind, tmp_path / f"{kind}.svg").is_file()


def test_a_varied_regression_agrees_with_its_predictions(command: Command) -> None:
    nnlab.train("regression_mlp", {"dataset.split.vary": True, "train.epochs": 5}, seeds=3)
    assert nnlab.runs()[0]["contradiction"] is None
    assert command("eval", "latest").code == 0
    assert command("report", "latest").code == 0


def test_regions_over_raw_features_are_those_of_the_first_split(tmp_path: Path) -> None:
    varied = {"dataset.split": {"vary": True, "val": 0.2, "test": 0}}
    run = nnlab.train("d3_xor_features", varied, seeds=2, runs_dir=tmp_path)
    assert nnlab.plot(run, "boundary", tmp_path / "regions.svg").is_file()
    assert nnlab.report(run).is_file()


def test_a_step_is_traced_on_the_first_split() -> None:
    seeds = {"train.engine": "auto", "train.seed": 0}
    varied = nnlab.trace(DIGITS, seeds)
    assert varied.gradient_difference < 1e-12
    assert varied.targets == nnlab.trace(DIGITS, {**seeds, "dataset.split.vary": False}).targets


def test_predictions_use_the_scaling_of_each_replica(run: nnlab.Run) -> None:
    rows = load_digits().images[:4, None] / 16
    answers = [
        run.model(seed)(run.preprocess(rows, seed)).double().softmax(-1) for seed in (5, 6, 7)
    ]
    assert not torch.equal(run.preprocess(rows, 5), run.preprocess(rows, 6))
    expected = torch.stack(answers).mean(0)
    found = [[*row["probabilities"].values()] for row in nnlab.predict(run, rows)]
    assert torch.allclose(torch.tensor(found).double(), expected)


def test_an_interrupted_run_resumes_to_the_same_metrics(run: nnlab.Run, command: Command) -> None:
    assert not nnlab.verify(run, resume=True).problems


def test_a_comparison_is_about_new_splits(tmp_path: Path) -> None:
    line = {**DIGITS, "name": "line", "model": {"name": "logistic"}}
    comparison = nnlab.compare([{**DIGITS, "name": "mlp"}, line], seeds=4, runs_dir=tmp_path)
    (pair,) = comparison.pairs
    differences = np.array(pair.per_seed)
    ratio = 360 / (1797 - 360 - 180)
    half_width = 3.182446 * differences.std(ddof=1) * np.sqrt(1 / 4 + ratio)
    assert pair.method == "resampled"
    assert (pair.interval.high - pair.interval.low) / 2 == pytest.approx(half_width, rel=1e-2)
    assert "for new splits of these examples; 4 splits" in str(comparison)
    with pytest.raises(ConfigError, match="on the same test examples"):
        nnlab.plan([{**DIGITS, "name": "mlp"}, line], 1.0, seeds=4, runs_dir=tmp_path)
    with pytest.raises(ConfigError, match="--until needs one test split for all seeds"):
        nnlab.compare([{**DIGITS, "name": "mlp"}, line], seeds=4, until=1.0, runs_dir=tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset.split.order": "sequential"}, "the same for every replica; use order: random"),
        (
            {"loss.name": "cross_entropy", "loss.class_weight": [1] * 10},
            "need stratify: true",
        ),
        (
            {"model": {"name": "logistic"}, "train.engine": "sklearn", "train.epochs": 1},
            "the sklearn engine takes one split",
        ),
    ],
)
def test_splits_that_cannot_vary_are_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigProblems, match=message):
        as_config(DIGITS, changes)


def test_an_official_test_set_cannot_vary_alone() -> None:
    with pytest.raises(ConfigProblems, match="the official test set is the same"):
        as_config("mnist_mlp", {"dataset.split.vary": True, "dataset.split.val": 0})


def test_the_file_of_a_run_holds_the_scaling_of_each_replica(run: nnlab.Run) -> None:
    stored = json.loads(run.preprocessing_path.read_text())
    assert np.array(stored["mean"]).shape == (3, 1, 8, 8)


def test_a_pair_of_varied_runs_has_the_difference_of_its_rows(tmp_path: Path) -> None:
    base = {
        "dataset": {"name": "regression", "num_samples": 60, "split": {"vary": True, "test": 0.2}},
        "optimizer": {"name": "adam", "lr": 0.01},
        "train": {"epochs": 20},
    }
    mlp = {**base, "name": "mlp", "model": {"name": "mlp", "hidden_sizes": [8]}}
    line = {**base, "name": "line", "model": {"name": "logistic"}}
    found = nnlab.compare([mlp, line], seeds=3, metric="r2", runs_dir=tmp_path)
    (pair,), (first, second) = found.pairs, found.rows
    assert pair.num_examples == 12
    assert pair.per_seed == pytest.approx(np.subtract(first.per_seed, second.per_seed).tolist())


def test_an_official_test_set_is_shared_and_its_validation_split_varied() -> None:
    pixels = np.arange(40, dtype=np.uint8).reshape(40, 1, 1, 1)
    examples = Examples(
        pixels, np.arange(40) % 2, class_names=("a", "b"), num_official_test=10, sha256=""
    )
    config = as_config("mnist_mlp", {"dataset.split": {"vary": True, "val": 0.2}}).dataset
    kinds = {"device": torch.device("cpu"), "dtype": torch.float32}
    dataset = prepare(examples, config, seeds=(0, 1), **kinds)
    assert dataset.val is not None
    assert dataset.test is not None
    assert (dataset.val.is_varied, dataset.test.is_varied) == (True, False)
    assert not torch.equal(dataset.val.inputs[0], dataset.val.inputs[1])


def test_the_baseline_is_that_of_all_seeds(run: nnlab.Run) -> None:
    constant = baseline(run.summary, "test")
    shares = []
    for seed in run.summary["per_seed"]:
        trained = {name: row["support"] for name, row in seed["train"]["per_class"].items()}
        most = max(trained, key=lambda name: trained[name])
        shares.append(seed["test"]["per_class"][most]["support"] / 360)
    assert constant is not None
    assert constant.metrics["accuracy"] == pytest.approx(np.mean(shares))


def test_looks_are_not_counted_where_each_seed_has_its_test_split(run: nnlab.Run) -> None:
    nnlab.train(DIGITS, {"train.epochs": 1})
    nnlab.train(DIGITS, {"train.epochs": 2})
    assert nnlab.check(DIGITS).looks is None
