"""A training step of the CNN with its first batch norm folded, and without.

``python -m benchmarks.folding``. Turns of a few steps alternate in one process, on the same weights; the
ratio is the median over neighbouring turns. See ``nnlab.models.folding``.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import time
from collections.abc import Iterator

from torch import nn

from benchmarks.jobs import JOBS
from benchmarks.peers import hardware
from nnlab import api
from nnlab.assembly.job import build_job
from nnlab.storage.folders import Folders
from nnlab.training.job import Job
from nnlab.training.runtime import deterministic, threads


def main() -> None:
    """Run the turns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--turns", type=int, default=40, help="turns with and without folding")
    parser.add_argument("--steps", type=int, default=5, help="steps per turn")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", choices=("float32", "float64", "bf16"), default="float32")
    options = parser.parse_args()
    name, *overrides = JOBS["cnn"].config
    config = api.as_config(name, [*overrides, f"train.precision={options.precision}"])
    with deterministic(), threads(options.threads):
        job = build_job(config, Folders.choose().data)
        taken = turns(job, options.turns, options.steps)
    plain, folded = (1e3 * statistics.median(times) for times in zip(*taken, strict=True))
    ratio = statistics.median(folded / plain for plain, folded in taken)
    setting = f"{options.precision}, {options.threads} thread{'s' * (options.threads > 1)}"
    print(f"### Folded batch norm: {options.turns} turns of {options.steps} steps, {hardware()}\n")
    print("| | plain [ms per step] | folded [ms per step] | folded : plain |")
    print("|---|--:|--:|--:|")
    print(f"| {setting} | {plain:.2f} | {folded:.2f} | {ratio:.3f} |")


def turns(job: Job, number: int, steps: int) -> list[tuple[float, float]]:
    """Return the seconds per step without and with folding, of each pair of turns."""
    (model,) = job.learner.models
    folded = model.block1
    plain = nn.Sequential(*folded)
    batches = _endless(job)
    taken = []
    with job.training_mode():
        for _ in range(number):
            model.block1 = plain
            without = _turn(job, batches, steps)
            model.block1 = folded
            taken.append((without, _turn(job, batches, steps)))
    return taken


def _turn(job: Job, batches: Iterator, steps: int) -> float:
    job.learner.train_step(*next(batches), lrs=[job.lr])
    start = time.perf_counter()
    for _ in range(steps):
        job.learner.train_step(*next(batches), lrs=[job.lr])
    return (time.perf_counter() - start) / steps


def _endless(job: Job) -> Iterator:
    for epoch in itertools.count():
        yield from job.batches.epoch(epoch)


if __name__ == "__main__":
    main()
