"""Results as a list or a page shows them: read without torch, and without their data."""

from __future__ import annotations

import os
from typing import IO, TYPE_CHECKING, Any, Literal, TypedDict

from nnlab.config.plain_files import NO_LINKS
from nnlab.errors import NnlabError, RunError
from nnlab.metrics import HEADLINES
from nnlab.storage.comparison_dir import ComparisonDir
from nnlab.storage.json_lines import MAX_FILE_BYTES
from nnlab.storage.records import parse_record
from nnlab.storage.registry import Result, UnknownResultError, find_exact, result_paths
from nnlab.storage.run_dir import MAX_CONFIG_BYTES, RunDir
from nnlab.storage.sweep_dir import SweepDir
from nnlab.storage.untrusted import check_plain, load_json, read_plain

if TYPE_CHECKING:
    from pathlib import Path

    from nnlab.storage.overview import Overview

__all__ = [
    "ComparisonDir",
    "Glance",
    "Kind",
    "Result",
    "RunDir",
    "SweepDir",
    "UnknownResultError",
    "find_exact",
    "glance",
    "kind_of",
    "load_json",
    "open_plain",
    "parse_record",
    "read_comparison",
    "read_plain",
    "read_text",
    "result_paths",
]

# Of the metrics, where the last record lies.
LAST_BYTES = 16_384

Kind = Literal["run", "comparison", "sweep"]


class Glance(TypedDict):
    """What a list shows of a result.

    Attributes:
        id: Its id.
        kind: What it is.
        name: The name of its experiment, or of what is compared.
        status: As of ``RunDir.status``.
        created: When it began, as ISO 8601; None if it is damaged.
        seconds: How long it has trained [s].
        seeds: Its seeds.
        tags: Its tags.
        note: Its note.
        metric: What it is judged by, such as ``val.accuracy``; None before it is finished.
        mean: The mean of the metric over seeds.
        values: The metric of each seed; empty for comparisons and sweeps.
        model: Name of the model.
        dataset: Name of the data set.
        epochs: How many were asked for.
        epochs_done: How many are done, if that is known.
        verdict: What a comparison has found.
        contradiction: How the summary differs from the stored predictions, or None.
        settings: The experiment as written, by dotted keys.
    """

    id: str
    kind: Kind
    name: str | None
    status: str
    created: str | None
    seconds: float | None
    seeds: list[int]
    tags: list[str]
    note: str
    metric: str | None
    mean: float | None
    values: list[float | None]
    model: str | None
    dataset: str | None
    epochs: int | None
    epochs_done: int | None
    verdict: str | None
    contradiction: str | None
    settings: dict[str, str]


def glance(path: Path) -> Glance:
    """Return what a list shows of a result; nothing raises, damaged ones have the status damaged."""
    from nnlab.storage.overview import overview

    record = overview(path)
    result = open_folder(path)
    settings = _settings(result)
    metric = _metric(record)
    num_epochs = settings.get("train.epochs", "")
    return {
        "id": record["id"],
        "kind": kind_of(result),
        "name": record["name"],
        "status": record["status"],
        "created": record["started_at"],
        "seconds": record["train_seconds"],
        "seeds": record["seeds"],
        "tags": record["tags"],
        "note": result.note,
        "metric": None if metric is None else f"val.{metric}",
        "mean": (record["val"] or {}).get(metric or ""),
        "values": _per_seed(result, metric),
        "model": settings.get("model.name"),
        "dataset": settings.get("dataset.name"),
        "epochs": int(num_epochs[:9]) if num_epochs.isdecimal() else None,
        "epochs_done": _epochs_done(result),
        "verdict": _verdict(result),
        "contradiction": record["contradiction"],
        "settings": settings,
    }


def kind_of(result: Result) -> Kind:
    """Return what a result is."""
    if isinstance(result, SweepDir):
        return "sweep"
    return "comparison" if isinstance(result, ComparisonDir) else "run"


