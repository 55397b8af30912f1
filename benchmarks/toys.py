"""Compare the toy rows with independent implementations: ``python -m benchmarks.toys [--row D2]``.

Each bundled experiment is trained and asked for its surface through nnlab's API; toy_references.py
does the same without it. Prints one table, and exits with 1 if a difference exceeds its tolerance.
``key=value`` arguments override the experiments, to see what a wrong one does.
"""

from __future__ import annotations

import argparse
import math
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scipy import stats

import nnlab
from benchmarks.toy_references import (
    Data,
    Network,
    Outcome,
    clusters,
    numpy_network,
    sklearn_logistic,
    spiral,
    wave,
)

# Seeds of both sides that are this unlikely to have one distribution (Mann-Whitney) count as
# different: one pair of equal samples in a thousand does. Seven seeds are enough to show it.
DIFFERENT = 0.001
# A mean surface may differ by this many standard errors, and by FLOOR, the size of rounding.
STANDARD_ERRORS = 2.0
FLOOR = 1e-3
# Both sides of a convex problem find the one optimum.
SAME = 1e-4


@dataclass(frozen=True)
class Toy:
    """A row of the documents' list and its independent implementation.

    Attributes:
        row: Its name in the list.
        config: The bundled experiment.
        data: The same data, generated again.
        reference: Trains on the data; returns numbers and a surface over a grid.
        grid: Raw features over which the surfaces are compared, ``(G, D)``.
        seeds: Seeds of both sides; 1 if nothing is random.
    """

    row: str
    config: str
    data: Callable[[], Data]
    reference: Callable[[Data, np.ndarray, int], Outcome]
    grid: np.ndarray
    seeds: int = 10


class Difference(NamedTuple):
    """One number of a row from both sides, and how far apart they may be; surfaces have no number."""

    row: str
    name: str
    ours: float | None
    theirs: float | None
    difference: float
    tolerance: float | None
    p_value: float | None = None

    @property
    def is_within(self) -> bool:
        """Whether the difference keeps its tolerance; one that is not a number does not."""
        if self.p_value is not None:
            return self.p_value >= DIFFERENT
        return self.tolerance is not None and self.difference <= self.tolerance

    @property
    def criterion(self) -> str:
        """The tolerance in words."""
        if self.p_value is not None:
            return f"p = {self.p_value:.2g} >= {DIFFERENT:g}"
        return f"<= {self.tolerance:.2g}"


def plane(end: float, num_points: int = 41) -> np.ndarray:
    """Return a square grid around the origin, ``(G, 2)``."""
    axis = np.linspace(-end, end, num_points)
    return np.stack(np.meshgrid(axis, axis), -1).reshape(-1, 2)


LINE = np.linspace(-3, 3, 241)[:, None]
ADAM_20 = Network(20, "elu", lr=1e-2, epochs=10_000)
TOYS = (
    Toy("B1", "b1_regression", lambda: wave(1000, is_split=False), ADAM_20, LINE),
    Toy("B2", "b2_regression_published", lambda: wave(1000, is_split=True), ADAM_20, LINE),
    Toy(
        "B3",
        "b3_regression_decay_published",
        lambda: wave(1000, is_split=True),
        Network(20, "elu", lr=1e-2, epochs=10_000, weight_decay=1e-3),
        LINE,
    ),
    Toy(
        "B4",
        "b4_regression_relu_published",
        lambda: wave(2000, is_split=True),
        Network(50, "relu", lr=1e-3, epochs=2000, batch_size=64),
        LINE,
    ),
    Toy("D1", "d1_clusters_logistic", lambda: clusters("right"), sklearn_logistic, plane(6), 1),
    Toy("D2", "d2_xor_logistic", lambda: clusters("xor"), sklearn_logistic, plane(6), 1),
    Toy(
        "D3",
        "d3_xor_features",
        lambda: clusters("xor", is_one_hot=True),
        sklearn_logistic,
        np.eye(4),
        1,
    ),
    Toy(
        "D4",
        "d4_xor_mlp",
        lambda: clusters("xor"),
        Network(
            *(4, "sigmoid"),
            lr=0.5,
            epochs=200,
            batch_size=10,
            weight_decay=1e-4,
            dtype=torch.double,
        ),
        plane(6),
    ),
    Toy("E1", "e1_spiral_linear", spiral, Network(100, "identity", lr=1e-2, epochs=10), plane(1)),
    Toy("E2", "e2_spiral_numpy", spiral, numpy_network, plane(1)),
    Toy("E3", "e3_spiral_mlp", spiral, Network(100, "relu", lr=1e-2, epochs=100), plane(1)),
)


