"""How far a metric is from its value on all examples of the kind, because few were tested."""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

from nnlab.storage.schemas import means
from nnlab.storage.seeds import alive

if TYPE_CHECKING:
    from nnlab.storage.run_dir import RunDir
    from nnlab.storage.schemas import SplitName

LEVEL = 0.95
QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)


def examples_interval(run: RunDir, split: SplitName = "test") -> tuple[float, float] | None:
    """Return the 95 % interval of the accuracy, else of the mse, over new examples.

    The weights are fixed: it holds the luck of the examples, not that of the seeds.

    Args:
        run: A finished run.
        split: The split it was evaluated on; the run must have it.

    Returns:
        Both ends; None for an empty split, and for the mse of a split whose predictions are not
        stored, or that differs from seed to seed.

    Raises:
        RunError: If the predictions are needed, and missing or damaged.
    """
    summary = run.summary
    num_examples = summary["num_evaluated"][split]
    if not num_examples:
        return None
    if "accuracy" in means(summary, split):
        return wilson_interval(means(summary, split)["accuracy"], num_examples)
    return _mse_interval(run) if split == "test" and num_examples > 1 else None


def wilson_interval(fraction: float, num_examples: float) -> tuple[float, float]:
    """Return the 95 % score interval of a proportion.

    For a mean accuracy of several seeds it is wider than necessary.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference" (1927).

    Args:
        fraction: Fraction of the examples that are right.
        num_examples: Number of examples.
    """
    shrink = 1 + QUANTILE**2 / num_examples
    centre = (fraction + QUANTILE**2 / (2 * num_examples)) / shrink
    variance = fraction * (1 - fraction) / num_examples + (QUANTILE / (2 * num_examples)) ** 2
    half_width = QUANTILE * math.sqrt(variance) / shrink
    return max(centre - half_width, 0.0), min(centre + half_width, 1.0)


def _mse_interval(run: RunDir) -> tuple[float, float] | None:
    """Return Student's t interval of the squared errors, averaged over the seeds.

    None if each seed was tested on its own examples.
    """
    from scipy.special import stdtrit

    from nnlab.runs.results import load_outputs

    outputs, targets = load_outputs(run, run.summary)
    if targets.dim() == 2:
        return None
    errors = (outputs[alive(run.summary)].double() - targets).square().mean(0)  # (N,)
    quantile = float(stdtrit(len(errors) - 1, (1 + LEVEL) / 2))
    half_width = quantile * errors.std().item() / math.sqrt(len(errors))
    mean = errors.mean().item()
    return max(mean - half_width, 0.0), mean + half_width
