"""One record about each result in a folder, from as little reading as a list needs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nnlab.errors import RunError
from nnlab.storage.registry import list_results
from nnlab.storage.run_dir import RunDir

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.registry import Result


def overviews(folder: Path) -> list[dict[str, Any]]:
    """Return a record of every run and comparison in a folder, oldest first."""
    return [overview(result) for result in list_results(folder)]


def overview(result: Result) -> dict[str, Any]:
    """Return the id, name, status, seeds, times, tags and test metrics of a result."""
    meta: dict[str, Any] = {}
    summary: dict[str, Any] = {}
    try:
        meta = result.meta
        status = result.status_of(meta)
        if status == "finished" and isinstance(result, RunDir) and result.summary_path.is_file():
            summary = result.read_json(result.summary_path, "Headline")
    except RunError:
        status = "damaged"
    return {
        "id": result.id,
        "name": meta.get("name"),
        "status": status,
        "seeds": meta.get("seeds", []),
        "started_at": meta.get("started_at"),
        "tags": result.tags,
        "test": summary.get("test"),
        "train_seconds": summary.get("train_seconds"),
    }
