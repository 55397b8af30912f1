"""Back-propagation in closed form, in torch and in C++, gives what autograd gives."""

from __future__ import annotations

import statistics
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

import nnlab
from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping

ACTIVATIONS = ["identity", "relu", "leaky_relu", "elu", "gelu", "tanh", "sigmoid"]
OPTIMIZERS = {
    "sgd": {"name": "sgd", "lr": 0.1},
    "momentum": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "weight_decay": 1e-3},
    "nesterov": {"name": "sgd", "lr": 0.05, "momentum": 0.9, "nesterov": True},
    "adam": {"name": "adam", "lr": 0.01, "weight_decay": 1e-3},
    "adamw": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
    "rmsprop": {"name": "rmsprop", "lr": 0.003, "momentum": 0.5},
    "adagrad": {"name": "adagrad", "lr": 0.05, "weight_decay": 1e-3},
}
LOSSES = {
    "cross entropy": {"loss": {"name": "cross_entropy"}},
    "weighted": {"loss": {"name": "cross_entropy", "class_weight": [1.0, 2.0, 0.5]}},
    "smoothed": {"loss": {"name": "cross_entropy", "label_smoothing": 0.1}},
    "smoothed and weighted": {
        "loss": {"name": "cross_entropy", "label_smoothing": 0.3, "class_weight": [1.0, 2.0, 0.5]}
    },
    "quadratic": {"loss": {"name": "quadratic"}},
    "mse": {"loss": {"name": "mse"}, "dataset": {"name": "regression", "num_samples": 90}},
    "quadratic regression": {
        "loss": {"name": "quadratic"},
        "dataset": {"name": "regression", "num_samples": 90},
    },
}
CLOSED_FORM = ["fused", "native"]
BASE = {
    "dataset": {"name": "spiral", "num_samples": 90},
    "optimizer": OPTIMIZERS["adam"],
}


def experiment(engine: str, model: dict | None = None, seeds: int = 2, train=(), **sections):
    model = {"name": "mlp", "hidden_sizes": [7, 5], "activation": "tanh", **(model or {})}
    options = {"epochs": 40, "batch_size": 20, "precision": "float64", **dict(train)}
    options |= {"engine": engine, "seeds": seeds}
    return config_from_mapping({**BASE, **sections, "model": model, "train": options})


def losses_of(config, steps: int = 100) -> torch.Tensor:
    """Return the losses of the first steps, ``(steps, R)``."""
    job = build_job(config, Path("no data is needed"))
    losses, epoch = [], 0
    while len(losses) < steps:
        for inputs, targets in job.batches.epoch(epoch):
            lrs = [job.lr] * len(job.seeds)
            losses.append(job.learner.train_step(inputs, targets, lrs=lrs).double().clone())
        epoch += 1
    return torch.stack(losses[:steps])


def assert_engines_agree(*engines: str, **options) -> None:
    autograd = losses_of(experiment("autograd", **options))
    assert (autograd[0] - autograd[-1]).abs().max() > 1e-4, "nothing learned, so nothing compared"
    for engine in engines or CLOSED_FORM:
        assert_close(losses_of(experiment(engine, **options)), autograd, rtol=0, atol=1e-6)


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_100_steps_of_every_activation(activation: str, seeds: int) -> None:
    assert_engines_agree(model={"activation": activation}, seeds=seeds)


@pytest.mark.parametrize("optimizer", OPTIMIZERS.values(), ids=OPTIMIZERS.keys())
def test_100_steps_of_every_optimizer(optimizer: dict) -> None:
    assert_engines_agree(optimizer=optimizer)


@pytest.mark.parametrize("output", ["none", "softmax", "sigmoid"])
@pytest.mark.parametrize(
    "loss", ["cross entropy", "weighted", "smoothed", "smoothed and weighted", "quadratic"]
)
def test_100_steps_of_every_loss_and_output(loss: str, output: str) -> None:
    assert_engines_agree(model={"output_activation": output}, **LOSSES[loss])


@pytest.mark.parametrize("loss", ["mse", "quadratic regression"])
def test_100_steps_of_regression(loss: str) -> None:
    assert_engines_agree(**LOSSES[loss])


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_100_steps_with_the_same_dropout(activation: str, seeds: int) -> None:
    model = {"activation": activation, "dropout": 0.3}
    assert_engines_agree("fused", model=model, seeds=seeds)  # native: see test_native.py


@pytest.mark.parametrize("seeds", [1, 3])
def test_100_steps_with_gradients_clipped_per_replica(seeds: int) -> None:
    sgd = {"name": "sgd", "lr": 0.5}
    assert_engines_agree(train={"clip_norm": 0.05}, optimizer=sgd, seeds=seeds)


def test_100_steps_without_a_hidden_layer() -> None:
    assert_engines_agree(model={"hidden_sizes": [], "activation": "relu"})


