from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from torch.testing import assert_close

from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.data.batches import as_float
from nnlab.errors import NnlabError
from nnlab.tasks.classification import probabilities
from nnlab.training.progress import Progress

CLASS_WEIGHTS = {
    "equal": None,
    "balanced": "balanced",
    "inverse_count": "inverse_count",
    "given": [1, 2, 3, 4, 5, 5, 4, 3, 2, 1],
}


def make_job(
    tmp_path, dataset="digits", *, engine, class_weight=None, precision="float64", **lbfgs
):
    experiment = {
        "dataset": {"name": dataset},
        "model": {"name": "logistic"},
        "loss": {"name": "cross_entropy", "class_weight": class_weight},
        "optimizer": {"name": "lbfgs", "max_iter": 2000, "tolerance_grad": 1e-7, **lbfgs},
        "train": {
            "epochs": 1,
            "batch_size": "full",
            "engine": engine,
            "precision": precision,
            "device": "cpu",
        },
    }
    return build_job(config_from_mapping(experiment), tmp_path)


def solve(job):
    """Take the one step of the only epoch."""
    ((inputs, targets),) = job.batches.epoch(0)
    lrs = job.lrs(Progress.start(job.seeds), 0)
    return job.learner.train_step(inputs, targets, lrs=lrs)


def training_part(job):
    """Return what scikit-learn wants: rows ``(N, D)`` and classes ``(N,)``."""
    part = job.dataset.train
    return as_float(part.inputs, job.dtype).flatten(1).numpy(), part.targets.numpy()


def objective(job, *, inverse_strength):
    """Return the mean loss of the training part + |W|^2 / (2 C S), S the sum of its weights."""
    rows, targets = training_part(job)
    task = job.learner.task
    logits = job.learner.predict(torch.from_numpy(rows))[0]
    mean_loss = task.criterion(logits, torch.from_numpy(targets))
    total = len(rows) if task.class_weight is None else task.class_weight[targets].sum()
    squares = job.learner.weights()["linear.weight"].square().sum()
    return (mean_loss + squares / (2 * inverse_strength * total)).item()


@pytest.mark.parametrize("inverse_strength", [0.01, 1.0, None], ids=["strong", "weak", "none"])
def test_sklearn_engine_has_the_weights_of_logistic_regression(tmp_path, inverse_strength):
    job = make_job(tmp_path, engine="sklearn", C=inverse_strength)
    rows, targets = training_part(job)

    solve(job)

    reference = LogisticRegression(C=inverse_strength or np.inf, max_iter=2000, tol=1e-7).fit(
        rows, targets
    )
    weights = job.learner.weights()
    assert_close(weights["linear.weight"][0], torch.from_numpy(reference.coef_))
    assert_close(weights["linear.bias"][0], torch.from_numpy(reference.intercept_))


def test_sklearn_engine_stops_at_max_iter_without_a_warning(tmp_path):
    job = make_job(tmp_path, engine="sklearn", C=1.0, max_iter=3)
    rows, targets = training_part(job)

    solve(job)

    with pytest.warns(ConvergenceWarning):
        reference = LogisticRegression(C=1.0, max_iter=3, tol=1e-7).fit(rows, targets)
    assert_close(job.learner.weights()["linear.weight"][0], torch.from_numpy(reference.coef_))


def test_sklearn_engine_has_the_weights_of_balanced_logistic_regression(tmp_path):
    job = make_job(tmp_path, engine="sklearn", C=1.0, class_weight="balanced")
    rows, targets = training_part(job)

    solve(job)

    reference = LogisticRegression(C=1.0, max_iter=2000, tol=1e-7, class_weight="balanced").fit(
        rows, targets
    )
    # Weights of examples and weights of classes differ by rounding, from which L-BFGS wanders.
    assert_close(
        job.learner.weights()["linear.weight"][0],
        torch.from_numpy(reference.coef_),
        rtol=1e-4,
        atol=1e-5,
    )


@pytest.mark.parametrize("dataset", ["xor", "blobs"])
def test_sklearn_engine_predicts_the_probabilities_of_two_classes(tmp_path, dataset):
    job = make_job(tmp_path, dataset, engine="sklearn", C=1.0)
    rows, targets = training_part(job)

    solve(job)

    reference = LogisticRegression(C=1.0, max_iter=2000, tol=1e-7).fit(rows, targets)
    logits = job.learner.predict(job.dataset.test.inputs)[0]
    expected = reference.predict_proba(job.dataset.test.inputs.numpy())
    assert_close(probabilities(logits, "none"), torch.from_numpy(expected), rtol=0, atol=1e-12)


