"""A short record of each result in a folder, for lists; reads as little as possible."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TypedDict

from nnlab.errors import RunError
from nnlab.storage.claims import contradiction
from nnlab.storage.headlines import MetaHeadline, SummaryHeadline, SweepHeadline
from nnlab.storage.registry import result_paths
from nnlab.storage.result_dir import MAX_JSON_BYTES, ResultDir
from nnlab.storage.run_dir import PREDICTIONS_FILE, SUMMARY_FILE
from nnlab.storage.schemas import Values, parse
from nnlab.storage.sweep_dir import PLAN_FILE, RESULT_FILE
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from pathlib import Path


class Overview(TypedDict):
    """What a list shows of a result; of a sweep, its winner on fresh seeds, and its trials."""

    id: str
    name: str | None
    status: str
    seeds: list[int]
    started_at: str | None
    tags: list[str]
    val: Values | None
    test: Values | None
    train_seconds: float | None
    contradiction: str | None
    num_trials: int | None


def overviews(folder: Path) -> list[Overview]:
    """Return a record of every run, comparison and sweep in a folder, oldest first."""
    records = [overview(path) for path in result_paths(folder)]
    return sorted(records, key=lambda record: (record["started_at"] or "", record["id"]))


def overview(path: Path) -> Overview:
    """Return the id, name, status, seeds, times, tags and metrics of a result.

    Its contradiction is how the summary differs from the stored predictions, or None.
    """
    result = ResultDir(path)
    meta = MetaHeadline()
    summary: SummaryHeadline | None = None
    sweep: SweepHeadline | None = None
    try:
        meta = parse(MetaHeadline, read_plain(result.meta_path, MAX_JSON_BYTES))
        status = result.status_of(meta.get("status", "unknown"))
        if status == "finished" and (path / PLAN_FILE).is_file():
            sweep = parse(SweepHeadline, read_plain(path / RESULT_FILE, MAX_JSON_BYTES))
        elif status == "finished":
            with contextlib.suppress(FileNotFoundError):  # a comparison has none
                summary = parse(SummaryHeadline, read_plain(path / SUMMARY_FILE, MAX_JSON_BYTES))
    except (OSError, ValueError, RunError):
        status = "damaged"
    val, test = (summary.get("val"), summary.get("test")) if summary else _of_winner(sweep)
    return {
        "id": result.id,
        "name": meta.get("name"),
        "status": status,
        "seeds": meta.get("seeds", []),
        "started_at": meta.get("started_at"),
        "tags": result.tags,
        "val": val,
        "test": test,
        "train_seconds": summary["train_seconds"] if summary else None,
        "contradiction": contradiction(path / PREDICTIONS_FILE, summary) if summary else None,
        "num_trials": sweep["num_trials"] if sweep else None,
    }


def _of_winner(sweep: SweepHeadline | None) -> tuple[Values | None, Values | None]:
    """Return the validation and the test metric of a sweep's winner on fresh seeds."""
    if sweep is None:
        return None, None
    test, name = sweep["test"], sweep["metric"].partition(".")[2]
    return {name: sweep["fresh"]["val"]}, {test["metric"]: test["contenders"][0]["mean"]}
