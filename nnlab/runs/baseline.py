"""The metrics of a model that ignores its inputs: what any model has to beat."""

from __future__ import annotations

from statistics import fmean
from typing import TYPE_CHECKING, NamedTuple

from nnlab.storage.schemas import scalars_of, survivors

if TYPE_CHECKING:
    from nnlab.storage.schemas import SeedResult, SplitName, Summary


class Baseline(NamedTuple):
    """A constant prediction and its metrics on one split.

    Attributes:
        name: What is predicted for every example, for a heading.
        metrics: Its metrics by name; those that a constant does not have are left out.
    """

    name: str
    metrics: dict[str, float]


def baseline(summary: Summary, split: SplitName) -> Baseline | None:
    """Return the best constant prediction for a split, from the stored metrics alone.

    For classes, it is the most frequent class of the training split. For numbers, it is the mean of
    the evaluated split, which R2 compares with.

    Args:
        summary: The final metrics of a run.
        split: The split to evaluate on; the run must have it.

    Returns:
        The baseline; None if the stored metrics do not determine it.
    """
    is_classes = bool(survivors(summary)[0]["train"].get("per_class"))
    of_seeds = [
        _majority(seed, split) if is_classes else _mean(seed, split) for seed in survivors(summary)
    ]
    found = [constant for constant in of_seeds if constant is not None]
    if not found:
        return None
    names = [name for name in found[0].metrics if all(name in c.metrics for c in found)]
    metrics = {name: fmean(c.metrics[name] for c in found) for name in names}
    constants = {constant.name for constant in found}
    return Baseline(found[0].name if len(constants) == 1 else "always the most frequent", metrics)


def _majority(seed: SeedResult, split: SplitName) -> Baseline:
    trained = seed["train"]["per_class"]
    most = max(trained, key=lambda name: trained[name]["support"])
    support = {name: scores["support"] for name, scores in seed[split].get("per_class", {}).items()}
    recall = support.get(most, 0) / max(sum(support.values()), 1)
    present = {name for name, number in support.items() if number}
    f1 = 2 * recall / (1 + recall)
    # All other classes have a precision, recall and F1 of 0; this one is weighted by its frequency.
    # Equal probabilities rank nothing.
    metrics = {
        "accuracy": recall,
        "balanced_accuracy": (most in present) / max(len(present), 1),
        "precision": recall**2,
        "recall": recall,
        "f1": recall * f1,
        "macro_f1": f1 / len(present | {most}),
        "roc_auc": 0.5,
    }
    known = scalars_of(seed, split)
    metrics = {name: value for name, value in metrics.items() if name in known}
    return Baseline(f"always '{most}'", metrics)


def _mean(seed: SeedResult, split: SplitName) -> Baseline | None:
    mse, r2 = (scalars_of(seed, split)[name] for name in ("mse", "r2"))
    # Constant targets are given an R2 of 0, and a perfect fit hides the variance.
    if r2 in {0.0, 1.0}:
        return None
    return Baseline("always the mean", {"mse": mse / (1 - r2), "r2": 0.0})
