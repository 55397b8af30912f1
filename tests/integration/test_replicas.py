from __future__ import annotations

import contextlib

import pytest
import safetensors.torch
import torch

import nnlab
from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.runs.differences import without_measured
from nnlab.runs.load import open_run
from nnlab.storage import checkpoint
from tests.helpers.experiments import EXACT_EXPERIMENTS, EXPERIMENTS

every_experiment = pytest.mark.parametrize(
    "experiment", EXPERIMENTS.values(), ids=EXPERIMENTS.keys()
)
every_precision = pytest.mark.parametrize("precision", ["float32", "float64"])


def train(experiment, *overrides, seeds=1, watch=None):
    return nnlab.train(experiment, overrides, seeds=seeds, watch=watch)


def records_of(run, seed=None):
    """Return the metrics of a run, or of one seed of it, without the time they took."""
    return [
        {name: value for name, value in record.items() if name != "seconds"}
        for record in run.metrics
        if seed is None or record["seed"] == seed
    ]


def outputs_of(run):
    """Return the outputs for the test part, ``(R, N, ...)``."""
    return safetensors.torch.load_file(run.predictions_path)["logits"]


def as_bytes(tensors):
    return {name: tensor.contiguous().numpy().tobytes() for name, tensor in tensors.items()}


def replica_of(weights, replica):
    return as_bytes({name: tensor[replica] for name, tensor in weights.items()})


def differing(first, second):
    """Return the names under which two groups of bytes are not the same."""
    return sorted(n for n in first.keys() | second.keys() if first.get(n) != second.get(n))


def checkpoint_of(run):
    """Return weights, state of the optimizer and best weights as they are on the disk."""
    return checkpoint.load(run.checkpoints_dir).tensors


@pytest.mark.parametrize("experiment", EXACT_EXPERIMENTS.values(), ids=EXACT_EXPERIMENTS.keys())
@every_precision
def test_replica_equals_the_run_of_its_seed_alone(experiment, precision):
    together = train(experiment, f"train.precision={precision}", seeds=3)

    for replica, seed in enumerate((4, 5, 6)):
        alone = train(experiment, f"train.precision={precision}", f"train.seed={seed}")

        for which in ("last", "best"):
            weights = replica_of(open_run(together).weights(which), replica)
            assert differing(weights, replica_of(open_run(alone).weights(which), 0)) == []
        assert records_of(together, seed) == records_of(alone)
        assert together.summary["per_seed"][replica] == alone.summary["per_seed"][0]
        assert torch.equal(outputs_of(together)[replica], outputs_of(alone)[0])


@pytest.mark.parametrize(
    "name", ["mlp-dropout", "mlp-dropout-autograd", "cnn-batch-norm-dropout", "numpy"]
)
def test_replicas_differ(name):
    run = train(EXPERIMENTS[name], seeds=3)

    weights = open_run(run).weights("last")

    replicas = [replica_of(weights, replica) for replica in range(3)]
    assert all(replicas[0][key] != replicas[1][key] for key in replicas[0] if "num_" not in key)
    assert len({entry["test"]["loss"] for entry in run.summary["per_seed"]}) == 3


every_dropout = pytest.mark.parametrize(
    "name", ["mlp-dropout", "mlp-dropout-fused", "mlp-dropout-autograd"]
)


@every_dropout
def test_replicas_of_the_same_weights_and_batches_draw_dropout_of_their_own(name, tmp_path):
    config = config_from_mapping(EXPERIMENTS[name], ["train.seeds=2"])
    learner = build_job(config, tmp_path).learner
    start = {name: tensor[[0, 0]] for name, tensor in learner.weights().items()}
    learner.load_weights(start)
    inputs, targets = torch.rand(20, 2), torch.arange(20) % 3

    losses = learner.train_step(inputs.expand(2, -1, -1), targets.expand(2, -1), lrs=[0.01, 0.01])

    assert losses[0] != losses[1]


@every_dropout
def test_dropout_is_redrawn_at_every_step(name, tmp_path):
    config = config_from_mapping(EXPERIMENTS[name])
    learner = build_job(config, tmp_path).learner
    start = learner.weights()
    inputs, targets = torch.rand(1, 20, 2), (torch.arange(20) % 3)[None]

    losses = []
    for _ in range(3):
        learner.load_weights(start)
        losses.append(learner.train_step(inputs, targets, lrs=[0.01]).item())

    assert len(set(losses)) == 3


@pytest.mark.parametrize(
    "name", ["early-stopping", "early-stopping-fused", "early-stopping-autograd"]
)
def test_replicas_stop_early_at_epochs_of_their_own(name):
    run = train(EXPERIMENTS[name], seeds=3)

    stopped = [entry["stopped_epoch"] for entry in run.summary["per_seed"]]

    assert len(set(stopped)) > 1
    for seed, epoch in zip((4, 5, 6), stopped, strict=True):
        last = epoch or run.summary["epochs"]
        assert [record["epoch"] for record in records_of(run, seed)] == list(range(1, last + 1))