def test_sklearn_engine_solves_every_replica_alike(tmp_path):
    experiment = {
        "dataset": {"name": "blobs"},
        "model": {"name": "logistic"},
        "optimizer": {"name": "lbfgs", "C": 1.0},
        "train": {"epochs": 1, "batch_size": "full", "engine": "sklearn", "seeds": 3},
    }
    job = build_job(config_from_mapping(experiment), tmp_path)

    losses = solve(job)

    weight = job.learner.weights()["linear.weight"]
    assert weight.shape == (3, 2, 2)
    assert torch.equal(weight[0], weight[1])
    assert torch.equal(weight[0], weight[2])
    assert torch.equal(losses, losses[:1].expand(3))
    assert losses[0] < 0.01  # after the fit; before it, log 2
    assert job.learner.iterations == [job.learner.iterations[0]] * 3


@pytest.mark.parametrize("class_weight", CLASS_WEIGHTS.values(), ids=CLASS_WEIGHTS.keys())
def test_lbfgs_reaches_the_loss_of_sklearn(tmp_path, class_weight):
    jobs = [
        make_job(tmp_path, engine=engine, class_weight=class_weight, C=0.1)
        for engine in ("autograd", "sklearn")
    ]

    for job in jobs:
        solve(job)

    reached, expected = [objective(job, inverse_strength=0.1) for job in jobs]
    assert reached == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("class_weight", [None, "balanced"], ids=["equal", "balanced"])
def test_lbfgs_reaches_the_loss_of_logistic_regression(tmp_path, class_weight):
    job = make_job(tmp_path, engine="autograd", class_weight=class_weight, C=1.0)
    rows, targets = training_part(job)

    solve(job)

    reference = LogisticRegression(C=1.0, max_iter=2000, tol=1e-7, class_weight=class_weight).fit(
        rows, targets
    )
    logits = torch.from_numpy(reference.decision_function(rows))
    loss = job.learner.task.criterion(logits, torch.from_numpy(targets)).item()
    expected = loss + (reference.coef_**2).sum() / (2 * len(rows))
    assert objective(job, inverse_strength=1.0) == pytest.approx(expected, rel=1e-5)


def test_sklearn_engine_refuses_a_training_part_without_one_of_the_classes(tmp_path):
    experiment = {
        "dataset": {"name": "random", "num_samples": 20, "num_classes": 12},
        "model": {"name": "logistic"},
        "optimizer": {"name": "lbfgs", "C": 1.0},
        "train": {"epochs": 1, "batch_size": "full", "engine": "sklearn"},
    }
    config = config_from_mapping(experiment)

    with pytest.raises(NnlabError, match="class"):
        solve(build_job(config, tmp_path))


def test_lbfgs_in_float32_is_near_the_solution(tmp_path):
    job = make_job(tmp_path, engine="autograd", precision="float32", C=0.1, tolerance_grad=1e-5)
    exact = make_job(tmp_path, engine="sklearn", C=0.1)

    solve(job)
    solve(exact)

    assert objective(job, inverse_strength=0.1) == pytest.approx(
        objective(exact, inverse_strength=0.1), rel=1e-3
    )


def test_lbfgs_and_sklearn_mean_the_same_c_for_two_classes(tmp_path):
    found = []
    for engine in ("autograd", "sklearn"):
        experiment = {
            "dataset": {"name": "blobs"},
            "model": {"name": "logistic"},
            "optimizer": {"name": "lbfgs", "C": 0.01, "max_iter": 200, "tolerance_grad": 1e-9},
            "train": {"epochs": 1, "batch_size": "full", "engine": engine, "precision": "float64"},
        }
        job = build_job(config_from_mapping(experiment), tmp_path)
        solve(job)
        found.append(job.learner.weights()["linear.weight"])

    assert_close(found[0], found[1], rtol=1e-3, atol=1e-5)


def test_float32_reaches_scikit_learns_optimum_in_float64(tmp_path):
    reference = make_job(tmp_path, engine="sklearn", C=1.0)
    job = make_job(tmp_path, engine="autograd", precision="float32", C=1.0)
    solve(reference)
    optimum = objective(reference, inverse_strength=1.0)
    solve(job)
    reference.learner.load_weights(
        {name: weight.double() for name, weight in job.learner.weights().items()}
    )
    assert objective(reference, inverse_strength=1.0) == pytest.approx(optimum, rel=1e-5)
