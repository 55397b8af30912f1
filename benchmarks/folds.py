"""How often the interval of cross-validation claims a difference between equal contenders.

Two classes of Gaussian examples; the contenders are nearest centroids on one half of the features each,
so that neither is better. Run: ``python -m benchmarks.folds``.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from nnlab.comparison.intervals import BySource
from nnlab.config.splits import RandomSplitConfig
from nnlab.data.splits.folds import folds_of

NUM_TRIALS = 1_000
NUM_FEATURES = 20
SHIFT = 0.25
# Examples, folds, and how often they are drawn.
CASES = (
    *((100, folds, repeats) for folds, repeats in ((5, 1), (10, 1), (5, 3), (10, 10))),
    *((400, folds, repeats) for folds, repeats in ((5, 1), (10, 1), (5, 3))),
)


def differences(
    generator: np.random.Generator, number: int, folds: int, repeats: int
) -> np.ndarray:
    """Return the difference of the accuracies of both contenders in each fold, ``(R K,)``."""
    targets = np.arange(number) % 2
    inputs = generator.normal(size=(number, NUM_FEATURES)) + SHIFT * (2 * targets[:, None] - 1)
    examples = SimpleNamespace(targets=targets, num_official_test=0, own_split=None)
    split = RandomSplitConfig(folds=folds, stratify=True)
    found = []
    for repeat in range(repeats):
        of_examples = folds_of(split, examples, repeat)  # type: ignore[arg-type]
        for fold in range(folds):
            is_tested = of_examples == fold
            hits = [
                _hits(inputs[:, half], targets, is_tested)
                for half in (slice(0, NUM_FEATURES // 2), slice(NUM_FEATURES // 2, None))
            ]
            found.append(hits[0] - hits[1])
    return np.array(found)


def _hits(inputs: np.ndarray, targets: np.ndarray, is_tested: np.ndarray) -> float:
    """Return the test accuracy of nearest centroids."""
    centroids = np.stack([inputs[~is_tested & (targets == c)].mean(0) for c in (0, 1)])
    distances = np.square(inputs[is_tested][:, None] - centroids).sum(-1)
    return float((distances.argmin(-1) == targets[is_tested]).mean())


def main() -> None:
    """Print a row for each number of examples, folds and repeats."""
    print("| examples | folds | repeats | false claims | without the correction |")
    print("|---|---|---|---|---|")
    for number, folds, repeats in CASES:
        generator, claims = np.random.default_rng(0), np.zeros(2)
        for _ in range(NUM_TRIALS):
            values = differences(generator, number, folds, repeats)
            for i, ratio in enumerate((1 / (folds - 1), 0.0)):
                claims[i] += BySource.of_splits(values, ratio).interval().excludes_zero
        corrected, plain = 100 * claims / NUM_TRIALS
        print(f"| {number} | {folds} | {repeats} | {corrected:.1f} % | {plain:.1f} % |")


if __name__ == "__main__":
    main()
