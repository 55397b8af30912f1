"""Replicas of experiments that differ in what a replica may vary are the same together and alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

from nnlab.assembly.job import build_job
from nnlab.assembly.replicas import Replica
from nnlab.config.engines import VARIED
from nnlab.config.load import config_from_mapping
from nnlab.native.library import find_library

BASE = {
    "dataset": {"name": "digits"},
    "model": {"name": "mlp", "hidden_sizes": [16, 8], "init": "normal", "init_std": 0.1},
    "schedule": {"name": "step", "step_epochs": 1, "gamma": 0.5},
    "train": {"batch_size": 200, "epochs": 3},
}
RULES = {
    "sgd": {"momentum": (0.0, 0.9), "nesterov": (False, True), "weight_decay": (0.01, 0.0)},
    "adam": {"betas": ([0.9, 0.999], [0.8, 0.99]), "eps": (1e-8, 1e-3)},
    "adamw": {"weight_decay": (0.0, 0.3)},
    "rmsprop": {"momentum": (0.5, 0.0), "alpha": (0.99, 0.9)},
    "adagrad": {"weight_decay": (0.0, 0.1)},
}
OTHERS = {
    "model.init_std": (0.1, 0.3),
    "model.dropout": (0.0, 0.4),
    "train.clip_norm": (None, 0.05),
    "schedule.gamma": (0.5, 0.25),
    "schedule.warmup_steps": (0, 5),
    "optimizer.lr": (0.01, 0.05),
}
CASES = [(engine, rule) for engine in ("native", "autograd", "vmap", "fused") for rule in RULES]


def replicas_of_case(engine: str, rule: str) -> list[Replica]:
    """Return four replicas: two experiments that differ in all that the engine may vary, two seeds."""
    values = OTHERS | {f"optimizer.{key}": pair for key, pair in RULES[rule].items()}
    varied = {path: pair for path, pair in values.items() if path in VARIED[engine]}
    mapping = {**BASE, "optimizer": {"name": rule}}
    configs = [
        config_from_mapping(
            {**mapping, "train": {**BASE["train"], "engine": engine}},
            [f"{path}={json.dumps(pair[i])}" for path, pair in varied.items()],
        )
        for i in range(2)
    ]
    return [Replica(config, seed) for config in configs for seed in (0, 1)]


def trained(replicas: list[Replica]) -> tuple[list[torch.Tensor], torch.Tensor]:
    """Return the weights and the losses of steps through two epochs."""
    first = replicas[0].config
    train = first.train.model_copy(update={"seeds": len(replicas)})
    job = build_job(first.model_copy(update={"train": train}), Path(), replicas=replicas)
    losses, step = [], 0
    with job.training_mode():
        for epoch in range(2):
            for inputs, targets in job.batches.epoch(epoch):
                lrs = [rate.at(step) for rate in job.rates]
                losses.append(job.learner.train_step(inputs, targets, lrs=lrs).clone())
                step += 1
    return [*job.learner.weights().values()], torch.stack(losses)


@pytest.mark.parametrize(("engine", "rule"), CASES)
def test_replicas_are_the_same_together_and_alone(engine: str, rule: str) -> None:
    if engine == "native" and find_library() is None:
        pytest.skip("the native engine is not built")
    replicas = replicas_of_case(engine, rule)
    weights, losses = trained(replicas)
    assert len({loss.item() for loss in losses[-1]}) == len(replicas), "all of them differ"
    for r, replica in enumerate(replicas):
        alone, losses_alone = trained([replica])
        if engine in ("native", "autograd"):
            assert torch.equal(losses[:, r], losses_alone[:, 0])
            assert all(torch.equal(a[r], b[0]) for a, b in zip(weights, alone, strict=True))
        else:
            assert_close(losses[:, r], losses_alone[:, 0], rtol=1e-4, atol=1e-5)
