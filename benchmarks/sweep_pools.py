"""Sweeps over learning rates drawn from real networks: many seeds, tested on many examples.

A pool holds which examples 100 seeds of each learning rate classify correctly. A sweep takes its
seeds and its validation and test examples from it; the truth is the mean over the whole pool.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import nnlab
from benchmarks.calibration_real import DIGITS, SPIRAL
from benchmarks.sweep_calibration import FRESH_SEEDS, Drawn
from nnlab.comparison.portions import Portion
from nnlab.comparison.scores import Predictions, scores
from nnlab.runs.load import open_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from benchmarks.sweep_calibration import Hits

NUM_SEEDS, SEARCH_SEEDS = 100, 3
NUM_EXAMPLES = 250  # for validation, and as many for testing
RATES = (1e-3, *(float(f"{rate:.2g}") for rate in np.geomspace(5e-4, 2e-2, 15)))
EXPERIMENTS = {"digits_mlp": DIGITS, "spiral_mlp": SPIRAL}


@dataclass(frozen=True)
class Pool:
    """Trained networks.

    Attributes:
        title: The experiment.
        hits: Which examples each seed of each trial classifies correctly, ``(T, S, N)``.
    """

    title: str
    hits: NDArray[np.bool_]

    def draw(self, generator: np.random.Generator) -> Drawn:
        """Draw seeds and examples, none of them twice."""
        num_trials, num_seeds, num_examples = self.hits.shape
        examples = generator.permutation(num_examples)
        val, test = examples[:NUM_EXAMPLES], examples[NUM_EXAMPLES : 2 * NUM_EXAMPLES]
        seeds = generator.permutation(num_seeds)
        search, choice, confirmation, _ = np.split(
            seeds, np.cumsum([SEARCH_SEEDS, FRESH_SEEDS, FRESH_SEEDS])
        )

        def hits(trial: int, seeds: NDArray[np.int64], examples: NDArray[np.int64]) -> Hits:
            return self.hits[trial][np.ix_(seeds, examples)]

        return Drawn(
            search=[hits(trial, search, val) for trial in range(num_trials)],
            fresh=lambda trial: hits(trial, choice, val),
            test=lambda trial: hits(trial, confirmation, test),
            truth=lambda trial: float(self.hits[trial].mean()),
        )


def pools() -> Iterator[Pool]:
    """Train the networks of every experiment."""
    for name, overrides in EXPERIMENTS.items():
        with tempfile.TemporaryDirectory() as folder:
            hits = [_hits(name, [*overrides, f"optimizer.lr={rate}"], folder) for rate in RATES]
        yield Pool(f"{name}, {len(RATES)} learning rates", np.stack(hits))


def _hits(config: str, overrides: list[str], runs_dir: str) -> NDArray[np.bool_]:
    run = nnlab.train(config, overrides, seeds=NUM_SEEDS, runs_dir=runs_dir)
    found = Predictions.load(Portion.whole(open_run(run)), "test", Path())
    return scores(found, "accuracy") > 0