def _metric(record: Overview) -> str | None:
    """Return the validation metric that a list shows; a run chosen by its test metric looks too good."""
    metrics = record["val"] or {}
    if record["num_trials"] is not None:
        return next(iter(metrics), None)
    return next((name for name in HEADLINES if metrics.get(name) is not None), None)


def _per_seed(result: Result, metric: str | None) -> list[float | None]:
    if metric is None or not isinstance(result, RunDir):
        return []
    from nnlab.storage.schemas import scalars_of

    try:
        return [scalars_of(seed, "val").get(metric) for seed in result.summary["per_seed"]]
    except (NnlabError, OSError):
        return []


def _epochs_done(result: Result) -> int | None:
    """Return the epoch of the last whole record of a run; None if there is none."""
    if not isinstance(result, RunDir):
        return None
    try:
        with open_plain(result.metrics_path) as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - LAST_BYTES))
            lines = file.read(LAST_BYTES).split(b"\n")[:-1]
    except (NnlabError, OSError):
        return None
    records = map(parse_record, reversed(lines))
    return next((record["epoch"] for record in records if record is not None), None)


def _settings(result: Result) -> dict[str, str]:
    if isinstance(result, ComparisonDir):
        return {}
    from nnlab.config.written import written_settings

    try:
        return written_settings(read_text(result.resolved_path))
    except (NnlabError, OSError, ValueError):
        return {}


def _verdict(result: Result) -> str | None:
    if not isinstance(result, ComparisonDir):
        return None
    try:
        pairs = read_comparison(result)["pairs"]
        return "; ".join(str(pair["verdict"]) for pair in pairs[:3])
    except (NnlabError, OSError, LookupError, TypeError):
        return None


def read_comparison(folder: ComparisonDir) -> dict[str, Any]:
    """Return the numbers and the verdicts of a comparison, as stored.

    Raises:
        RunError: If they are missing, or no JSON.
    """
    found: dict[str, Any] = folder.read_json(folder.comparison_path, dict[str, Any])
    for name in ("contenders", "pairs"):
        entries = found.get(name)
        if not (isinstance(entries, list) and all(isinstance(entry, dict) for entry in entries)):
            msg = f"{folder.comparison_path} is damaged: {name} is no list of objects"
            raise RunError(msg)
    return found


def read_sweep(folder: SweepDir) -> dict[str, Any]:
    """Return the plan of a sweep, its rungs as far as they are decided, and what it has found.

    Returns:
        ``plan``, ``rungs``, and ``result`` with ``sentences``, which are None before it is finished.

    Raises:
        RunError: If a file is damaged.
    """
    from nnlab.sweep.plan_schema import PlanFile, RungFile
    from nnlab.sweep.result_schema import ResultFile
    from nnlab.sweep.words import sentences

    plan = folder.read_json(folder.plan_path, PlanFile)
    paths = [folder.rung_path(number) for number in range(len(plan["rungs"]))]
    rungs = [folder.read_json(path, RungFile) for path in paths if path.is_file()]
    result = None
    if folder.result_path.is_file():
        result = folder.read_json(folder.result_path, ResultFile)
    found = None if result is None else [*sentences(result)]
    return {"plan": plan, "rungs": rungs, "result": result, "sentences": found}


def read_text(path: Path) -> str:
    """Return the text of an experiment that is stored with a result.

    Raises:
        FileNotFoundError: If it does not exist.
        RunError: If it is not a plain file, or is too large.
        UnicodeDecodeError: If it is not UTF-8.
    """
    return read_plain(path, MAX_CONFIG_BYTES).decode()


def open_folder(path: Path) -> Result:
    """Return the result in a folder that ``result_paths`` gave."""
    return find_exact(path.name, path.parent)


def open_plain(path: Path, max_bytes: int = MAX_FILE_BYTES) -> IO[bytes]:
    """Open a file that a stranger may have written.

    Raises:
        FileNotFoundError: If it does not exist.
        RunError: If it is not a plain file, or is too large.
    """
    check_plain(path, max_bytes)
    return os.fdopen(os.open(path, os.O_RDONLY | NO_LINKS), "rb", buffering=0)
