"""nnlab: the trials are replicas of packs; the search only, without the confirmation."""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks.searches.common import EXPERIMENT, HIGH, LOW, NUM_SEEDS, OVERRIDES, measure


def search(num_trials: int) -> float:
    """Return the best mean validation accuracy."""
    from nnlab.config.sweep_file import read_sweep
    from nnlab.storage.folders import Folders
    from nnlab.sweep import search as searching
    from nnlab.sweep.conduct import create, place_of
    from nnlab.sweep.executors.local import LocalExecutor
    from nnlab.sweep.executors.protocol import run_all
    from nnlab.sweep.planning import plan_of

    options = {"trials": num_trials, "seeds": NUM_SEEDS, "metric": "val.accuracy"}
    file = read_sweep(EXPERIMENT, [f"optimizer.lr=log({LOW},{HIGH})", *OVERRIDES], options)
    with tempfile.TemporaryDirectory() as folder:
        sweep = create(plan_of(file).plan, "benchmark", file.text, Path(folder))
        place = place_of(sweep, Folders.choose().data)
        executor = LocalExecutor(place)
        rungs = searching.search(
            sweep, place.plan, lambda units: run_all(executor, units, lambda _: None)
        )
    return max(score for score in rungs[-1].scores.values() if score is not None)


if __name__ == "__main__":
    measure(search)
