"""Runs whose target is standardised: everything that people see is in the unit of the target."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import safetensors.numpy
import yaml

import nnlab
from nnlab.errors import DataError
from nnlab.runs.agreement import disagreement
from nnlab.runs.load import open_run
from nnlab.storage.claims import contradiction
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from tests.helpers.tables import write_table

OFFSET, SLOPE = 1.7e9, 1000.0
LBFGS = {"model": {"name": "logistic"}, "optimizer": {"name": "lbfgs"}}
MLP = {"model": {"name": "mlp", "hidden_sizes": [8]}, "optimizer": {"name": "adam", "lr": 0.02}}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """Timestamps that are a line of x, to half a second, with a deviation of a thousand."""
    generator = np.random.default_rng(1)
    x = generator.normal(size=80)
    y = OFFSET + SLOPE * x + generator.uniform(-0.5, 0.5, 80)
    rows = np.column_stack([x, y]).tolist()
    return write_table(tmp_path_factory.mktemp("tables") / "t.csv", ["x", "y"], rows)


def columns_of(table):
    return np.loadtxt(table, delimiter=",", skiprows=1, unpack=True)


def experiment(table, parts=MLP, *, dataset=None, **train):
    given = {"name": "csv", "path": str(table), "target": "y", "task": "regression"}
    return {
        **parts,
        "dataset": {**given, **(dataset or {})},
        "train": {"epochs": 3, "threads": 1, **train},
    }


@pytest.fixture(scope="module")
def run(table, tmp_path_factory):
    given = experiment(table, LBFGS, batch_size="full")
    return nnlab.train(given, runs_dir=tmp_path_factory.mktemp("runs"))


def test_a_large_offset_costs_no_digit(run):
    assert run.summary["test"]["mae"] < 1
    assert run.summary["test"]["r2"] > 0.999999


def test_the_loss_is_in_the_scale_that_is_learned(run):
    std = run.preprocessing["target_std"]
    for split in ("train", "val", "test"):
        metrics = run.summary[split]
        assert metrics["loss"] * std**2 == pytest.approx(metrics["mse"], rel=1e-6)
    last = run.metrics[-1]
    assert last["train"]["loss"] == pytest.approx(run.summary["train"]["loss"], rel=1e-3)
    assert last["val"]["loss"] == pytest.approx(run.summary["val"]["loss"], rel=1e-9)


def test_predictions_are_stored_in_the_unit_of_the_target(run, table):
    stored = safetensors.numpy.load_file(run.predictions_path)
    assert {array.dtype for array in stored.values()} == {np.dtype("float64")}
    assert set(stored["targets"]) <= set(columns_of(table)[1])
    assert np.abs(stored["logits"] - stored["targets"]).max() < 1
    assert disagreement(open_run(run)) is None
    assert contradiction(run.predictions_path, run.summary) is None


def test_new_rows_are_predicted_in_the_unit_of_the_target(run):
    rows = [[-1.5], [0.25]]
    expected = OFFSET + SLOPE * np.array(rows)[:, 0]
    predicted = [record["value"] for record in nnlab.predict(run, rows)]
    np.testing.assert_allclose(predicted, expected, rtol=0, atol=1)
    outputs = run.model()(run.preprocess(rows))
    np.testing.assert_allclose(outputs[:, 0].detach(), expected, rtol=0, atol=1)


def test_a_summary_in_another_unit_is_noticed(run, tmp_path):
    folder = tmp_path / "edited"
    shutil.copytree(run.path, folder)
    summary = json.loads((folder / "summary.json").read_text())
    for values in (summary["test"], summary["per_seed"][0]["test"]):
        values["mse"], values["mae"] = values["loss"], values["loss"]
    (folder / "summary.json").write_text(json.dumps(summary))
    assert "mse" in (disagreement(open_run(RunDir(folder))) or "")


@pytest.mark.parametrize(
    "damage",
    [
        {"target_std": 0.0},
        {"target_mean": None},
        {"target_mean": [1.0, 2.0]},
        {"target_std": [[1.0]]},
        {"target_mean": None, "target_std": None},
        {"target_mean": "high"},
    ],
    ids=str,
)
def test_a_damaged_scale_is_refused(run, tmp_path, damage):
    folder = tmp_path / "damaged"
    shutil.copytree(run.path, folder)
    stored = json.loads((folder / "preprocessing.json").read_text())
    (folder / "preprocessing.json").write_text(json.dumps({**stored, **damage}))
    with pytest.raises(nnlab.errors.RunError, match=r"preprocessing\.json is damaged"):
        open_run(RunDir(folder))


@pytest.mark.parametrize("engine", ["fused", "autograd", "numpy"])
def test_every_engine_learns_as_from_a_table_of_standardised_targets(table, engine, tmp_path):
    x, y = columns_of(table)
    first = nnlab.train(experiment(table, engine=engine))
    mean, std = (first.preprocessing[key] for key in ("target_mean", "target_std"))
    scaled = (y - mean) / std
    rows = np.column_stack([x, scaled]).tolist()
    other = write_table(tmp_path / "scaled.csv", ["x", "y"], rows)

    second = nnlab.train(experiment(other, dataset={"standardize_target": False}, engine=engine))

    for one, two in zip(first.metrics, second.metrics, strict=True):
        assert one["train"]["loss"] == pytest.approx(two["train"]["loss"], rel=1e-6)
        assert one["val"]["loss"] == pytest.approx(two["val"]["loss"], rel=1e-6)
    one, two = first.summary["test"], second.summary["test"]
    assert one["mse"] == pytest.approx(two["mse"] * std**2, rel=1e-5)
    assert one["mae"] == pytest.approx(two["mae"] * std, rel=1e-5)
    assert one["r2"] == pytest.approx(two["r2"], rel=1e-5)


def test_replicas_with_their_own_splits_are_restored_by_their_own_scales(table, tmp_path):
    varied = experiment(table, dataset={"split": {"vary": True}}, seeds=3, epochs=40)
    run = nnlab.train(varied, runs_dir=tmp_path)
    scales = run.preprocessing["target_std"]
    assert len(set(scales)) == 3
    for seed, std in zip(run.summary["per_seed"], scales, strict=True):
        assert seed["test"]["loss"] * std**2 == pytest.approx(seed["test"]["mse"], rel=1e-6)
    assert disagreement(open_run(run)) is None
    again = nnlab.evaluate(run, "test", data_file=str(table))
    assert again["test"] == pytest.approx(run.summary["test"], rel=1e-9)
    outputs = [run.model(seed)(run.preprocess([[0.5]], seed)).item() for seed in range(3)]
    (predicted,) = nnlab.predict(run, [[0.5]])
    assert predicted["value"] == pytest.approx(np.mean(outputs), rel=1e-12)


def test_a_constant_target_is_refused(tmp_path):
    rows = [(i, 1.7e9) for i in range(40)]
    table = write_table(tmp_path / "t.csv", ["x", "y"], rows)

    with pytest.raises(DataError, match=r"column 'y' is 1\.7e\+09 in all 40 rows"):
        nnlab.train(experiment(table, LBFGS, batch_size="full"))


def test_a_run_of_an_earlier_version_keeps_its_meaning(table, tmp_path):
    given = experiment(table, dataset={"standardize_target": False})
    run = nnlab.train(given, runs_dir=tmp_path)
    resolved = yaml.safe_load(run.resolved_path.read_text())
    del resolved["dataset"]["standardize_target"]
    run.resolved_path.write_text(yaml.safe_dump(resolved))
    stored = run.preprocessing
    del stored["target_mean"], stored["target_std"]
    run.preprocessing_path.write_text(json.dumps(stored))

    opened = open_run(RunDir(run.path))

    assert opened.config.dataset.standardizes_target is False
    assert nnlab.evaluate(run, "test", data_file=str(table))["test"] == run.summary["test"]


def test_losses_are_compared_in_the_scale_that_is_learned(table, tmp_path):
    varied = experiment(table, dataset={"split": {"vary": True}}, seeds=3)
    other = {**varied, "name": "line", "model": {"name": "logistic"}}
    compared = nnlab.compare([varied, other], metric="loss", runs_dir=tmp_path)
    for row in compared.rows:
        (run_id,) = row.runs
        per_seed = nnlab.load_run(tmp_path / run_id).summary["per_seed"]
        expected = [seed["test"]["loss"] for seed in per_seed]
        assert row.per_seed == pytest.approx(expected, rel=1e-6)


def test_the_class_of_a_classification_has_no_scale(table):
    given = experiment(table, dataset={"task": "classification", "standardize_target": True})
    with pytest.raises(nnlab.errors.ConfigError, match="standardize_target: classes have no scale"):
        nnlab.train(given)


def test_pictures_are_drawn_in_the_unit_of_the_target(run, table, tmp_path):
    from nnlab.report.run_view import RunView

    view = RunView.load(open_run(run), Folders.choose(data_file=str(table)))
    values = view.predict(view.from_raw(np.array([[0.25]])))
    assert values.item() == pytest.approx(OFFSET + SLOPE * 0.25, abs=1)


def test_results_say_of_what_the_loss_is(run, table, command, monkeypatch):
    monkeypatch.setenv("NNLAB_RUNS", str(run.path.parent))
    shown = command("runs", "show", run.id).stdout
    assert "loss: of the standardised target; the other metrics: in its own unit\n" in shown
    page = nnlab.report(run, data_file=str(table)).read_text()
    assert "The loss is of the standardised target." in page


def test_the_scale_is_shown_before_training(table):
    facts = nnlab.describe(experiment(table))
    mean, deviation = facts.target_scale
    assert mean == pytest.approx(OFFSET, abs=SLOPE)
    assert deviation == pytest.approx(SLOPE, rel=0.3)
    plain = experiment(table, dataset={"standardize_target": False})
    assert nnlab.describe(plain).target_scale is None
