"""Training and evaluation, from a config to what a user reads."""

from __future__ import annotations

import json
import statistics
from pathlib import Path

import pytest
import safetensors.torch
import torch

import nnlab
from nnlab import api
from nnlab.comparison.store import to_json
from nnlab.config.load import load_config
from nnlab.errors import ConfigError, DivergedError, RunError
from nnlab.runs.load import open_run
from tests.helpers.command import Command

QUICK = ["train.epochs=5"]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> nnlab.RunDir:
    return nnlab.train(
        "spiral_mlp", ["train.epochs=60"], seeds=3, runs_dir=tmp_path_factory.mktemp("runs")
    )


def test_a_run_directory_holds_everything(run: nnlab.RunDir) -> None:
    names = {path.name for path in run.path.iterdir()}
    assert {
        "config.yaml",
        "resolved.yaml",
        "meta.json",
        "metrics.jsonl",
        "summary.json",
        "predictions.safetensors",
        "preprocessing.json",
        "checkpoints",
    } <= names
    assert not list(run.path.rglob(".tmp-*"))


def test_metrics_hold_one_record_per_epoch_and_seed(run: nnlab.RunDir) -> None:
    records = run.metrics
    assert [(r["epoch"], r["seed"]) for r in records] == [
        (epoch, seed) for epoch in range(1, 61) for seed in range(3)
    ]
    assert set(records[0]) == {"epoch", "step", "seed", "train", "val", "lr", "seconds"}
    assert set(records[0]["val"]) == {"loss", "accuracy", "precision", "recall", "f1", "ece"}


def test_the_summary_is_the_mean_and_deviation_over_seeds(run: nnlab.RunDir) -> None:
    summary = run.summary
    per_seed = [seed["test"]["accuracy"] for seed in summary["per_seed"]]
    assert len(per_seed) == 3
    assert summary["test"]["accuracy"] == statistics.fmean(per_seed)
    assert summary["test_std"]["accuracy"] == statistics.stdev(per_seed)
    assert summary["status"] == "finished"
    assert summary["num_parameters"] == 2 * 100 + 100 + 100 * 3 + 3


def test_meta_records_how_the_run_was_made(run: nnlab.RunDir) -> None:
    meta = run.meta
    assert meta["status"] == "finished"
    assert meta["exit_code"] == 0
    assert meta["seeds"] == [0, 1, 2]
    assert meta["num_examples"] == {"train": 1050, "val": 225, "test": 225}
    assert {"python", "nnlab", "torch", "numpy"} <= set(meta["versions"])
    assert len(meta["data_sha256"]) == 64


def test_the_resolved_config_trains_the_same(run: nnlab.RunDir, tmp_path: Path) -> None:
    again = nnlab.train(run.resolved_path, runs_dir=tmp_path)
    assert again.summary["per_seed"] == run.summary["per_seed"]
    assert load_config(again.resolved_path) == load_config(run.resolved_path)


def test_the_stored_outputs_give_the_test_accuracy(run: nnlab.RunDir) -> None:
    stored = safetensors.torch.load_file(run.predictions_path)
    assert stored["logits"].shape == (3, 225, 3)
    hits = (stored["logits"].argmax(-1) == stored["targets"]).double().mean(-1)
    assert hits.tolist() == [seed["test"]["accuracy"] for seed in run.summary["per_seed"]]


@pytest.mark.parametrize("split", ["test", "val", "train"])
def test_eval_repeats_the_summary_to_the_last_digit(run: nnlab.RunDir, split: str) -> None:
    result = nnlab.evaluate(run, split)
    assert result[split] == run.summary[split]
    assert [s[split] for s in result["per_seed"]] == [s[split] for s in run.summary["per_seed"]]


def test_best_weights_are_those_of_the_best_validation_loss(tmp_path: Path) -> None:
    run = nnlab.train("e9_random_overfit", ["train.epochs=100"], seeds=2)
    best = [min(r["val"]["loss"] for r in run.metrics if r["seed"] == seed) for seed in (0, 1)]
    result = nnlab.evaluate(run, "val", checkpoint="best")
    assert [seed["val"]["loss"] for seed in result["per_seed"]] == best
    last = nnlab.evaluate(run, "val", checkpoint="last")
    assert last["val"]["loss"] > result["val"]["loss"]


def test_early_stopping_tests_the_best_weights_and_records_where_it_stopped() -> None:
    overrides = ["train.epochs=100", "optimizer.lr=0.5", "train.early_stopping={patience: 3}"]
    run = nnlab.train("spiral_mlp", overrides, seeds=3)
    assert run.summary["checkpoint"] == "best"
    for seed in run.summary["per_seed"]:
        epochs = [r["epoch"] for r in run.metrics if r["seed"] == seed["seed"]]
        assert seed["stopped_epoch"] == epochs[-1] == seed["best_epoch"] + 3
        best = next(
            r for r in run.metrics if r["seed"] == seed["seed"] and r["epoch"] == seed["best_epoch"]
        )
        assert seed["val"]["loss"] == best["val"]["loss"]