def test_logistic_regression_and_full_batches() -> None:
    config = {
        "dataset": {"name": "digits"},
        "model": {"name": "logistic"},
        "optimizer": OPTIMIZERS["adam"],
    }
    train = {"epochs": 5, "batch_size": "full", "precision": "float64"}
    found = [
        losses_of(config_from_mapping({**config, "train": {**train, "engine": engine}}), 20)
        for engine in (*CLOSED_FORM, "autograd")
    ]
    for losses in found[:-1]:
        assert_close(losses, found[-1], rtol=0, atol=1e-10)


@pytest.mark.parametrize("engine", CLOSED_FORM)
@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_equal_autograds_to_ten_digits(activation: str, seeds: int, engine: str) -> None:
    sgd = {"name": "sgd", "lr": 1.0}
    options = {"model": {"activation": activation}, "seeds": seeds, "optimizer": sgd}
    job = build_job(experiment(engine, **options), Path())
    autograd = build_job(experiment("autograd", **options), Path())
    inputs, targets = next(job.batches.epoch(0))
    before = job.learner.weights()

    job.learner.train_step(inputs, targets, lrs=[1.0] * seeds)
    autograd.learner.train_step(inputs, targets, lrs=[1.0] * seeds)

    for name, after in job.learner.weights().items():
        parameters = [dict(model.named_parameters())[name] for model in autograd.learner.models]
        expected = torch.stack([parameter.grad for parameter in parameters])
        assert_close(before[name] - after, expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_a_replica_of_many_is_the_run_with_its_seed_alone_to_rounding(precision: str) -> None:
    train = {"precision": precision, "batch_size": 16}
    many = losses_of(experiment("fused", {"dropout": 0.1}, 4, train))
    alone = [
        losses_of(experiment("fused", {"dropout": 0.1}, 1, {**train, "seed": seed}))
        for seed in range(4)
    ]
    tolerance = 1e-12 if precision == "float64" else 1e-4
    assert_close(many, torch.cat(alone, dim=1), rtol=0, atol=tolerance)


def test_replicas_with_their_own_learning_rates() -> None:
    found = []
    for engine in (*CLOSED_FORM, "autograd"):
        job = build_job(experiment(engine, seeds=3), Path())
        before = job.learner.weights()
        for inputs, targets in job.batches.epoch(0):
            job.learner.train_step(inputs, targets, lrs=[0.01, None, 0.0025])
        found.append(job.learner.weights())
        for name, tensor in found[-1].items():
            assert torch.equal(tensor[1], before[name][1]), "a stopped replica was changed"
    for weights in found[:-1]:
        for name, tensor in weights.items():
            assert_close(tensor, found[-1][name], rtol=1e-9, atol=1e-12)


def test_float32_accuracies_are_alike_over_eight_seeds() -> None:
    accuracies = {}
    for engine in (*CLOSED_FORM, "autograd"):
        run = nnlab.train("spiral_mlp", [f"train.engine={engine}", "train.epochs=60"], seeds=8)
        accuracies[engine] = [s["test"]["accuracy"] for s in run.summary["per_seed"]]
    expected = statistics.fmean(accuracies.pop("autograd"))
    for found in accuracies.values():
        assert abs(statistics.fmean(found) - expected) < 0.01
        assert min(found) > 0.9


@pytest.mark.parametrize("engine", CLOSED_FORM)
def test_predictions_are_those_of_the_modules(engine: str) -> None:
    config = experiment(engine, seeds=3)
    fused = build_job(config, Path())
    autograd = build_job(experiment("autograd", seeds=3), Path())
    inputs = fused.dataset.test.inputs
    assert_close(fused.learner.predict(inputs), autograd.learner.predict(inputs))


@pytest.mark.parametrize("engine", CLOSED_FORM)
def test_training_does_not_change_its_inputs(engine: str) -> None:
    config = experiment(engine, seeds=2, train={"batch_size": "full"})
    job = build_job(config, Path())
    before = job.dataset.train.inputs.clone()
    for inputs, targets in job.batches.epoch(0):
        job.learner.train_step(inputs, targets, lrs=[0.1, 0.1])
    job.learner.predict(job.dataset.train.inputs)
    assert torch.equal(job.dataset.train.inputs, before)


def test_auto_takes_native_where_it_applies(monkeypatch) -> None:
    dense = experiment("auto")
    lbfgs = experiment("auto", train={"batch_size": "full"}, optimizer={"name": "lbfgs"})
    assert build_job(dense, Path()).engine == "native"
    assert build_job(lbfgs, Path()).engine == "autograd"
    monkeypatch.setattr("nnlab.assembly.engine.find_library", lambda: None)
    assert build_job(dense, Path()).engine == "fused"
