"""The path over CUDA: on a real device where there is one, and on a pretended one everywhere."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch.testing import assert_close

import nnlab
from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.errors import InterruptedRun
from nnlab.inspection.profiling import profile
from nnlab.learners import captured_step
from nnlab.runs import execute
from nnlab.storage.checkpoint import load
from nnlab.training import loop
from nnlab.training.losses import MeanLoss
from nnlab.training.runtime import deterministic
from tests.helpers.pretend_cuda import PretendGraph, pretend_cuda  # noqa: F401 - a fixture
from tests.helpers.steps import stopper

REAL = pytest.param(
    "real",
    marks=[
        pytest.mark.cuda,
        pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device"),
    ],
)
SGD = {"name": "sgd", "lr": 0.125, "momentum": 0.5}
SPIRAL = {"name": "spiral", "num_samples": 90}
CASES = {
    "adam": {},
    "adamw, cosine": {
        "optimizer": {"name": "adamw", "lr": 0.01, "weight_decay": 0.1},
        "schedule": {"name": "cosine", "warmup_steps": 3},
    },
    "sgd": {"optimizer": SGD},
    "clipped": {"optimizer": SGD, "train": {"clip_norm": 0.05}},
    "class weights": {"loss": {"name": "cross_entropy", "class_weight": [1.0, 2.0, 0.5]}},
    "quadratic, softmax": {
        "loss": {"name": "quadratic"},
        "model": {"output_activation": "softmax"},
    },
    "regression": {
        "dataset": {"name": "regression", "num_samples": 90},
        "loss": {"name": "mse"},
    },
    "gelu": {"model": {"activation": "gelu"}},
    "full batch": {"train": {"batch_size": "full"}},
    "rmsprop": {"optimizer": {"name": "rmsprop", "lr": 0.003, "momentum": 0.5}},
    "adagrad": {"optimizer": {"name": "adagrad", "lr": 0.05}},
    "in order": {"train": {"shuffle": False}},
}
NOT_RECORDED = {"rmsprop", "adagrad", "in order"}


@pytest.fixture(params=["pretended", REAL])
def device(request: pytest.FixtureRequest) -> str:
    """Let there be a device called cuda."""
    if request.param == "pretended":
        request.getfixturevalue("pretend_cuda")
    return request.param


def experiment(where: str, seeds: int = 2, train=(), model=(), **sections):
    model = {"name": "mlp", "hidden_sizes": [7, 5], "activation": "tanh", **dict(model)}
    options = {"epochs": 9, "batch_size": 20, "precision": "float64", "seeds": seeds}
    options |= {"device": where, "engine": "fused", **dict(train)}
    base = {"dataset": SPIRAL, "optimizer": {"name": "adam", "lr": 0.01}}
    return config_from_mapping({**base, **sections, "model": model, "train": options})


def steps_of(config) -> tuple[torch.Tensor, object]:
    """Return the losses of every step, ``(steps, R)``, and the learner after them."""
    with deterministic():
        job = build_job(config, Path("no data is needed"))
        losses, step = [], 0
        for epoch in range(job.num_epochs):
            for inputs, targets in job.batches.epoch(epoch):
                lrs = [job.rates[0].at(step)] * len(job.seeds)
                losses.append(job.learner.train_step(inputs, targets, lrs=lrs).cpu())
                step += 1
    return torch.stack(losses), job.learner


def graphs_of(learner) -> int:
    """Return how many steps are captured."""
    captured = [step for buffers in learner.buffers.values() for step in buffers.captured.values()]
    return sum(step._graph is not None for step in captured)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_cuda_takes_the_steps_of_the_cpu(
    case: dict, device: str, caplog: pytest.LogCaptureFixture
) -> None:
    ours, learner = steps_of(experiment("cuda", **case))
    cpu, _ = steps_of(experiment("cpu", **case))
    assert_close(ours, cpu, rtol=0, atol=1e-6)
    assert (cpu[0] - cpu[-1]).abs().max() > 1e-4, "nothing was learned, so nothing compared"
    name = next(name for name, value in CASES.items() if value is case)
    num_sizes = 1 if name == "full batch" else 2  # a whole batch, and the rest of an epoch
    assert graphs_of(learner) == (0 if name in NOT_RECORDED else num_sizes)
    assert caplog.records == [], "a step that was to be recorded could not be"


@pytest.mark.parametrize("seeds", [1, 3])
@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_recorded_steps_are_the_bytes_of_eager_ones(
    seeds: int, dropout: float, device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = experiment("cuda", seeds, {"precision": "float32"}, {"dropout": dropout})
    recorded, learner = steps_of(config)
    assert graphs_of(learner) == 2
    monkeypatch.setattr(captured_step, "NUM_EAGER", 10**9)
    eager, learner = steps_of(config)
    assert graphs_of(learner) == 0
    assert torch.equal(recorded, eager)


def test_a_step_that_cannot_be_recorded_is_taken_kernel_by_kernel(
    device: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    recorded, _ = steps_of(experiment("cuda"))

    def refuse(graph: object) -> None:
        msg = "this driver is too old"
        raise RuntimeError(msg)

    monkeypatch.setattr(torch.cuda, "graph", refuse)
    eager, learner = steps_of(experiment("cuda"))
    assert torch.equal(recorded, eager)
    assert graphs_of(learner) == 0
    messages = [record.getMessage() for record in caplog.records]
    assert len(messages) == len(learner.buffers)
    assert all(
        "CUDA graph capture failed: this driver is too old" in message for message in messages
    )


def test_a_replica_of_many_is_the_run_with_its_seed_alone(device: str) -> None:
    many, _ = steps_of(experiment("cuda", 3))
    alone = [steps_of(experiment("cuda", 1, {"seed": seed}))[0] for seed in range(3)]
    assert_close(many, torch.cat(alone, dim=1), rtol=0, atol=1e-10)


RATES = [[0.01, 0.01, 0.01], [0.01, 0.02, 0.0025], [0.01, None, 0.0025], [None, None, 0.01]]


@pytest.mark.parametrize("case", ["adam", "adamw, cosine", "sgd"])
def test_replicas_with_their_own_learning_rates_have_a_graph(case: str, device: str) -> None:
    found = []
    for where in ("cuda", "cpu"):
        job = build_job(experiment(where, 3, **CASES[case]), Path())
        for lrs in RATES:
            for inputs, targets in itertools.chain.from_iterable(map(job.batches.epoch, range(5))):
                job.learner.train_step(inputs, targets, lrs=lrs)
        found.append({name: tensor.cpu() for name, tensor in job.learner.weights().items()})
        assert graphs_of(job.learner) == (4 if where == "cuda" else 0)
    for name in found[0]:
        assert_close(found[0][name], found[1][name], rtol=0, atol=1e-6)


def test_recorded_steps_with_own_rates_are_the_bytes_of_eager_ones(
    device: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = []
    for num_eager in (3, 10**9):
        monkeypatch.setattr(captured_step, "NUM_EAGER", num_eager)
        job = build_job(experiment("cuda", 3, {"precision": "float32"}), Path())
        for step, (inputs, targets) in enumerate(
            itertools.chain.from_iterable(map(job.batches.epoch, range(9)))
        ):
            lrs = [0.01 / (step + 1), 0.02, None if step > 20 else 0.001]
            job.learner.train_step(inputs, targets, lrs=lrs)
        found.append({name: tensor.cpu() for name, tensor in job.learner.weights().items()})
    assert all(torch.equal(found[0][name], found[1][name]) for name in found[0])


@pytest.mark.parametrize("case", ["adam", "class weights", "clipped", "regression"])
def test_no_step_waits_for_the_device(case: str, device: str) -> None:
    with deterministic():
        job = build_job(experiment("cuda", 3, **CASES[case]), Path())
        losses = MeanLoss(3, job.device, log_every=2)
        for epoch in range(5):
            batches = job.batches.epoch(epoch)
            first = next(batches)  # before it, the order of the epoch is copied to the device
            with warnings.catch_warnings():  # that the mode is a prototype
                warnings.simplefilter("ignore")
                torch.cuda.set_sync_debug_mode("error")
            try:
                for inputs, targets in itertools.chain([first], batches):
                    lrs = [job.lr, job.lr / 2, job.lr] if epoch % 2 else [job.lr] * 3
                    found = job.learner.train_step(inputs, targets, lrs=lrs)
                    losses.add(found[None], [targets.shape[1]])
            finally:
                torch.cuda.set_sync_debug_mode("default")
        assert all(record["loss"] > 0 for record in losses.compute())


OVERRIDES = [
    *("train.epochs=12", "train.batch_size=64", "train.seeds=2", "train.precision=float64"),
    *("dataset.num_samples=300", "train.log_every=2"),
]


def tensors_of(run) -> dict[str, torch.Tensor]:
    return load(run.checkpoints_dir).tensors


def test_a_run_is_trained_evaluated_and_resumed(device: str) -> None:
    whole = nnlab.train("spiral_mlp", OVERRIDES, device="cuda")
    assert nnlab.evaluate(whole, device="cuda")["test"] == whole.summary["test"]
    resumed = interrupted_at(11, nnlab.train, "spiral_mlp", OVERRIDES)
    nnlab.resume(resumed)
    first, second = tensors_of(whole), tensors_of(resumed)
    assert first.keys() == second.keys()
    assert all(torch.equal(first[name], second[name]) for name in first)
    assert any(name.startswith("best.") for name in first)
    assert resumed.summary["test"] == whole.summary["test"]
    on_cpu = nnlab.train("spiral_mlp", OVERRIDES, device="cpu")
    assert batch_losses_of(whole) == pytest.approx(batch_losses_of(on_cpu), rel=1e-4)


def batch_losses_of(run) -> list[float]:
    return [batch["loss"] for record in run.metrics for batch in record["train"]["batches"]]


def interrupted_at(step: int, train: Callable, *args: object):
    """Return the run of a training on CUDA that a signal stopped after so many steps."""
    original = loop.train

    def stopped(job, recorder, stop_request, **callbacks):
        original(job, recorder, stop_request, after_step=stopper(stop_request, step), **callbacks)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(execute, "train", stopped)
        with pytest.raises(InterruptedRun):
            train(*args, device="cuda")
    return nnlab.load_run("latest")


@REAL.marks[0]
@REAL.marks[1]
@pytest.mark.parametrize(
    ("config", "precision", "tolerance"),
    [("spiral_mlp", "float64", 1e-3), ("digits_cnn", "float64", 1e-3), ("digits_cnn", "bf16", 0.2)],
)
def test_a_real_device_learns_what_the_cpu_learns(
    config: str, precision: str, tolerance: float
) -> None:
    overrides = ["train.epochs=30", f"train.precision={precision}", "model.dropout=0"]
    runs = [nnlab.train(config, overrides, device=where) for where in ("cpu", "cuda")]
    losses = [run.summary["test"]["loss"] for run in runs]
    assert losses[1] == pytest.approx(losses[0], rel=tolerance)


@REAL.marks[0]
@REAL.marks[1]
@pytest.mark.parametrize("name", ["sgd", "adam", "adamw", "rmsprop", "adagrad"])
@pytest.mark.parametrize("engine", ["autograd", "vmap"])
def test_the_optimizers_of_torch_take_steps(name: str, engine: str) -> None:
    optimizer = {"name": name, "lr": 0.01}
    losses, _ = steps_of(experiment("cuda", train={"engine": engine}, optimizer=optimizer))
    assert losses[-1].mean() < losses[0].mean()


def test_bench_does_not_break_down_a_recorded_step(device: str) -> None:
    config = experiment("cuda", train={"epochs": 2})
    found = profile(config, seconds=0.2)
    assert set(found["phases"]) == {"data", "rest of the step", "evaluation"}


def test_the_pretended_device_is_apart_from_the_cpu(pretend_cuda: None) -> None:  # noqa: F811
    ours, cpu = torch.ones(3, device="cuda"), torch.ones(3)
    with pytest.raises(RuntimeError, match="on the same device"):
        ours + cpu
    with pytest.raises((RuntimeError, TypeError)):
        ours.numpy()
    graph = torch.cuda.CUDAGraph()
    with pytest.raises(RuntimeError, match="waits for the device"), torch.cuda.graph(graph):
        ours.sum().item()


def test_a_pretended_graph_computes_when_it_is_replayed(pretend_cuda: None) -> None:  # noqa: F811
    total, step = torch.zeros(2, device="cuda"), torch.ones(2, device="cuda")
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        doubled = step * 2
        total.add_(doubled)
    assert total.tolist() == [0, 0]
    graph.replay()
    step.fill_(5)
    graph.replay()
    assert (total.tolist(), doubled.tolist()) == ([12, 12], [10, 10])
    assert (PretendGraph.made, PretendGraph.replayed) == (1, 2)