def test_regression_is_trained_and_evaluated() -> None:
    run = nnlab.train("regression_mlp", ["train.epochs=1500"])
    assert run.summary["test"]["r2"] > 0.5
    assert set(run.summary["test"]) == {"loss", "mse", "mae", "r2"}
    stored = safetensors.torch.load_file(run.predictions_path)
    assert stored["logits"].shape == (1, 150)


def test_a_run_without_a_test_split_reports_it() -> None:
    run = nnlab.train("spiral_mlp", [*QUICK, "dataset.split.test=0", "dataset.split.val=0"])
    assert "test" not in run.summary
    assert run.summary["train"]["accuracy"] > 0.3
    with pytest.raises(RunError, match="has no test split"):
        nnlab.evaluate(run)


def test_monitoring_test_is_allowed_and_recorded() -> None:
    run = nnlab.train("spiral_mlp", [*QUICK, "train.monitor=test.accuracy", "train.select=best"])
    assert [r["test"]["accuracy"] for r in run.metrics]


def test_limits_end_training_early() -> None:
    few = nnlab.train("digits_mlp", [*QUICK, "train.limit_batches=3"])
    assert few.summary["steps"] == 15
    short = nnlab.train("spiral_mlp", ["train.epochs=1000000", "train.max_minutes=0.005"])
    assert short.summary["epochs"] < 1_000_000
    assert short.status == "finished"


def test_divergence_exits_with_6_and_keeps_the_last_good_checkpoint() -> None:
    overrides = ["optimizer={name: sgd, lr: 1e10}", "train.epochs=50"]
    with pytest.raises(DivergedError, match=r"loss of seed 0 is (nan|inf) after epoch"):
        nnlab.train("regression_mlp", [*overrides, "train.eval_every=1"])
    run = nnlab.load_run("latest")
    assert run.status == "diverged"
    assert run.meta["exit_code"] == 6
    last = run.metrics[-1]
    assert last["diverged"] is True
    assert None in (last["train"]["loss"], last["val"]["loss"])
    assert not run.summary_path.exists()


def test_the_api_takes_a_mapping_and_a_loaded_config() -> None:
    mapping = {
        "dataset": {"name": "xor"},
        "model": {"name": "mlp", "hidden_sizes": [4]},
        "optimizer": {"name": "adam", "lr": 0.1},
        "train": {"epochs": 2},
    }
    first = nnlab.train(mapping)
    second = nnlab.train(api.as_config(mapping))
    assert first.summary["per_seed"] == second.summary["per_seed"]


def test_eval_min_exits_with_8_when_it_does_not_hold(command: Command) -> None:
    run = nnlab.train("spiral_linear")
    good = command("eval", str(run.path), "--min", "accuracy=0.3")
    bad = command("eval", str(run.path), "--min", "accuracy=0.97", "--json")
    assert good.code == 0, good.stderr
    assert bad.code == 8
    assert "below the required 0.97" in bad.stderr
    assert json.loads(bad.stdout)["test"]


def test_eval_names_every_threshold_that_is_missed(command: Command) -> None:
    run = nnlab.train("spiral_linear", ["train.epochs=2"])
    words = ["--min", "accuracy=0.99", "--max", "loss=0.01", "--max", "ece=1"]
    missed = command("eval", str(run.path), *words)
    assert missed.code == 8
    first, second = missed.stderr.splitlines()[-2:]
    assert "accuracy is " in first
    assert first.endswith(", below the required 0.99")
    assert second.startswith("loss is ")
    assert second.endswith(", above the allowed 0.01")
    assert command("eval", str(run.path), "--max", "loss=100").code == 0


@pytest.mark.parametrize(
    ("option", "message"),
    [
        ("--min=accuracy=95", "accuracy is between 0 and 1; write 0.97 for 97 %"),
        ("--max=ece=-1", "ece is between 0 and 1"),
        ("--min=acuracy=0.9", "unknown metric (did you mean 'accuracy'?); metrics: loss"),
        ("--min=val.accuracy=0.9", "the split is an option: --split val --min accuracy=0.9"),
        ("--min=top_3_accuracy=0.9", "not measured; this run has loss"),
        ("--max=mse=1", "--max mse: not measured; this run has loss"),
        ("--max=loss", "--max loss: should look like accuracy=0.97"),
    ],
)
def test_eval_refuses_a_threshold_that_nothing_can_reach(
    option: str, message: str, command: Command
) -> None:
    run = nnlab.train("xor_mlp", ["train.epochs=1"])
    refused = command("eval", str(run.path), option)
    assert refused.code == 2
    assert message in refused.stderr