@pytest.mark.parametrize(
    "name", ["early-stopping", "early-stopping-fused", "early-stopping-autograd"]
)
def test_weights_of_a_stopped_replica_stay_as_they_were(name):
    run = train(EXPERIMENTS[name], seeds=3)
    stopped = [entry["stopped_epoch"] for entry in run.summary["per_seed"]]
    first = min((epoch, replica) for replica, epoch in enumerate(stopped) if epoch)[1]

    shorter = train(EXPERIMENTS[name], f"train.epochs={stopped[first]}", seeds=3)

    weights = replica_of(open_run(run).weights("last"), first)
    assert differing(weights, replica_of(open_run(shorter).weights("last"), first)) == []
    assert run.summary["epochs"] > shorter.summary["epochs"]


@pytest.mark.parametrize("name", ["plateau", "plateau-autograd"])
def test_plateau_cuts_the_learning_rate_of_each_replica_on_its_own(name):
    run = train(EXPERIMENTS[name], seeds=3)

    lrs = [[record["lr"] for record in records_of(run, seed)] for seed in (4, 5, 6)]

    assert all(min(replica) < 0.1 for replica in lrs)
    assert lrs[0] != lrs[1]


@every_experiment
def test_same_experiment_gives_the_same_bytes_twice(experiment):
    first, second = train(experiment, seeds=2), train(experiment, seeds=2)

    assert differing(as_bytes(checkpoint_of(first)), as_bytes(checkpoint_of(second))) == []
    assert records_of(first) == records_of(second)
    assert first.predictions_path.read_bytes() == second.predictions_path.read_bytes()
    assert without_measured(first.summary) == without_measured(second.summary)


@pytest.mark.parametrize(
    "name", ["mlp-dropout", "mlp-dropout-autograd", "cnn-batch-norm-dropout", "numpy", "lbfgs"]
)
def test_evaluating_rarely_does_not_change_the_weights(name):
    often = train(EXPERIMENTS[name], "train.epochs=5", "train.eval_every=1", seeds=2)

    seldom = train(EXPERIMENTS[name], "train.epochs=5", "train.eval_every=5", seeds=2)

    weights = as_bytes(open_run(seldom).weights("last"))
    assert differing(weights, as_bytes(open_run(often).weights("last"))) == []
    assert [record["epoch"] for record in seldom.metrics] == [5, 5]
    assert len(often.metrics) == 10


def test_losses_of_epochs_that_are_not_evaluated_count_in_the_next_record():
    often = train(EXPERIMENTS["mlp-dropout"], "train.precision=float64", "train.epochs=4")

    seldom = train(
        EXPERIMENTS["mlp-dropout"],
        "train.precision=float64",
        "train.epochs=4",
        "train.eval_every=2",
    )

    losses = [record["train"]["loss"] for record in often.metrics]
    means = [(losses[0] + losses[1]) / 2, (losses[2] + losses[3]) / 2]
    found = [record["train"]["loss"] for record in seldom.metrics]
    assert found == pytest.approx([*means], rel=1e-12)


def test_watching_does_not_change_the_results():
    seen = []

    @contextlib.contextmanager
    def watch(run, job, progress):
        torch.rand(3)  # a watcher may draw numbers of its own
        yield seen.extend

    watched = train(EXPERIMENTS["mlp-dropout"], seeds=2, watch=watch)

    unwatched = train(EXPERIMENTS["mlp-dropout"], seeds=2)
    assert differing(as_bytes(checkpoint_of(watched)), as_bytes(checkpoint_of(unwatched))) == []
    assert records_of(watched) == records_of(unwatched)
    assert seen == watched.metrics


def test_state_of_the_global_generator_does_not_change_the_results():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        first = train(EXPERIMENTS["mlp-dropout"])
        torch.manual_seed(2)

        second = train(EXPERIMENTS["mlp-dropout"])

    assert differing(as_bytes(checkpoint_of(first)), as_bytes(checkpoint_of(second))) == []


@pytest.mark.parametrize(
    "name", ["early-stopping", "early-stopping-fused", "early-stopping-autograd"]
)
def test_selected_weights_are_the_best_ones_with_early_stopping(name):
    run = train(EXPERIMENTS[name], seeds=3)

    for seed, entry in zip((4, 5, 6), run.summary["per_seed"], strict=True):
        losses = {record["epoch"]: record["val"]["loss"] for record in records_of(run, seed)}
        assert entry["val"]["loss"] == losses[entry["best_epoch"]]
        assert losses[entry["best_epoch"]] <= min(losses.values()) + 0.001  # min_delta


def test_evaluating_the_stored_run_gives_the_metrics_of_its_summary():
    run = train(EXPERIMENTS["cnn-batch-norm-dropout"], seeds=2)

    for split in ("test", "val", "train"):
        evaluated = nnlab.evaluate(run, split, device="cpu")

        per_seed = [entry[split] for entry in run.summary["per_seed"]]
        assert [entry[split] for entry in evaluated["per_seed"]] == per_seed
