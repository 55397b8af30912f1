"""One record about each result in a folder, from as little reading as a list needs."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, TypeVar

from nnlab.errors import RunError
from nnlab.storage import schemas
from nnlab.storage.registry import result_paths
from nnlab.storage.result_dir import MAX_JSON_BYTES, ResultDir
from nnlab.storage.run_dir import SUMMARY_FILE
from nnlab.storage.untrusted import read_plain

if TYPE_CHECKING:
    from pathlib import Path

Headline = TypeVar("Headline", schemas.MetaHeadline, schemas.SummaryHeadline)


def overviews(folder: Path) -> list[dict[str, Any]]:
    """Return a record of every run and comparison in a folder, oldest first."""
    records = [overview(path) for path in result_paths(folder)]
    return sorted(records, key=lambda record: (record["started_at"] or "", record["id"]))


def overview(path: Path) -> dict[str, Any]:
    """Return the id, name, status, seeds, times, tags and test metrics of a result."""
    result = ResultDir(path)
    meta = schemas.MetaHeadline()
    summary: schemas.SummaryHeadline | None = None
    try:
        meta = _read(result.meta_path, schemas.MetaHeadline)
        status = result.status_of(meta.status)
        if status == "finished":
            with contextlib.suppress(FileNotFoundError):  # a comparison has none
                summary = _read(path / SUMMARY_FILE, schemas.SummaryHeadline)
    except (OSError, ValueError, RunError):
        status = "damaged"
    return {
        "id": result.id,
        "name": meta.name,
        "status": status,
        "seeds": meta.seeds,
        "started_at": meta.started_at,
        "tags": result.tags,
        "test": summary.test if summary else None,
        "train_seconds": summary.train_seconds if summary else None,
    }


def _read(path: Path, schema: type[Headline]) -> Headline:
    return schema.model_validate_json(read_plain(path, MAX_JSON_BYTES))
