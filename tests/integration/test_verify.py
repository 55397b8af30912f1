"""nnlab verify proves a run that was trained honestly, and says where another one differs."""

from __future__ import annotations

import json

import pytest
import torch

import nnlab
from nnlab.errors import RunError
from nnlab.runs.differences import first_value
from nnlab.storage import checkpoint
from nnlab.storage.result_dir import write_json
from nnlab.storage.run_dir import RunDir
from tests.helpers.command import Command

CASES = {
    "spiral, three seeds": ("spiral_mlp", ["train.epochs=12", "train.batch_size=64"], 3),
    "numpy": ("tiny_numpy", ["train.epochs=12", "train.eval_every=2"], 1),
    "cnn by autograd": ("digits_cnn", ["train.epochs=2", "train.limit_batches=4"], 1),
}


@pytest.fixture
def run() -> RunDir:
    overrides = ["train.epochs=4", "train.threads=1", "train.checkpoint_every.epochs=1"]
    return nnlab.train("spiral_mlp", overrides, seeds=3)


@pytest.mark.parametrize(("config", "overrides", "seeds"), CASES.values(), ids=CASES.keys())
def test_a_run_killed_and_resumed_is_proved(config: str, overrides: list[str], seeds: int) -> None:
    trained = nnlab.train(config, [*overrides, "train.threads=1"], seeds=seeds)

    verdict = nnlab.verify(trained, resume=True)

    assert verdict.problems == ()
    assert verdict.changes == ()
    assert verdict.num_records == len(trained.metrics)
    assert 1 <= verdict.killed_at <= trained.summary["steps"]
    assert verdict.resumed_at <= verdict.killed_at


def test_the_proof_is_printed(run: RunDir, command: Command) -> None:
    ended = command("verify", "latest", "--json")

    assert ended.code == 0, ended.stderr
    assert json.loads(ended.stdout) == json.loads(json.dumps(nnlab.verify(run).to_json()))
    assert json.loads(ended.stdout)["holds"]


def test_consistently_changed_weights_are_noticed(run: RunDir, command: Command) -> None:
    newest = checkpoint.load(run.checkpoints_dir)
    newest.tensors["weights.layers.1.bias"][2, 0] += 1e-6
    checkpoint.save(run.checkpoints_dir, newest.tensors, newest.progress, newest.log_sizes)

    ended = command("verify", str(run.path))

    assert ended.code == 8
    assert "tensors: weights.layers.1.bias is the first of 1 that differ" in ended.stderr


def test_a_changed_line_of_metrics_is_noticed(run: RunDir) -> None:
    lines = run.metrics_path.read_text().splitlines()
    record = json.loads(lines[7])
    record["val"]["accuracy"] = 0.99
    lines[7] = json.dumps(record)
    run.metrics_path.write_text("\n".join(lines) + "\n")

    (problem,) = nnlab.verify(run).problems

    assert problem.startswith("metrics.jsonl: epoch 3, seed 1: val.accuracy is 0.99, and ")


def test_a_lost_line_of_metrics_is_noticed(run: RunDir) -> None:
    lines = run.metrics_path.read_text().splitlines(keepends=True)
    run.metrics_path.write_text("".join(lines[:-1]))

    (problem,) = nnlab.verify(run).problems

    assert problem.startswith("metrics.jsonl: epoch 4, seed 2: ")


def test_a_changed_result_is_noticed(run: RunDir) -> None:
    summary = run.summary
    summary["test"]["accuracy"] = 1.0
    write_json(run.summary_path, summary)

    (problem,) = nnlab.verify(run).problems

    assert problem.startswith("summary.json: test.accuracy is 1.0, and ")


def test_another_computer_is_named_and_metrics_are_compared(run: RunDir) -> None:
    versions = run.meta["versions"]
    run.update_meta(versions={**versions, "torch": "2.10.0"})

    verdict = nnlab.verify(run)

    assert verdict.changes == (f"versions.torch was 2.10.0, is {versions['torch']}",)
    assert verdict.tolerance == "2 standard deviations of the 3 seeds"
    assert verdict.problems == ()


def test_metrics_of_another_computer_may_not_differ_more_than_seeds(run: RunDir) -> None:
    run.update_meta(versions={**run.meta["versions"], "torch": "2.10.0"})
    summary = run.summary
    summary["test"]["loss"] += 3 * summary["test_std"]["loss"]
    write_json(run.summary_path, summary)

    (problem,) = nnlab.verify(run).problems

    assert problem.startswith("summary.json: test.loss is ")


def test_threads_are_those_of_the_run(run: RunDir) -> None:
    run.update_meta(threads=2)
    config = run.resolved_path.read_text()
    run.resolved_path.write_text(config.replace("threads: 1", "threads: auto"))
    torch.set_num_threads(1)

    assert not [change for change in nnlab.verify(run).changes if change.startswith("threads was")]


def test_only_a_finished_run_is_verified(run: RunDir, command: Command) -> None:
    run.update_meta(status="interrupted")

    ended = command("verify", run.id)

    assert ended.code == 4
    assert f"run {run.id} is interrupted; only a finished run can be verified" in ended.stderr


def test_a_damaged_checkpoint_proves_nothing(run: RunDir) -> None:
    newest = max(run.checkpoints_dir.glob("*.safetensors"))
    newest.write_bytes(newest.read_bytes()[:-1])

    with pytest.raises(RunError, match=rf"{newest.name} is missing or damaged"):
        nnlab.verify(run)


def test_an_old_summary_without_the_newer_metrics_is_not_refuted() -> None:
    stored = {"test": {"loss": 0.5, "accuracy": 1.0}}

    assert first_value(stored, {"test": {**stored["test"], "log_loss": 0.5, "pr_auc": 1.0}}) is None
    assert first_value(stored, {"test": {"loss": 0.5, "accuracy": 1.0, "f1": 1.0}}) is not None
    assert first_value({"test": {"log_loss": 0.4}}, {"test": {"log_loss": 0.5}}) is not None
