"""Calibration of ``nnlab compare`` on real predictions: seeds and examples drawn from a large pool."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

import nnlab
from benchmarks.calibration_grid import SEEDS, Cell, has_verdict
from nnlab.comparison.intervals import by_source
from nnlab.comparison.portions import Portion
from nnlab.comparison.scores import Predictions, scores
from nnlab.runs.load import open_run

if TYPE_CHECKING:
    from numpy.typing import NDArray

NUM_SEEDS = 100
METRICS = ("accuracy", "log_loss")
# Few examples train and many test, so that a test set is a small part of the pool.
SPIRAL = [
    *("dataset.num_samples=12000", "dataset.split.test=0.9", "dataset.split.val=0.01"),
    *("train.epochs=40", "train.eval_every=40"),
]
DIGITS = ["dataset.split.test=0.8", "dataset.split.val=0.01", "train.eval_every=20"]


class Pool(NamedTuple):
    """Two experiments whose seeds have been trained and tested on many examples.

    Attributes:
        name: What is compared.
        config: The bundled experiment.
        overrides: Of both.
        other: The model of the second.
        examples: Numbers of test examples to draw.
    """

    name: str
    config: str
    overrides: list[str]
    other: str
    examples: tuple[int, ...]


POOLS = (
    Pool("spiral", "spiral_mlp", SPIRAL, "model.hidden_sizes=[20]", (50, 269, 1_000)),
    Pool("digits", "digits_mlp", DIGITS, "model.hidden_sizes=[16]", (50, 269)),
)


def tables_of(pool: Pool, runs_dir: Path) -> dict[str, tuple[NDArray, NDArray]]:
    """Return the contributions of both experiments by metric, ``(100, N)`` each."""
    runs = [
        nnlab.train(pool.config, [*pool.overrides, *more], seeds=NUM_SEEDS, runs_dir=runs_dir)
        for more in ([], [pool.other])
    ]
    found = [Predictions.load(Portion.whole(open_run(run)), "test", Path()) for run in runs]
    return {m: (scores(found[0], m), scores(found[1], m)) for m in METRICS}


def measure(
    metric: str, tables: tuple[NDArray, NDArray], num_seeds: int, num_examples: int, trials: int
) -> Cell:
    """Return how often verdicts are refused, claims are false, and intervals are right.

    Args:
        metric: Name of the metric.
        tables: Its contributions of both experiments, ``(S, N)``.
        num_seeds: Seeds to draw.
        num_examples: Examples to draw.
        trials: Number of comparisons.
    """
    generator = np.random.default_rng(2026)
    first, second = tables
    truth = float(first.mean() - second.mean())
    held, claimed = [0, 0], [0, 0]
    for _ in range(trials):
        seeds = generator.permutation(len(first))
        examples = generator.choice(first.shape[1], num_examples, replace=False)
        one, two = seeds[:num_seeds], seeds[num_seeds : 2 * num_seeds]
        other = first[np.ix_(one, examples)] - second[np.ix_(one, examples)]
        if has_verdict(other, metric):
            interval = by_source(other).interval()
            held[0] += interval.low <= truth <= interval.high
            held[1] += 1
        same = first[np.ix_(one, examples)] - first[np.ix_(two, examples)]
        if has_verdict(same, metric):
            claimed[0] += by_source(same).interval().excludes_zero
            claimed[1] += 1
    return Cell.of(held, claimed, trials)


def print_pools(trials: int) -> list[str]:
    """Print a row for each number of seeds and examples; return the cells outside the band."""
    misses = []
    print(f"\n| pool | examples | seeds | {' | '.join(f'`{m}`' for m in METRICS)} |")
    print(f"|---|---|---|{'---|' * len(METRICS)}")
    for pool in POOLS:
        with tempfile.TemporaryDirectory() as folder:
            tables = tables_of(pool, Path(folder))
        for num_examples in pool.examples:
            for num_seeds in SEEDS:
                cells = {m: measure(m, tables[m], num_seeds, num_examples, trials) for m in METRICS}
                place = f"{pool.name} | {num_examples:,} | {num_seeds}"
                print(f"| {place} | {' | '.join(map(str, cells.values()))} |", flush=True)
                misses += [f"{m}, {place}: {c}" for m, c in cells.items() if not c.is_right]
    return misses
