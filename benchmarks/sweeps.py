"""A search over learning rates: nnlab's sweep against Optuna, on the same space and data.

python -m benchmarks.sweeps              64 trials of nnlab; 4 of the others, whose time is scaled
python -m benchmarks.sweeps --others 64  all of them, over ten minutes
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys

CONTENDERS = ("nnlab_sweep", "optuna_nnlab", "optuna_torch")
TITLES = {
    "nnlab_sweep": "nnlab sweep",
    "optuna_nnlab": "Optuna, nnlab run by run",
    "optuna_torch": "Optuna, plain torch",
}


def main() -> None:
    """Run the searches one after the other, in turns, and print the medians of their ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--others", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    found: dict[str, list[dict[str, float]]] = {name: [] for name in CONTENDERS}
    for _ in range(options.rounds):
        for name in CONTENDERS:
            trials = options.trials if name == "nnlab_sweep" else options.others
            found[name].append(_run(name, trials))
            print(name, found[name][-1], flush=True)
    first = found["nnlab_sweep"]
    for name in CONTENDERS[1:]:
        for clock in ("wall", "processor"):
            pairs = zip(first, found[name], strict=True)
            ratio = statistics.median(_per_trial(a, clock) / _per_trial(b, clock) for a, b in pairs)
            print(f"nnlab sweep takes {ratio:.2f} x the {clock} time of {TITLES[name]}")


def _run(name: str, trials: int) -> dict[str, float]:
    """Return the times of a search, less those of a search of one trial: what each trial adds."""
    command = [sys.executable, "-m", f"benchmarks.searches.{name}"]
    one, all_ = (
        json.loads(
            subprocess.run(
                [*command, str(n)], capture_output=True, text=True, check=True
            ).stdout.splitlines()[-1]
        )
        for n in (1, trials)
    )
    added = {clock: all_[clock] - one[clock] for clock in ("wall", "processor")}
    return {**added, "trials": trials - 1, "whole": all_["wall"], "best": all_["best"]}


def _per_trial(found: dict[str, float], clock: str) -> float:
    return found[clock] / found["trials"]


if __name__ == "__main__":
    main()