@pytest.mark.archives
def test_mnist_reaches_its_accuracy_and_evaluates_to_the_same_bytes(
    installed_data: Path, forked: Command
) -> None:
    env = {"NNLAB_DATA": str(installed_data)}
    trained = forked("train", "configs/mnist_mlp.yaml", "train.epochs=2", **env)
    assert trained.code == 0, trained.stderr
    summary = json.loads((Path(trained.stdout.splitlines()[-1]) / "summary.json").read_text())
    assert summary["test"]["accuracy"] >= 0.96
    answers = [forked("eval", "latest", "--json", **env).stdout for _ in range(2)]
    assert answers[0] == answers[1]
    assert json.loads(answers[0])["test"] == summary["test"]


@pytest.mark.archives
def test_mlp_is_ahead_of_logistic_on_mnist(installed_data: Path) -> None:
    result = nnlab.compare(
        ["logistic", "mlp"],
        ["train.epochs=1", "train.limit_batches=300"],
        seeds=2,
        data_dir=installed_data,
    )
    assert to_json(result)["ahead"] == "mlp"
    assert [row.seeds for row in result.rows] == [[0, 1], [0, 1]]


@pytest.mark.archives
def test_the_cnn_learns_fashion_mnist(installed_data: Path) -> None:
    limits = ["train.epochs=1", "train.limit_batches=80", "dataset.split.val=0"]
    run = nnlab.train("fashion_mnist_cnn", limits, data_dir=installed_data)
    assert run.summary["test"]["accuracy"] > 0.65
    assert run.summary["num_evaluated"] == {"test": 10_000, "train": 10_000}


@pytest.mark.archives
def test_the_spiral_file_trains_from_its_text_labels(archives: Path) -> None:
    config = api.as_config("spiral_mlp").model_dump()
    config["dataset"] = {"name": "csv", "path": str(archives / "spiral.csv"), "target": "color"}
    run = nnlab.train(config)
    assert run.summary["test"]["accuracy"] > 0.95
    assert run.preprocessing["class_names"] == ["c1", "c2", "c3"]


def test_bf16_learns_and_keeps_its_weights_in_float32() -> None:
    run = nnlab.train("digits_cnn", ["train.precision=bf16", "train.epochs=6"])
    assert run.summary["test"]["accuracy"] > 0.9
    assert nnlab.evaluate(run)["test"] == run.summary["test"]
    weights = open_run(run).weights("last")
    assert weights["linear1.weight"].dtype == torch.float32


def test_bf16_is_not_float32_and_not_for_every_engine() -> None:
    exact = nnlab.train("digits_cnn", ["train.epochs=1"])
    mixed = nnlab.train("digits_cnn", ["train.epochs=1", "train.precision=bf16"])
    assert mixed.summary["test"]["loss"] != exact.summary["test"]["loss"]
    with pytest.raises(ConfigError, match="the numpy engine supports float32 and float64"):
        nnlab.train("tiny_numpy", ["train.precision=bf16"])
    with pytest.raises(
        ConfigError, match="the fused engine cannot train this: bf16 needs autograd"
    ):
        nnlab.train("spiral_mlp", ["train.precision=bf16", "train.engine=fused"])


def test_losses_of_single_batches_are_recorded_and_shown(command: Command) -> None:
    words = ["spiral_mlp", "train.batch_size=200", "train.epochs=2", "train.log_every=2"]
    done = command("train", *words)
    records = nnlab.load_run("latest").metrics
    assert [batch["examples"] for batch in records[0]["train"]["batches"]] == [0, 400, 800]
    assert "      0/1,050 examples  loss " in done.stderr
    assert "    400/1,050 examples  loss " in done.stderr
    # 1,050 examples are five batches of 200 and one of 50.
    assert records[1]["train"]["batches"][0]["loss"] < records[0]["train"]["batches"][0]["loss"]


@pytest.mark.parametrize("engine", ["auto", "sklearn"])
def test_the_training_loss_of_a_fit_is_the_loss_after_it(engine: str) -> None:
    optimizer = "optimizer={name: lbfgs, C: 1.0, max_iter: 7}"
    once = ["train.batch_size=full", "train.epochs=1", f"train.engine={engine}"]

    run = nnlab.train("spiral_logistic", [optimizer, *once])

    (record,) = run.metrics
    assert record["train"]["loss"] == pytest.approx(run.summary["train"]["loss"], rel=1e-5)
    assert 0 < record["iterations"] <= 7
