"""The differences between a run and the same run, retrained."""

from __future__ import annotations

import hashlib
import json
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from nnlab.formatting import flatten
from nnlab.metrics import TABLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from torch import Tensor

    from nnlab.storage.schemas import Record

MEASURED = frozenset({"seconds", "train_seconds", "peak_memory_bytes"})
# On another computer, a training that is sensitive to rounding behaves like another seed. The mean
# of R seeds then moves by sqrt(2 / R) deviations of a single seed, and rarely by more than two.
NUM_DEVIATIONS = 2.0
# One seed has no spread. This is wide for an accuracy; if the losses of seeds differ by more, only
# more seeds can verify the run.
ONE_SEED_TOLERANCE = 0.05
ROUNDING = 1e-3
# Runs from before there were these metrics say nothing about them.
NEW_METRICS = frozenset(metric.name for metric in TABLE if not metric.is_recorded)


def first_tensor(stored: Mapping[str, Tensor], found: Mapping[str, Tensor]) -> str | None:
    """Return a message naming the first tensor whose name, type, shape or bytes differ, or None."""
    names = [
        name
        for name in {**stored, **found}
        if name not in stored or name not in found or _bytes(stored[name]) != _bytes(found[name])
    ]
    return f"{names[0]} is the first of {len(names)} that differ" if names else None


def first_record(stored: Sequence[Record], found: Sequence[Record]) -> str | None:
    """Return a message naming the epoch and seed where two lists of records first differ, or None."""
    for before, after in zip_longest(stored, found):
        if difference := first_value(before or {}, after or {}):
            place = after or before
            return f"epoch {place['epoch']}, seed {place['seed']}: {difference}"
    return None


def first_value(stored: Mapping[str, Any], found: Mapping[str, Any]) -> str | None:
    """Return a message naming the first value that differs between two JSON objects, or None."""
    before, after = flatten(stored, with_lists=True), flatten(found, with_lists=True)
    for name in before | after:
        is_new = name not in before and name.rpartition(".")[2] in NEW_METRICS
        if before.get(name) != after.get(name) and not is_new:
            now = after.get(name, "missing")
            return f"{name} is {before.get(name, 'missing')}, and {now} when retrained"
    return None


def far_metrics(stored: Mapping[str, Any], found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a message for each final metric that differs by more than seeds do."""
    problems = []
    for part in ("test", "val", "train"):
        for name, value in stored.get(part, {}).items():
            if value is None:  # undefined for the examples, which are the same
                continue
            spread = stored[f"{part}_std"][name]
            share = ONE_SEED_TOLERANCE if spread is None else ROUNDING
            allowed = max(share * max(abs(value), 1.0), NUM_DEVIATIONS * (spread or 0.0))
            if not abs(found[part][name] - value) <= allowed:
                again = f"{found[part][name]:.6g} when retrained (tolerance {allowed:.2g})"
                problems.append(f"summary.json: {part}.{name} is {value:.6g}, and {again}")
    return tuple(problems)


def tolerance_in_words(num_seeds: int) -> str:
    """Return the tolerance of ``far_metrics`` in words."""
    if num_seeds == 1:
        return f"{ONE_SEED_TOLERANCE:g} (relative above 1), because one seed has no spread"
    return f"{NUM_DEVIATIONS:g} standard deviations of the {num_seeds} seeds"


def without_measured(value: Any) -> Any:
    """Return an object, or a list of them, without measured times and memory."""
    if isinstance(value, list):
        return [without_measured(item) for item in value]
    return {key: item for key, item in value.items() if key not in MEASURED}


def digest_of_tensors(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, types, shapes and bytes."""
    digest = hashlib.sha256()
    for name, tensor in tensors.items():
        digest.update(f"{name} ".encode() + _bytes(tensor))
    return digest.hexdigest()


def digest_of_values(value: Any) -> str:
    """Return the SHA-256 of a JSON value, independent of the order of its keys."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _bytes(tensor: Tensor) -> bytes:
    return f"{tensor.dtype} {tuple(tensor.shape)} ".encode() + tensor.numpy().tobytes()
