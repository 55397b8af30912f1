"""Packs: trials that train together, as replicas of one run."""

from __future__ import annotations

import itertools
import json
from math import ceil
from typing import TYPE_CHECKING

from nnlab.assembly.engine import engine_of
from nnlab.config.engines import VARIED

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.sweep.trials import Trial

MAX_REPLICAS = 48


def packs_of(
    trials: Sequence[Trial],
    num_seeds: int,
    max_replicas: Callable[[ExperimentConfig], int] = lambda _: MAX_REPLICAS,
) -> tuple[tuple[int, ...], ...]:
    """Group trials into packs, in the order of their first trials.

    Args:
        trials: The trials.
        num_seeds: Replicas of each trial.
        max_replicas: Returns the most replicas of a run of an experiment; one trial is a pack all
            the same.

    Returns:
        The trial numbers of each pack. Packs of the same kind differ in size by at most one trial.
    """
    groups: dict[str, list[Trial]] = {}
    for trial in trials:
        groups.setdefault(kind_of(trial.config), []).append(trial)
    packs = []
    for group in groups.values():
        most = max(max_replicas(group[0].config) // num_seeds, 1)
        packs += _divide([trial.number for trial in group], ceil(len(group) / most))
    return tuple(sorted(packs))


def _divide(numbers: Sequence[int], num_parts: int) -> list[tuple[int, ...]]:
    """Divide a sequence into parts of almost the same length."""
    ends = [len(numbers) * part // num_parts for part in range(num_parts + 1)]
    return [tuple(numbers[low:high]) for low, high in itertools.pairwise(ends)]


def kind_of(config: ExperimentConfig) -> str:
    """Return what the experiments of one pack have in common."""
    fields = config.model_dump(mode="json", exclude={"ignore", "name"})
    for path in VARIED.get(engine_of(config)[0], ()):
        section, key = path.split(".")
        if key in fields[section]:
            fields[section][key] = "varied"
    return json.dumps([fields, config.code], sort_keys=True)
