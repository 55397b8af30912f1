"""A run stopped after any of its steps goes on to the bytes of one that was not."""

from __future__ import annotations

import math
import signal
from collections.abc import Callable
from pathlib import Path

from nnlab.assembly.job import build_job
from nnlab.config.load import config_from_mapping
from nnlab.errors import InterruptedRun
from nnlab.storage import checkpoint
from nnlab.storage.run_dir import RunDir
from nnlab.training.loop import train
from nnlab.training.recorder import Recorder
from nnlab.training.runtime import deterministic
from nnlab.training.signals import StopRequest
from tests.helpers.runs import without_measured

TOY = {"name": "spiral", "num_samples": 90}
MLP = {"name": "mlp", "hidden_sizes": [8], "dropout": 0.2}
BASE = {"dataset": TOY, "model": MLP, "optimizer": {"name": "adam", "lr": 0.05}}
TRAIN = {"epochs": 4, "batch_size": 20, "seeds": 2}
CASES = {
    "adam, dropout, two replicas": {"train": {**TRAIN, "log_every": 2}},
    "momentum, one cycle": {
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9, "nesterov": True},
        "schedule": {"name": "one_cycle", "warmup_steps": 2},
    },
    "plateau, early stopping, best weights": {
        "optimizer": {"name": "adamw", "lr": 0.3},
        "schedule": {"name": "plateau", "patience": 1, "factor": 0.5},
        "train": {**TRAIN, "epochs": 6, "early_stopping": {"patience": 2}},
    },
    "lbfgs": {
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "lbfgs", "max_iter": 4, "history_size": 3},
        "train": {**TRAIN, "batch_size": "full", "epochs": 8},
    },
    "numpy adam": {
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "train": {**TRAIN, "engine": "numpy"},
    },
    "cnn, batch norm, dropout, float64": {
        "dataset": {"name": "digits", "split": {"test": 0.4, "val": 0.55}},
        "model": {"name": "fashion_cnn", "channels": [2, 3], "hidden_sizes": [6, 5]},
        "train": {**TRAIN, "epochs": 2, "precision": "float64"},
    },
    "cnn, augmented and normalised": {
        "dataset": {
            "name": "digits",
            "split": {"test": 0.4, "val": 0.55},
            "augment": {"flip": True, "crop": 2, "normalize": True},
        },
        "model": {"name": "fashion_cnn", "channels": [2, 3], "hidden_sizes": [6, 5]},
        "train": {**TRAIN, "epochs": 2},
    },
    "native, augmented": {
        "dataset": {
            "name": "digits",
            "split": {"test": 0.4, "val": 0.55},
            "augment": {"crop": 2},
        },
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "train": {**TRAIN, "engine": "native"},
    },
    "rmsprop, records every third epoch": {
        "optimizer": {"name": "rmsprop", "lr": 0.01, "momentum": 0.5},
        "train": {**TRAIN, "eval_every": 3},
    },
    "sgd, weight decay, step schedule": {
        "optimizer": {"name": "sgd", "lr": 0.1, "weight_decay": 1e-3},
        "schedule": {"name": "step", "step_epochs": 2, "gamma": 0.5},
    },
    "adagrad, clipped gradients": {
        "optimizer": {"name": "adagrad", "lr": 0.1},
        "train": {**TRAIN, "clip_norm": 0.5},
    },
    "adamw, cosine, bf16": {
        "optimizer": {"name": "adamw", "lr": 0.05},
        "schedule": {"name": "cosine", "warmup_steps": 3},
        "train": {**TRAIN, "precision": "bf16"},
    },
    "regression by autograd, dropout": {
        "dataset": {"name": "regression", "num_samples": 90},
        "train": {**TRAIN, "engine": "autograd"},
    },
    "numpy momentum, one replica": {
        "model": {"name": "mlp", "hidden_sizes": [8]},
        "optimizer": {"name": "sgd", "lr": 0.1, "momentum": 0.9},
        "train": {**TRAIN, "engine": "numpy", "seeds": 1},
    },
}


def stopper(stop_request: StopRequest, last: float) -> Callable[[int], None]:
    """Return what the loop calls after a step, to ask for a stop after the last."""

    def after_step(step: int) -> None:
        if step >= last:
            stop_request.signal = signal.SIGINT

    return after_step


def continue_run(config, run: RunDir, stop_at: int | None, *, forget: str = "") -> Recorder:
    """Train, from the newest checkpoint of the run, until its end or a step."""
    job = build_job(config, Path("no data is needed"))
    if forget == "optimizer state":
        job.learner.load_state_dict = lambda state: None
    recorder = Recorder(run, job)
    with deterministic():
        recorder.restore()
        if forget == "order":
            job.batches.seeds = [seed + 1 for seed in job.seeds]
        if forget == "generator":
            job.learner.step = 0  # what dropout draws depends on it
        stop_request = StopRequest()
        last = math.inf if stop_at is None else recorder.progress.step + stop_at
        train(job, recorder, stop_request, after_step=stopper(stop_request, last))
    return recorder


def end_of(config, folder: Path, *stops: int, forget: str = "") -> tuple[dict[str, bytes], list]:
    """Return the bytes and the records of a run that was stopped after so many steps each time."""
    run = RunDir.create(folder, "resumed")
    for stop in stops:
        try:
            continue_run(config, run, stop)
        except InterruptedRun:
            continue
        msg = f"there was nothing to stop after {stop} steps"
        raise AssertionError(msg)
    continue_run(config, run, None, forget=forget if stops else "")
    found = checkpoint.load(run.checkpoints_dir)
    assert found is not None
    tensors = {name: tensor.numpy().tobytes() for name, tensor in found.tensors.items()}
    return tensors, [without_measured(record) for record in run.metrics]


def experiment(case: dict, *, longer: int = 1):
    """Return the experiment of a case, with so many times its epochs."""
    train_section = {**TRAIN, **case.get("train", {})}
    train_section["epochs"] *= longer
    return config_from_mapping({**BASE, **case, "train": train_section})


def differing_stops(
    case: dict, folder: Path, *, forget: str = "", min_steps: int = 1
) -> tuple[int, list[int]]:
    """Return the number of steps of a run, and those after which stopping changed its end."""
    config = experiment(case)
    whole = end_of(config, folder / "short")
    steps = whole[1][-1]["step"]
    if steps < min_steps:
        config = experiment(case, longer=math.ceil(min_steps / steps))
        whole = end_of(config, folder / "whole")
        steps = whole[1][-1]["step"]
    stops = range(1, steps)
    return steps, [
        s for s in stops if end_of(config, folder / "stopped", s, forget=forget) != whole
    ]
