"""Storing a comparison as JSON in a folder next to the runs."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any, TypeVar

import torch
from pydantic import TypeAdapter

from nnlab.comparison.costs import Costs
from nnlab.comparison.intervals import Components, Interval
from nnlab.comparison.pairs import Pair
from nnlab.comparison.plain_words import plain_words
from nnlab.comparison.result import Comparison, Row
from nnlab.comparison.timing import Clock
from nnlab.comparison.words import about_times, verdict
from nnlab.errors import RunError
from nnlab.metrics import METRICS, Metric, declare, is_fraction
from nnlab.runs.environment import describe_environment, now
from nnlab.storage import versions
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.result_dir import write_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Value = TypeVar("Value")


def to_json(comparison: Comparison) -> dict[str, object]:
    """Return the JSON object of ``nnlab compare --json`` and of comparison.json."""
    contenders = [
        {**asdict(row), "best": comparison.best(row), "worst": comparison.worst(row)}
        for row in comparison.rows
    ]
    pairs = [
        {
            **asdict(pair),
            "interval": pair.interval.to_json(),
            "is_decided": pair.is_decided,
            "verdict": verdict(comparison, pair),
        }
        for pair in comparison.pairs
    ]
    return {
        "schema_version": versions.COMPARISON,
        "id": comparison.id,
        "metric": comparison.metric,
        "lower_is_better": comparison.is_lower_better,
        "is_fraction": is_fraction(comparison.metric),
        "split": comparison.split,
        "num_examples": comparison.num_examples,
        "ahead": comparison.rows[0].name,
        "contenders": contenders,
        "pairs": pairs,
        "notes": plain_words(comparison),
        "time_note": about_times(comparison),
    }


def store(comparison: Comparison, runs_dir: Path) -> tuple[Comparison, ComparisonDir]:
    """Write a comparison to a new folder; return it with the folder's id, and the folder."""
    folder = ComparisonDir.create(runs_dir, "compare")
    stored = replace(comparison, id=folder.id)
    with folder.removed_unless_begun():
        write_json(folder.comparison_path, to_json(stored))
        folder.update_meta(
            name=" / ".join(row.name for row in stored.rows),
            status="finished",
            exit_code=0,
            seeds=stored.rows[0].seeds,
            **describe_environment(torch.device("cpu")),
            finished_at=now(),
        )
    return stored, folder


def load(folder: ComparisonDir) -> Comparison:
    """Read a stored comparison.

    Raises:
        RunError: If it is damaged.
    """
    stored: dict[str, Any] = folder.read_json(folder.comparison_path, dict[str, Any])
    try:
        comparison = _from_json(stored)
    except (ValueError, TypeError, KeyError) as error:
        first = str(error).partition("\n")[0]
        msg = f"{folder.comparison_path} is damaged: {first}"
        raise RunError(msg) from error
    if not _is_consistent(comparison):
        msg = f"{folder.comparison_path} is damaged: its entries contradict each other"
        raise RunError(msg)
    return comparison


def _from_json(stored: dict[str, Any]) -> Comparison:
    for pair in stored["pairs"]:
        if pair["interval"] is None:
            pair["interval"] = {"low": -math.inf, "high": math.inf}
    _declare_own(stored)
    return Comparison(
        metric=str(stored["metric"]),
        split="val" if stored.get("split") == "val" else "test",
        num_examples=int(stored["num_examples"]),
        rows=_adapter(list[Row]).validate_python(stored["contenders"]),
        pairs=_adapter(list[Pair]).validate_python(stored["pairs"]),
        id=str(stored["id"]),
    )


def _declare_own(stored: Mapping[str, Any]) -> None:
    """Make the user's own metric of a stored comparison known, whose code is not read for it."""
    name, is_lower, is_part = (stored.get(k) for k in ("metric", "lower_is_better", "is_fraction"))
    if isinstance(name, str) and name.isidentifier() and {type(is_lower), type(is_part)} == {bool}:
        declare(Metric(name, None, bool(is_lower), bool(is_part), is_recorded=False))


def _adapter(kind: type[Value]) -> TypeAdapter[Value]:
    """Return what checks the content of a file against a dataclass."""
    adapter = TypeAdapter(kind, config=None)
    names = {"Costs": Costs, "Clock": Clock, "Interval": Interval, "Components": Components}
    adapter.rebuild(force=True, _types_namespace=names)
    return adapter


def _is_consistent(comparison: Comparison) -> bool:
    rows = comparison.rows
    names = {row.name for row in rows}
    return (
        comparison.metric in METRICS
        and len(names) == len(rows) >= 2
        and len(comparison.pairs) > 0
        and all({pair.first, pair.second} <= names for pair in comparison.pairs)
        and all(row.seeds == rows[0].seeds for row in rows)
        and all(len(row.per_seed) == len(row.seeds) > 0 for row in rows)
    )
