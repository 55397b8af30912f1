"""The user's own metrics, by file."""

from __future__ import annotations

import os
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

import nnlab
from nnlab.comparison.store import load
from nnlab.config.own_code import OwnCodeError
from nnlab.metrics import METRICS
from nnlab.runs.results import load_outputs
from nnlab.storage.comparison_dir import ComparisonDir
from tests.helpers.command import Command

CODE = """
    def hits(probs, targets):
        return (probs.argmax(1) == targets).mean()

    def largest(predictions, targets, power: int = 1):
        return (abs(predictions - targets) ** power).max()

    def endless(probs, targets):
        return float("inf")

    def undefined(probs, targets):
        return float("nan")

    def two(probs, targets):
        return 2

    def each(probs, targets):
        return probs.argmax(1) == targets

    def one(probs):
        return 1
    """
SMALL = ["dataset.num_samples=120", "train.epochs=2", "train.seeds=2"]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    Path("my_metrics.py").write_text(dedent(CODE))
    return tmp_path / "here"


def test_a_metric_of_classes_sees_probabilities() -> None:
    run = nnlab.train("spiral_mlp", [*SMALL, "metrics=[my_metrics.py:hits]"])
    assert run.summary["test"]["hits"] == run.summary["test"]["accuracy"]
    assert [s["test"]["hits"] for s in run.summary["per_seed"]] == [
        s["test"]["accuracy"] for s in run.summary["per_seed"]
    ]


def test_a_metric_of_numbers_sees_the_unit_of_the_target() -> None:
    metrics = 'metrics=[{name: "my_metrics.py:largest", power: 2, lower_is_better: true}]'
    run = nnlab.train("regression_mlp", [*SMALL, metrics, "dataset.standardize_target=true"])
    values, targets = load_outputs(run, run.summary)
    expected = np.abs(values.double().numpy() - targets.double().numpy()).max(1) ** 2
    found = [s["test"]["largest"] for s in run.summary["per_seed"]]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_it_can_be_monitored() -> None:
    run = nnlab.train(
        "spiral_mlp",
        [*SMALL, "metrics=[my_metrics.py:hits]", "train.monitor=val.hits", "train.select=best"],
    )
    assert [r["val"]["hits"] for r in run.metrics] == [r["val"]["accuracy"] for r in run.metrics]


def test_contenders_are_compared_by_it(command: Command) -> None:
    Path("mine.yaml").write_text(
        "dataset: {name: spiral, num_samples: 120}\nmodel: {name: mlp}\n"
        "optimizer: {name: adam, lr: 0.01}\ntrain: {epochs: 2}\nmetrics: [my_metrics.py:hits]\n"
    )
    done = command("compare", "mine.yaml", "logistic", "--metric", "hits", "--seeds", "2")
    assert done.code == 0, done.stderr
    assert "test hits" in done.stdout


def test_a_stored_comparison_by_it_is_read_without_its_code(
    command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = 'metrics=[{name: "my_metrics.py:largest", lower_is_better: true}]'
    for lr in (0.1, 0.01):
        nnlab.train("regression_mlp", [*SMALL, metrics, f"optimizer.lr={lr}"])
    done = command("compare", "latest~1", "latest", "--metric", "val.largest")
    assert done.code == 0, done.stderr
    stored = done.stdout.split()[-1]
    monkeypatch.delitem(METRICS, "largest")
    exported = command("export", stored, "--to", "csv", "-o", "table.csv")
    assert exported.code == 0, exported.stderr
    assert METRICS["largest"].lower_is_better
    assert load(ComparisonDir(Path(os.environ["NNLAB_RUNS"]) / stored)).split == "val"


def test_an_undefined_metric_is_null() -> None:
    run = nnlab.train("spiral_mlp", [*SMALL, "metrics=[my_metrics.py:undefined]"])
    assert run.summary["test"]["undefined"] is None


@pytest.mark.parametrize(
    ("metric", "message"),
    [
        ("{name: 'my_metrics.py:endless'}", "returned inf, which is not finite"),
        (
            "{name: 'my_metrics.py:each'}",
            r"must return one number, .* not an array of shape \(18,\)",
        ),
        (
            "{name: 'my_metrics.py:two', is_fraction: true}",
            "returned 2.0, which is not between 0 and 1",
        ),
    ],
)
def test_a_value_out_of_range_is_refused(metric: str, message: str) -> None:
    with pytest.raises(OwnCodeError, match=message):
        nnlab.train("spiral_mlp", [*SMALL, f"metrics=[{metric}]"])


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        (
            "metrics=[f1]",
            'metrics.0: should be your own function, such as my_metrics.py:fbeta, not "f1"',
        ),
        ("metrics=[my_metrics.py:hit]", "metrics.0: my_metrics.py has no class or function 'hit'"),
        (
            "metrics=[my_metrics.py:hits, my_metrics.py:hits]",
            "metrics.1: there are two metrics 'hits'",
        ),
        (
            "metrics=[my_metrics.py:one]",
            "my_metrics.py: one(probs) takes too few parameters: its first two are the predictions",
        ),
        ("train.monitor=val.hits", "train.monitor: unknown metric 'hits'"),
        ("metrics=[{name: 'my_metrics.py:largest', pover: 2}]", "did you mean 'power'"),
    ],
)
def test_mistakes_are_located(argument: str, message: str, command: Command) -> None:
    done = command("config", "validate", "spiral_mlp", argument)
    assert done.code == 2
    assert message in done.stderr
