"""Storing a comparison as JSON in a folder next to the runs."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import torch

from nnlab.comparison.words import verdict
from nnlab.runs.environment import describe_environment, now
from nnlab.storage import versions
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.result_dir import write_json

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.comparison.result import Comparison


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
        "split": comparison.split,
        "num_examples": comparison.num_examples,
        "ahead": comparison.rows[0].name,
        "contenders": contenders,
        "pairs": pairs,
    }


def store(comparison: Comparison, runs_dir: Path) -> tuple[Comparison, ComparisonDir]:
    """Write a comparison to a new folder; return it with the folder's id, and the folder."""
    folder = ComparisonDir.create(runs_dir, "compare")
    stored = replace(comparison, id=folder.id)
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
