"""The effect of a second thread on a step: ``python -m benchmarks.threads``.

Measures the number of multiplications from which ``train.threads: auto`` splits a step
(nnlab/assembly/job.py). Each experiment alternates short turns with one and two threads in this
process, so that other programs disturb both equally; the shortest turn is the step of an idle machine.
Busy cores hide the gain of a second thread, so run this on an idle machine.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Iterator

from benchmarks.peers import hardware
from nnlab import api
from nnlab.assembly.job import build_job
from nnlab.storage.folders import Folders
from nnlab.training.job import Job
from nnlab.training.runtime import deterministic, threads

FEATURES = "dataset={name: random, num_samples: 2048, num_features: %d, num_classes: 10}"
NUM_THREADS = (1, 2)
WARM_UP_STEPS = 3


def dense(*sizes: int, batch: int, seeds: int = 1) -> tuple[str, list[str]]:
    """Return the name and the experiment of a dense network."""
    name = f"{'-'.join(map(str, [*sizes, 10]))}, batch {batch}" + f", {seeds} seeds" * (seeds > 1)
    hidden = f"model.hidden_sizes={list(sizes[1:])}"
    settings = [f"train.batch_size={batch}", f"train.seeds={seeds}", "train.engine=fused"]
    return name, ["random_mlp", FEATURES % sizes[0], hidden, *settings]


def convolutional(*channels: int, batch: int, data: str = "digits") -> tuple[str, list[str]]:
    """Return the name and the experiment of a convolutional network."""
    name = f"{data} CNN {'-'.join(map(str, channels))}, batch {batch}"
    shape = f"model.channels={list(channels)}"
    return name, [f"{data}_cnn", shape, f"train.batch_size={batch}"]


EXPERIMENTS = (
    dense(2, 100, batch=64),
    dense(2, 100, batch=1050),
    dense(30, 64, 64, batch=128),
    dense(784, 64, 64, 64, batch=32),
    dense(784, 64, 64, 64, batch=128),
    dense(784, 64, 64, 64, batch=128, seeds=2),
    dense(784, 64, 64, 64, batch=128, seeds=8),
    dense(784, 128, batch=128),
    dense(784, 256, 256, batch=64),
    dense(784, 256, 256, batch=128),
    dense(784, 512, 512, batch=64),
    dense(784, 512, 512, batch=128),
    dense(784, 1024, 1024, batch=128),
    convolutional(4, 8, batch=16),
    convolutional(8, 16, batch=32),
    convolutional(16, 32, batch=32),
    convolutional(16, 32, batch=128),
    convolutional(32, 64, batch=64),
    convolutional(8, 16, batch=64, data="mnist"),
    convolutional(32, 64, batch=64, data="mnist"),
)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="turns per number of threads")
    parser.add_argument("--milliseconds", type=float, default=10, help="least length of a turn")
    parser.add_argument("--only", default="", help="only experiments whose names contain this")
    options = parser.parse_args()
    print(f"### Threads: {options.turns} turns each, {hardware()}\n")
    print(
        "| | weights x examples of a step | 1 thread: shortest (median) [ms] | CPU / wall ", end=""
    )
    print("| 2 threads: shortest (median) [ms] | CPU / wall | 2 : 1, shortest (median) |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for name, (config, *overrides) in EXPERIMENTS:
        if options.only in name:
            with deterministic():
                job = build_job(api.as_config(config, overrides), Folders.choose().data)
                print(row(name, job, options.turns, options.milliseconds / 1000), flush=True)


def row(name: str, job: Job, turns: int, seconds: float) -> str:
    """Run the turns of an experiment and return its line of the table."""
    batches = _endless(job)
    taken = {number: [] for number in NUM_THREADS}
    with job.training_mode():
        for _, number in itertools.product(range(turns), NUM_THREADS):
            with threads(number):
                taken[number].append(turn(job, batches, seconds))
    products = job.num_parameters * job.batches.batch_size * len(job.seeds)
    cells = [name, f"{products:,}"]
    for found in taken.values():
        walls, shares = zip(*found, strict=True)
        cells.append(f"{1000 * min(walls):.3f} ({1000 * statistics.median(walls):.3f})")
        cells.append(f"{statistics.median(shares):.2f}")
    one, two = ([wall for wall, _ in found] for found in taken.values())
    cells.append(
        f"{min(two) / min(one):.2f} ({statistics.median(two) / statistics.median(one):.2f})"
    )
    return f"| {' | '.join(cells)} |"


def turn(job: Job, batches: Iterator, seconds: float) -> tuple[float, float]:
    """Train briefly; return the wall time per step, and CPU time divided by wall time."""
    lrs = [job.lr] * len(job.seeds)
    for _ in range(WARM_UP_STEPS):
        job.learner.train_step(*next(batches), lrs=lrs)
    cpu, start = time.process_time(), time.perf_counter()
    for steps in itertools.count(1):
        job.learner.train_step(*next(batches), lrs=lrs)
        if (spent := time.perf_counter() - start) >= seconds:
            return spent / steps, (time.process_time() - cpu) / spent
    raise AssertionError


def _endless(job: Job) -> Iterator:
    for epoch in itertools.count():
        yield from job.batches.epoch(epoch)


if __name__ == "__main__":
    main()
