from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.testing import assert_close

from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.learners.numpy_mlp import SGD, Adam
from nnlab.training.loop import evaluate_split
from nnlab.training.progress import Progress

NUM_STEPS = 20
SHAPES = ((4, 3), (4,), (2, 4), (2,))

RULES = {
    "sgd": (SGD, torch.optim.SGD, {}),
    "sgd-momentum": (SGD, torch.optim.SGD, {"momentum": 0.9}),
    "sgd-nesterov": (SGD, torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "sgd-decay": (SGD, torch.optim.SGD, {"weight_decay": 0.1}),
    "sgd-momentum-decay": (SGD, torch.optim.SGD, {"momentum": 0.5, "weight_decay": 0.1}),
    "sgd-nesterov-decay": (
        SGD,
        torch.optim.SGD,
        {"momentum": 0.5, "nesterov": True, "weight_decay": 0.1},
    ),
    "adam": (Adam, torch.optim.Adam, {}),
    "adam-decay": (Adam, torch.optim.Adam, {"weight_decay": 0.1}),
    "adam-options": (Adam, torch.optim.Adam, {"betas": (0.5, 0.9), "eps": 1e-3}),
}


@pytest.mark.parametrize(("rule", "reference", "options"), RULES.values(), ids=RULES.keys())
def test_numpy_rule_equals_torch_optim(rule, reference, options):
    generator = np.random.default_rng(0)
    parameters = [generator.normal(size=shape) for shape in SHAPES]
    references = [torch.nn.Parameter(torch.tensor(parameter)) for parameter in parameters]
    optimizer, torch_optimizer = rule(**options), reference(references, lr=0.1, **options)

    for step in range(NUM_STEPS):
        gradients = [generator.normal(size=shape) for shape in SHAPES]
        lr = 0.1 * (1 - step / NUM_STEPS)
        optimizer.update(parameters, gradients, lr)
        for parameter, gradient in zip(references, gradients, strict=True):
            parameter.grad = torch.tensor(gradient)
        torch_optimizer.param_groups[0]["lr"] = lr
        torch_optimizer.step()

        updated = [torch.from_numpy(parameter) for parameter in parameters]
        expected = [parameter.detach() for parameter in references]
        assert_close(updated, expected, rtol=1e-10, atol=1e-14)


SPIRAL = {"name": "spiral", "num_samples": 300}
RUNS = {
    "mlp-sgd-momentum": {
        "dataset": SPIRAL,
        "model": {"name": "mlp", "hidden_sizes": [16, 8]},
        "loss": {"name": "cross_entropy", "class_weight": "inverse_count"},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "weight_decay": 1e-3},
        "schedule": {"name": "cosine", "warmup_steps": 5},
    },
    "mlp-adam": {
        "dataset": SPIRAL,
        "model": {"name": "mlp", "hidden_sizes": [16], "activation": "tanh", "init": "xavier"},
        "optimizer": {"name": "adam", "lr": 1e-2, "weight_decay": 1e-3},
    },
    "sigmoid-units-quadratic-cost": {
        "dataset": {"name": "xor"},
        "model": {
            "name": "mlp",
            "hidden_sizes": [4],
            "activation": "sigmoid",
            "output_activation": "sigmoid",
        },
        "loss": {"name": "quadratic"},
        "optimizer": {"name": "sgd", "lr": 3.0, "momentum": 0.9, "nesterov": True},
    },
    "softmax-twice": {
        "dataset": {"name": "blobs"},
        "model": {"name": "mlp", "activation": "gelu", "output_activation": "softmax"},
        "optimizer": {"name": "adam", "lr": 1e-2},
    },
    "logistic-images": {
        "dataset": {"name": "digits"},
        "model": {"name": "logistic"},
        "optimizer": {"name": "sgd", "lr": 0.5},
    },
    "regression": {
        "dataset": {"name": "regression", "num_samples": 300},
        "model": {"name": "mlp", "hidden_sizes": [20], "activation": "elu"},
        "loss": {"name": "quadratic"},
        "optimizer": {"name": "adam", "lr": 1e-2},
    },
}


def train_steps(job, num_steps):
    """Return the losses of the first steps, ``(T, R)``."""
    progress, losses = Progress.start(job.seeds), []
    for epoch in range(job.num_epochs):
        for inputs, targets in job.batches.epoch(epoch):
            lrs = job.lrs(progress, len(losses))
            losses.append(job.learner.train_step(inputs, targets, lrs=lrs))
            if len(losses) == num_steps:
                return torch.stack(losses)
    pytest.fail(f"there are only {len(losses)} steps")


@pytest.mark.parametrize("experiment", RUNS.values(), ids=RUNS.keys())
def test_numpy_run_equals_autograd_run(experiment, tmp_path):
    train = {"epochs": 25, "batch_size": 32, "seeds": 2, "precision": "float64", "device": "cpu"}
    jobs = [
        build_job(
            config_from_mapping({**experiment, "train": {**train, "engine": engine}}), tmp_path
        )
        for engine in ("numpy", "autograd")
    ]

    losses, expected = [train_steps(job, 100) for job in jobs]

    assert_close(losses, expected, rtol=0, atol=1e-6)
    weights, expected_weights = [job.learner.weights() for job in jobs]
    assert_close(weights, expected_weights, rtol=0, atol=1e-6)
    metrics, expected_metrics = [
        evaluate_split(job.learner, job.dataset.val, job.dtype) for job in jobs
    ]
    assert [m.scalars["loss"] for m in metrics] == pytest.approx(
        [m.scalars["loss"] for m in expected_metrics], abs=1e-6
    )
