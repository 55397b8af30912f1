"""Shared by the contenders' programs: arguments, output, and networks in torch."""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.jobs import JOBS, Job

if TYPE_CHECKING:
    import torch


class Spent(NamedTuple):
    """Wall time, and CPU time of all threads of this process [s]."""

    wall: float
    cpu: float

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall - other.wall, self.cpu - other.cpu)

    def __truediv__(self, number: int) -> Spent:
        return Spent(self.wall / number, self.cpu / number)


def clock() -> Spent:
    """Return the present time; only differences have a meaning."""
    return Spent(time.perf_counter(), time.process_time())


def arguments() -> tuple[Job, int]:
    """Return the job and the number of epochs."""
    return JOBS[sys.argv[1]], int(sys.argv[2])


def replicas() -> int:
    """Return the number of replicas to train together: the argument ``replicas=R``, or 1."""
    given = [
        word.removeprefix("replicas=") for word in sys.argv[3:] if word.startswith("replicas=")
    ]
    return int(given[0]) if given else 1


def torch_device() -> str:
    """Return torch's device: ``NNLAB_BENCH_DEVICE``, or the CPU."""
    return os.environ.get("NNLAB_BENCH_DEVICE", "cpu")


def answer(train: list[Spent], evaluation: list[float], score: float, **more: object) -> None:
    """Print the measurements."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    value = {
        "train": [epoch.wall for epoch in train],
        "train_cpu": [epoch.cpu for epoch in train],
        "evaluation": evaluation,
        "score": float(score),
        "peak_mib": peak,
    }
    value |= more
    print(json.dumps(value))


def measure(
    num_epochs: int,
    train_epoch: Callable[[], object],
    evaluate: Callable[[], float],
    seeds: int = 1,
) -> None:
    """Alternate training and evaluation, and print the measurements of all replicas together."""
    train, evaluation, score = [], [], 0.0
    for _ in range(num_epochs):
        start = clock()
        train_epoch()
        middle = clock()
        score = evaluate()
        train.append(middle - start)
        evaluation.append((clock() - middle).wall)
    answer(train, evaluation, score, seeds=seeds)


def torch_model(job: Job) -> torch.nn.Module:
    """Return the job's network as anybody would write it in torch."""
    from torch import nn

    torch_activation = {"tanh": nn.Tanh, "relu": nn.ReLU}[job.activation]
    if not job.sizes:
        return nn.Sequential(
            nn.Conv2d(1, 32, 3, padding=1),
            nn.BatchNorm2d(32),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3),
            nn.BatchNorm2d(64),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Flatten(),
            nn.Linear(2304, 600),
            nn.Dropout(0.25),
            nn.Linear(600, 120),
            nn.ReLU(),
            nn.Linear(120, 10),
        )
    layers: list[nn.Module] = [nn.Flatten()]
    for size_in, size_out in zip(job.sizes, job.sizes[1:], strict=False):
        layers += [nn.Linear(size_in, size_out), torch_activation()]
    return nn.Sequential(*layers[:-1])


def torch_optimizer(job: Job, model: torch.nn.Module) -> torch.optim.Optimizer:
    """Return the job's optimizer with torch's defaults."""
    import torch

    rule = {"adam": torch.optim.Adam, "sgd": torch.optim.SGD}[job.optimizer]
    return rule(model.parameters(), lr=job.lr)
