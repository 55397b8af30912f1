"""The growth of an epoch's cost: ``python -m benchmarks.scaling``.

Measured by number of replicas (in total and per replica), width of the network, and number of examples.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.jobs import JOBS
from benchmarks.peers import hardware
from nnlab import api
from nnlab.inspection.profiling import profile

REPLICAS = (1, 2, 4, 8, 16, 32, 64)
WIDTHS = (16, 32, 64, 128, 256, 512, 1024)
EXAMPLES = (100, 1_000, 10_000, 100_000)


def main() -> None:
    """Print the three tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="seconds per measurement")
    options = parser.parse_args()
    print(f"### Scaling: medians of {options.rounds} rounds, {hardware()}\n")

    def epoch(*overrides: str, experiment: tuple[str, ...] = JOBS["mlp"].config) -> float:
        config = api.as_config(experiment[0], [*experiment[1:], *overrides])
        return statistics.median(
            profile(config, seconds=options.seconds)["seconds_per_epoch"]
            for _ in range(options.rounds)
        )

    alone = epoch()
    print("| replicas of 784-64-64-64-10 | s per epoch | per replica | relative to a single one |")
    print("|--:|--:|--:|--:|")
    for number in REPLICAS:
        seconds = epoch(f"train.seeds={number}")
        each = seconds / number
        print(f"| {number} | {seconds:.3g} | {each:.3g} | {each / alone:.2f} |", flush=True)
    print("\n| width of three hidden layers | s per epoch |\n|--:|--:|")
    for width in WIDTHS:
        print(f"| {width} | {epoch(f'model.hidden_sizes={[width] * 3}'):.3g} |", flush=True)
    print("\n| examples of the spiral, batch 64 | s per epoch | us per example |\n|--:|--:|--:|")
    for number in EXAMPLES:
        overrides = (f"dataset.num_samples={number}", "train.batch_size=64")
        seconds = epoch(*overrides, experiment=("spiral_mlp",))
        print(f"| {number:,} | {seconds:.3g} | {seconds / number * 1e6:.3g} |", flush=True)


if __name__ == "__main__":
    main()
