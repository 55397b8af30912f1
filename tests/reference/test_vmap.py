"""The vmap engine against autograd: the same losses, for the same seeds."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest
import torch

import nnlab
from nnlab.api import as_config
from nnlab.assembly.job import build_job
from nnlab.errors import ConfigError
from nnlab.learners.autograd import AutogradLearner
from nnlab.learners.vmap import VmapLearner
from nnlab.storage import checkpoint

NET = """\
from torch import nn


def mlp(num_inputs: int, num_outputs: int, width: int = 8):
    return nn.Sequential(nn.Flatten(), nn.Linear(num_inputs, width), nn.Tanh(), nn.Linear(width, num_outputs))


def cnn(num_outputs: int, width: int = 4):
    return nn.Sequential(
        nn.Conv2d(1, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(16 * width, num_outputs),
    )


def dropping(num_inputs: int, num_outputs: int):
    return nn.Sequential(nn.Flatten(), nn.Dropout(0.2), nn.Linear(num_inputs, num_outputs))
"""
DIGITS = {"name": "digits", "split": {"test": 0.2, "val": 0.6}}
SPIRAL = {"name": "spiral", "num_samples": 300}
CASES = {
    "mlp, adam": ("mlp", SPIRAL, {"name": "adam", "lr": 0.01}, {}),
    "mlp, momentum and clipping": (
        "mlp",
        SPIRAL,
        {"name": "sgd", "lr": 0.1, "momentum": 0.9},
        {"clip_norm": 0.1},
    ),
    "cnn with batch norm": ("cnn", DIGITS, {"name": "adamw", "lr": 0.01}, {}),
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("net.py").write_text(NET)


def experiment(name: str, dataset: dict, optimizer: dict, train: dict, **more: object) -> dict:
    return {
        "dataset": dataset,
        "model": {"name": f"net.py:{name}"},
        "optimizer": optimizer,
        "train": {"batch_size": 32, "seeds": 3, "precision": "float64", **train, **more},
    }


@pytest.mark.parametrize("case", CASES)
def test_losses_are_those_of_autograd(case: str) -> None:
    jobs = {
        engine: build_job(as_config(experiment(*CASES[case], engine=engine)), Path("none"))
        for engine in ("vmap", "autograd")
    }
    assert isinstance(jobs["vmap"].learner, VmapLearner)
    losses = {}
    for engine, job in jobs.items():
        lrs = [job.lr, job.lr / 2, job.lr]
        losses[engine] = [
            job.learner.train_step(*job.batches.batch(step // 5, step % 5), lrs=lrs).clone()
            for step in range(100)
        ]
    torch.testing.assert_close(losses["vmap"], losses["autograd"], rtol=1e-6, atol=1e-9)
    inputs = jobs["vmap"].probe.inputs
    outputs = [job.learner.predict(inputs) for job in jobs.values()]
    torch.testing.assert_close(*outputs, rtol=1e-6, atol=1e-8)


def test_a_stopped_replica_does_not_change() -> None:
    job = build_job(
        as_config(experiment(*CASES["cnn with batch norm"], engine="vmap")), Path("none")
    )
    before = job.learner.weights()
    job.learner.train_step(*job.batches.batch(0, 0), lrs=[job.lr, None, job.lr])
    after = job.learner.weights()
    assert all(torch.equal(before[name][1], after[name][1]) for name in before)
    assert not torch.equal(before["0.weight"][0], after["0.weight"][0])


def test_a_run_resumes_to_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = experiment(*CASES["cnn with batch norm"], engine="vmap", epochs=3)
    first = {**whole, "train": {**whole["train"], "epochs": 2}}
    resumed = nnlab.resume(nnlab.train(first), epochs=3)
    tensors = [
        checkpoint.load(run.checkpoints_dir).tensors for run in (nnlab.train(whole), resumed)
    ]
    assert tensors[0].keys() == tensors[1].keys()
    assert all(torch.equal(tensors[0][name], tensors[1][name]) for name in tensors[0])


def test_autograd_takes_what_cannot_be_vectorised(caplog: pytest.LogCaptureFixture) -> None:
    values = experiment(
        "dropping", SPIRAL, {"name": "adam", "lr": 0.01}, {}, engine="vmap", epochs=1
    )
    with caplog.at_level(logging.WARNING):
        run = nnlab.train(values)
    assert (
        "autograd trains this, one seed after another: vmap: called random operation" in caplog.text
    )
    assert run.meta["engine"] == "autograd"
    assert isinstance(build_job(as_config(values), Path("none")).learner, AutogradLearner)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (["train.precision=bf16"], "train.precision: the vmap engine supports float32 and float64"),
        (
            ["optimizer={name: lbfgs}", "train.batch_size=full"],
            "the vmap engine takes single steps, and lbfgs searches",
        ),
    ],
)
def test_what_it_does_not_support_is_said(changes: list[str], message: str) -> None:
    values = experiment(*CASES["mlp, adam"], engine="vmap")
    with pytest.raises(ConfigError, match=message):
        as_config(values, changes)
