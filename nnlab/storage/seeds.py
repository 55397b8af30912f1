"""Which seeds of a run have results, and what is said of those that have diverged."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.storage.schemas import Summary


def alive(summary: Summary) -> list[int]:
    """Return the indices of the seeds that have not diverged."""
    return [r for r, seed in enumerate(summary["per_seed"]) if "diverged" not in seed]


def num_tested(summary: Summary, replica: int) -> int:
    """Return the number of test examples of a replica; those of folds can differ by one."""
    of_seed = summary["per_seed"][replica]
    return of_seed.get("num_tested", summary["num_evaluated"]["test"])


def about_diverged(summary: Summary) -> str | None:
    """Return which seeds are left out of the means, or None if all are in."""
    lost = [
        f"seed {seed['seed']} diverged in epoch {seed['diverged']['epoch']}"
        for seed in summary["per_seed"]
        if "diverged" in seed
    ]
    if not lost:
        return None
    number = len(summary["per_seed"])
    return f"mean of {number - len(lost)} of {number} seeds; {', '.join(lost)}"
