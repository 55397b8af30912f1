"""Halving against no pruning: python -m benchmarks.halving [--repetitions 10].

Each repetition searches the same 27 trials without pruning and with halving, and compares the
winners on the same fresh seeds and the test examples.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from typing import NamedTuple

import nnlab

SWEEP = {
    "base": "digits_mlp",
    "space": {"optimizer.lr": {"log": [1e-4, 1e-1]}, "model.dropout": {"uniform": [0, 0.5]}},
    "trials": 27,
    "seeds": 3,
    "metric": "val.accuracy",
    "confirm": {"finalists": 3, "seeds": 30},
}
FIRST = (1, 2, 3)  # epochs before trials are pruned


class Found(NamedTuple):
    """What a search came to.

    Attributes:
        replica_epochs: Epochs of all replicas of the search.
        accuracy: Test accuracy of its winner on fresh seeds.
    """

    replica_epochs: int
    accuracy: float


def main() -> None:
    """Print a row for each repetition, and the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=10)
    options = parser.parse_args()
    found: dict[int, list[tuple[float, float]]] = {first: [] for first in FIRST}
    print("repetition  first  x replica-epochs  points, against none")
    for seed in range(options.repetitions):
        none = search("none", seed)
        for first in FIRST:
            halving = search({"name": "halving", "factor": 3, "first": first}, seed)
            ratio = halving.replica_epochs / none.replica_epochs
            points = 100 * (halving.accuracy - none.accuracy)
            found[first].append((ratio, points))
            print(f"{seed:10} {first:6} {ratio:17.2f} {points:+21.2f}", flush=True)
    for first, rows in found.items():
        ratios, points = zip(*rows, strict=True)
        print(
            f"first {first}: {statistics.median(ratios):.2f} x; {statistics.fmean(points):+.2f} points, "
            f"from {min(points):+.2f} to {max(points):+.2f}, median {statistics.median(points):+.2f}"
        )


def search(prune: str | dict[str, object], seed: int) -> Found:
    """Search with the trials of a sampler's seed, and test the winner."""
    sweep = {**SWEEP, "prune": prune, "sampler": {"name": "sobol", "seed": seed}}
    with tempfile.TemporaryDirectory() as folder:
        result = nnlab.sweep(sweep, runs_dir=folder).result
    tuned = result["test"]["contenders"][0]["per_seed"]
    return Found(result["replica_epochs"], statistics.fmean(tuned))


if __name__ == "__main__":
    main()