def compare(toy: Toy, overrides: Sequence[str] = ()) -> list[Difference]:
    """Train both sides of a row and return their differences."""
    theirs = toy.reference(toy.data(), toy.grid, toy.seeds)
    with tempfile.TemporaryDirectory() as folder:
        run = nnlab.train(toy.config, overrides, seeds=toy.seeds, runs_dir=folder)
        surface = _surface(nnlab.predict(run, toy.grid))
        per_seed = run.summary["per_seed"]
    found = []
    for name, values in theirs.numbers.items():
        part, metric = name.split()
        ours = [seed[part][metric] for seed in per_seed]
        found.append(_difference(toy.row, name, np.array(ours), values))
    return [*found, _surface_difference(toy, surface, theirs.surface)]


def _surface(records: list[dict]) -> np.ndarray:
    """Return probabilities ``(G, C)`` or values ``(G,)``."""
    answers = [record.get("value", record.get("probabilities")) for record in records]
    return np.array([list(a.values()) if isinstance(a, dict) else a for a in answers])


def _difference(row: str, name: str, ours: np.ndarray, theirs: np.ndarray) -> Difference:
    """Compare a number, or if seeds scatter, its distribution over seeds."""
    means = float(ours.mean()), float(theirs.mean())
    if len(ours) == 1:
        return Difference(row, name, *means, abs(means[0] - means[1]), SAME)
    p_value = float(stats.mannwhitneyu(ours, theirs).pvalue)
    return Difference(row, name, *means, abs(means[0] - means[1]), None, p_value)


def _surface_difference(toy: Toy, ours: np.ndarray, theirs: np.ndarray) -> Difference:
    """Compare mean surfaces: by the largest distance, or if seeds scatter by the root mean square."""
    gaps = ours - theirs.mean(0)
    if toy.seeds == 1:
        name, size, tolerance = "surface (largest)", float(abs(gaps).max()), FLOOR
    else:
        name, size = "surface (rms)", math.sqrt((gaps**2).mean())
        error = math.sqrt(2 * theirs.var(0, ddof=1).mean() / toy.seeds)
        tolerance = FLOOR + STANDARD_ERRORS * error
    return Difference(toy.row, name, None, None, size, tolerance)


def table(differences: Sequence[Difference]) -> Table:
    """Return the table of all differences."""
    shown = Table("row", "number", "nnlab", "independent", "difference", "tolerance", "")
    for found in differences:
        numbers = ["-" if value is None else f"{value:.4g}" for value in found[2:5]]
        verdict = "ok" if found.is_within else "OUTSIDE"
        shown.add_row(found.row, found.name, *numbers, found.criterion, verdict)
    return shown


def main() -> int:
    """Compare, print and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    rows = [toy.row for toy in TOYS]
    parser.add_argument(
        "--row", action="append", choices=rows, help="a row to compare; default: all"
    )
    parser.add_argument("overrides", nargs="*", metavar="KEY=VALUE")
    options = parser.parse_args()
    chosen = [toy for toy in TOYS if toy.row in (options.row or rows)]
    found = [difference for toy in chosen for difference in compare(toy, options.overrides)]
    Console(width=110).print(table(found))
    return 0 if all(difference.is_within for difference in found) else 1


if __name__ == "__main__":
    sys.exit(main())
