"""How much of a search's best score is the luck of the validation examples.

The best of many trials is also the one that suits the validation examples best. The bootstrap of
Tsamardinos, Greasidou and Borboudakis, "Bootstrapping the out-of-sample predictions for efficient and
accurate cross-validation" (Machine Learning 107, 2018): choose the best trial on examples drawn with
replacement, measure it on those that were not drawn, and look at the difference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from nnlab.sweep.validation import read_scores

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from nnlab.storage.sweep_dir import SweepDir
    from nnlab.sweep.plan import Plan

NUM_DRAWS = 500


def accuracies(folder: SweepDir, plan: Plan, trials: Collection[int]) -> NDArray[np.float32]:
    """Return how often the seeds of a trial classify each validation example correctly, ``(T, N)``."""
    rows = []
    for number, pack in enumerate(plan.packs):
        if not (own := [trial for trial in pack if trial in trials]):
            continue
        hits, replicas = read_scores(folder.pack(number))
        trial_of = [pack[replica // len(plan.seeds)] for replica in replicas]
        rows += [hits[[t == trial for t in trial_of]].mean(0, dtype=np.float32) for trial in own]
    return np.stack(rows)


def optimism(table: NDArray[np.float32], seed: int) -> float:
    """Return how much better the best trial looks on the examples that it was chosen by.

    Args:
        table: The accuracy of each trial on each example, ``(T, N)``.
        seed: Of the draws.
    """
    generator, num_examples = np.random.default_rng(seed), table.shape[1]
    differences = []
    for _ in range(NUM_DRAWS):
        drawn = generator.integers(num_examples, size=num_examples)
        counts = np.bincount(drawn, minlength=num_examples).astype(np.float32)
        left = (counts == 0).astype(np.float32)
        inside, outside = table @ counts / num_examples, table @ left / left.sum()
        best = int(inside.argmax())
        differences.append(float(inside[best] - outside[best]))
    return float(np.mean(differences))
