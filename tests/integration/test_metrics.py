"""Metrics that are not recorded by themselves: monitored, stored, compared, refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import sklearn.metrics
from safetensors.torch import load_file

import nnlab
from nnlab.errors import ConfigError
from nnlab.metrics import METRICS
from nnlab.storage.run_dir import RunDir

EXPERIMENT = {
    "dataset": {"name": "spiral", "num_samples": 240},
    "model": {"name": "mlp", "hidden_sizes": [4]},
    "optimizer": {"name": "adam", "lr": 0.01},
    "train": {"epochs": 3, "batch_size": 32, "seeds": 2},
}
NEW = ("log_loss", "balanced_accuracy", "macro_f1", "roc_auc", "pr_auc")


@pytest.fixture(scope="module")
def runs_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("runs")


@pytest.fixture(scope="module")
def run(runs_dir: Path) -> nnlab.Run:
    return nnlab.train(EXPERIMENT, runs_dir=runs_dir)


@pytest.fixture
def old_run(run: nnlab.Run) -> RunDir:
    """A run of before the new metrics."""
    path, text = run.summary_path, run.summary_path.read_text()
    path.write_text(json.dumps(_without(json.loads(text), {*NEW, "top_3_accuracy"})))
    yield run
    path.write_text(text)


def _without(value: object, names: set[str]) -> object:
    if isinstance(value, dict):
        return {key: _without(item, names) for key, item in value.items() if key not in names}
    return [_without(item, names) for item in value] if isinstance(value, list) else value


def test_a_summary_has_scikit_learns_metrics_of_the_stored_outputs(run: nnlab.Run) -> None:
    stored = load_file(run.predictions_path)
    targets = stored["targets"].numpy()
    for seed, outputs in zip(run.summary["per_seed"], stored["logits"], strict=True):
        probs, found = outputs.double().softmax(-1).numpy(), seed["test"]
        assert found["roc_auc"] == pytest.approx(
            sklearn.metrics.roc_auc_score(targets, probs, multi_class="ovr"), abs=1e-9
        )
        assert found["log_loss"] == pytest.approx(
            sklearn.metrics.log_loss(targets, probs), abs=1e-9
        )
    means = [seed["test"]["pr_auc"] for seed in run.summary["per_seed"]]
    assert run.summary["test"]["pr_auc"] == pytest.approx(np.mean(means))


@pytest.mark.parametrize("metric", NEW)
def test_a_monitored_metric_is_recorded_and_decides(metric: str, tmp_path: Path) -> None:
    monitored = {"monitor": f"val.{metric}", "select": "best", "early_stopping": {"patience": 1}}
    experiment = {**EXPERIMENT, "train": {**EXPERIMENT["train"], **monitored}}
    run = nnlab.train(experiment, runs_dir=tmp_path)
    better = min if METRICS[metric].lower_is_better else max
    for seed in run.summary["per_seed"]:
        records = [record for record in run.metrics if record["seed"] == seed["seed"]]
        values = {record["epoch"]: record["val"][metric] for record in records}
        assert values[seed["best_epoch"]] == better(values.values()) == seed["val"][metric]
    assert not {*NEW} - {metric} & run.metrics[0]["val"].keys() - {metric}


def test_only_the_monitored_metric_is_recorded(run: nnlab.Run) -> None:
    recorded = {"loss", "accuracy", "precision", "recall", "f1", "ece"}
    assert all(record["val"].keys() == recorded for record in run.metrics)


@pytest.mark.parametrize("metric", [*NEW, "accuracy"])
def test_an_old_run_is_compared_by_its_stored_outputs(
    metric: str, old_run: RunDir, run: nnlab.Run, runs_dir: Path
) -> None:
    assert "roc_auc" not in old_run.summary["test"]
    other = {**EXPERIMENT, "model": {"name": "logistic"}}
    compared = nnlab.compare([old_run, other], seeds=2, metric=metric, runs_dir=runs_dir)
    (row,) = [row for row in compared.rows if row.name == old_run.id]
    again = nnlab.evaluate(old_run, runs_dir=runs_dir)["test"]
    assert row.mean == pytest.approx(again[metric], abs=1e-6)


def test_an_old_run_can_be_listed_shown_and_reported(
    old_run: RunDir, runs_dir: Path, tmp_path: Path
) -> None:
    (record,) = [record for record in nnlab.runs(runs_dir=runs_dir) if record["id"] == old_run.id]
    assert record["contradiction"] is None
    page = nnlab.report(old_run, tmp_path / "page.html", runs_dir=runs_dir).read_text()
    assert "f1 (weighted)" in page
    assert "macro_f1" not in page


def table(path: Path, counts: dict[str, int]) -> str:
    """Write a table of classes, the last of which has examples only in the last rows."""
    generator = np.random.default_rng(0)
    names = [name for name, count in counts.items() for _ in range(count)]
    rows = [
        f"{a:.3f},{b:.3f},{name}"
        for (a, b), name in zip(generator.normal(size=(len(names), 2)), names, strict=True)
    ]
    path.write_text("a,b,y\n" + "\n".join(rows) + "\n")
    return str(path)


@pytest.fixture
def lacking(tmp_path: Path) -> dict:
    """An experiment whose test split has no example of class c, and whose val split has."""
    path = table(tmp_path / "table.csv", {"c": 1, "a": 100, "b": 99})
    split = {"order": "sequential", "val": 0.1, "test": 0.1, "stratify": False}
    dataset = {"name": "csv", "path": path, "target": "y", "split": split}
    return {**EXPERIMENT, "dataset": dataset}


@pytest.mark.parametrize("metric", ["roc_auc", "pr_auc"])
def test_monitoring_an_undefined_metric_is_refused(
    metric: str, lacking: dict, tmp_path: Path
) -> None:
    lacking["train"] = {**lacking["train"], "monitor": f"val.{metric}"}
    with pytest.raises(ConfigError, match=f"val.{metric} is undefined: there are no examples of"):
        nnlab.train(lacking, runs_dir=tmp_path)
    assert not [*tmp_path.glob("*/meta.json")]


def test_monitoring_more_places_than_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="needs more than 5 classes, and the data have"):
        nnlab.train(EXPERIMENT, {"train.monitor": "val.top_5_accuracy"}, runs_dir=tmp_path)


def test_an_undefined_metric_is_null_and_a_dash(lacking: dict, tmp_path: Path, command) -> None:
    run = nnlab.train(lacking, runs_dir=tmp_path)
    summary = json.loads(run.summary_path.read_text())
    assert summary["test"]["roc_auc"] is None
    assert summary["test_std"]["roc_auc"] is None
    assert summary["per_seed"][0]["test"]["pr_auc"] is None
    assert summary["test"]["macro_f1"] is not None
    evaluate = ("eval", str(run.path), "--data-file", lacking["dataset"]["path"])
    for words in (evaluate, ("runs", "show", str(run.path))):
        lines = command(*words).stdout.splitlines()
        assert any(line.split()[:2] == ["roc_auc", "-"] for line in lines), words
    assert "<td>-</td>" in run._repr_html_()
    data = {"data_file": lacking["dataset"]["path"], "runs_dir": tmp_path}
    page = nnlab.report(run, tmp_path / "page.html", **data).read_text()
    assert '<th scope="row">roc_auc</th><td class="number">-</td>' in page
    failed = command(*evaluate, "--min", "roc_auc=0.5")
    assert (failed.code, "roc_auc is undefined" in failed.stderr) == (8, True)


def test_comparing_an_undefined_metric_is_refused_with_the_reason(
    lacking: dict, tmp_path: Path
) -> None:
    other = {**lacking, "name": "other", "model": {"name": "logistic"}}
    with pytest.raises(ConfigError, match="is undefined: there are no examples of class"):
        nnlab.compare([lacking, other], seeds=2, metric="roc_auc", runs_dir=tmp_path)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (("--min", "loss=0.5"), "--min loss=0.5: lower is better, so that any high loss"),
        (("--min", "log_loss=0.5"), "use --max log_loss=0.5"),
        (("--min", "ece=0.5"), "use --max ece=0.5"),
        (("--max", "roc_auc=0.5"), "use --min roc_auc=0.5"),
        (("--max", "accuracy=0.5"), "so that any low accuracy would pass"),
    ],
)
def test_a_limit_on_the_wrong_side_is_refused(run, command, words, text) -> None:
    refused = command("eval", str(run.path), *words)
    assert (refused.code, refused.stdout) == (2, "")
    assert text in " ".join(refused.stderr.split())


def test_limits_on_the_right_side_hold_or_not(run: nnlab.Run, command) -> None:
    good = command("eval", str(run.path), "--max", "log_loss=30", "--min", "roc_auc=0")
    bad = command("eval", str(run.path), "--max", "log_loss=0")
    assert (good.code, bad.code) == (0, 8)


WEIGHTED = {"name": "cross_entropy", "class_weight": "balanced"}


@pytest.mark.parametrize(
    ("first", "second", "text"),
    [
        ({"name": "cross_entropy"}, {"name": "quadratic"}, "loss.name is cross_entropy and quad"),
        ({"name": "cross_entropy"}, WEIGHTED, "loss.class_weight is None and balanced"),
        (WEIGHTED, {**WEIGHTED, "class_weight": "inverse_count"}, "is balanced and inverse_count"),
        (WEIGHTED, WEIGHTED, "the weights depend on the training split"),
    ],
)
@pytest.mark.parametrize("metric", ["loss", "val.loss"])
def test_losses_of_different_definitions_are_not_compared(
    first: dict, second: dict, text: str, metric: str, tmp_path: Path
) -> None:
    pair = [
        {**EXPERIMENT, "name": name, "loss": loss}
        for name, loss in (("one", first), ("two", second))
    ]
    with pytest.raises(ConfigError, match=text) as refused:
        nnlab.compare(pair, metric=metric, runs_dir=tmp_path)
    assert "log_loss or accuracy" in str(refused.value)
    assert not [*tmp_path.iterdir()], "nothing was trained"


def test_the_losses_of_other_activations_are_compared(run: nnlab.Run, runs_dir: Path) -> None:
    other = {
        **EXPERIMENT,
        "name": "softplus",
        "model": {**EXPERIMENT["model"], "activation": "elu"},
    }
    assert nnlab.compare([run, other], seeds=2, metric="loss", runs_dir=runs_dir).metric == "loss"


def test_experiments_with_other_weights_are_compared_by_log_loss(
    run: nnlab.Run, runs_dir: Path
) -> None:
    other = {**EXPERIMENT, "name": "weighted", "loss": WEIGHTED}
    compared = nnlab.compare([run, other], seeds=2, metric="log_loss", runs_dir=runs_dir)
    assert compared.is_lower_better
    assert len(compared.verdicts) == 1
