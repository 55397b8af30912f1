"""Packs: trials that train together, as replicas of one run."""

from __future__ import annotations

import itertools
import json
from math import ceil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.sweep.trials import Trial

# What one replica of a run may have for itself; replicas agree in everything else.
VARIED = (
    ("optimizer", "lr"),
    ("optimizer", "weight_decay"),
    ("optimizer", "momentum"),
    ("model", "dropout"),
    ("model", "init_std"),
    ("train", "clip_norm"),
    ("loss", "label_smoothing"),
    ("schedule", "gamma"),
    ("schedule", "final_factor"),
)
# Of these, 0 and none are a network without that part.
SWITCHES = VARIED[1:7]
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
    if not config.model.is_estimator:
        for section, key in VARIED:
            if key in fields[section]:
                is_off = (section, key) in SWITCHES and fields[section][key] in {0, None}
                fields[section][key] = "off" if is_off else "varied"
    return json.dumps([fields, config.code], sort_keys=True)
