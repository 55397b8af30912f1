"""Seeds that have diverged: they are left out of a comparison, of every contender alike."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from nnlab.errors import RunError
from nnlab.storage.seeds import alive

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.comparison.portions import Portion


def lost_seeds(portions: Sequence[Portion]) -> list[int]:
    """Return the seeds of a contender that have diverged."""
    return [
        portion.run.config.train.seed + replica
        for portion in portions
        for replica in portion.replicas
        if replica not in alive(portion.run.summary)
    ]


def without_lost(runs: Mapping[str, Sequence[Portion]]) -> dict[str, list[Portion]]:
    """Return the portions without the seeds that any contender has lost.

    Raises:
        RunError: If no seed is left.
    """
    lost = {seed for portions in runs.values() for seed in lost_seeds(portions)}
    kept = {
        name: [part for part in (_without(portion, lost) for portion in portions) if part.replicas]
        for name, portions in runs.items()
    }
    if not all(kept.values()):
        names = ", ".join(name for name, portions in runs.items() if lost_seeds(portions))
        msg = f"no seed is left to compare: those of {names} have diverged"
        raise RunError(msg)
    return kept


def _without(portion: Portion, lost: set[int]) -> Portion:
    first = portion.run.config.train.seed
    return replace(portion, replicas=tuple(r for r in portion.replicas if first + r not in lost))
