"""Steps of nnlab against their bare matrix products: ``python -m benchmarks.floor``.

The products of a step (three per layer; see ``nnlab.inspection.products``) and whole steps alternate
in one process. The table shows medians over rounds.
"""

from __future__ import annotations

import argparse
import statistics

from benchmarks.jobs import JOBS
from benchmarks.peers import hardware
from nnlab import api
from nnlab.inspection.profiling import profile

ROWS = {
    "mlp": ("mlp",),
    "mlp, 8 seeds": ("mlp", "train.seeds=8"),
    "wide": ("wide",),
    "cnn, float32": ("cnn",),
    "cnn, bf16": ("cnn", "train.precision=bf16"),
    "regression": ("regression",),
}


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=3.0, help="seconds per measurement")
    options = parser.parse_args()
    print(f"### Floor: medians of {options.rounds} rounds, {hardware()}\n")
    print("| job | bare products [ms per epoch] | step [ms per epoch] | ratio |")
    print("|---|--:|--:|--:|")
    for name, (job, *overrides) in ROWS.items():
        config = api.as_config(JOBS[job].config[0], [*JOBS[job].config[1:], *overrides])
        results = [profile(config, seconds=options.seconds) for _ in range(options.rounds)]
        floors = [result["floor_seconds_per_epoch"] for result in results]
        steps = [
            sum(seconds for phase, seconds in result["phases"].items() if phase != "evaluation")
            for result in results
        ]
        ratio = statistics.median(step / floor for step, floor in zip(steps, floors, strict=True))
        floor, step = statistics.median(floors) * 1e3, statistics.median(steps) * 1e3
        print(f"| {name} | {floor:.3g} | {step:.3g} | {ratio:.1f} |", flush=True)


if __name__ == "__main__":
    main()
