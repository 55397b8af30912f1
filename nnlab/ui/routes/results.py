"""Runs side by side, comparisons and sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from nnlab.api.browsing import (
    ComparisonDir,
    SweepDir,
    UnknownResultError,
    find_exact,
    read_comparison,
    read_sweep,
)
from nnlab.formatting import flatten
from nnlab.ui.answers import answer, ids_of, lab_of
from nnlab.ui.verdicts import lotteries_of, verdict_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response


Found = TypeVar("Found", ComparisonDir, SweepDir)
MAX_RUNS = 50


def differences(request: Request) -> Response:
    """Answer the settings in which runs differ, with all defaults; None where a run has none."""
    lab = lab_of(request)
    ids = ids_of(request, "runs", MAX_RUNS)
    settings = [lab.config(lab.run(run_id)) for run_id in ids]
    keys = dict.fromkeys(key for setting in settings for key in setting)
    rows = [{"key": key, "values": [one.get(key) for one in settings]} for key in keys]
    differing = [row for row in rows if any(v != row["values"][0] for v in row["values"])]
    return answer({"runs": ids, "keys": differing})


def comparison(request: Request) -> Response:
    """Answer what a comparison has found: as stored, with its state and the lottery of seeds."""
    folder = _find(request, ComparisonDir, "comparison")
    found = read_comparison(folder)
    return answer(
        {
            **found,
            "id": folder.id,
            "tags": folder.tags,
            "note": folder.note,
            "verdict": verdict_of(found),
            "lotteries": lotteries_of(found),
        }
    )


def sweep(request: Request) -> Response:
    """Answer what a sweep has planned, decided and found, and every trial with its last score."""
    folder = _find(request, SweepDir, "sweep")
    found = read_sweep(folder)
    return answer(
        {
            **found,
            "id": folder.id,
            "status": folder.status,
            "tags": folder.tags,
            "note": folder.note,
            "trials": _trials(found["plan"]["trials"], found["rungs"]),
        }
    )


def _trials(
    planned: Sequence[dict[str, Any]], rungs: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return every trial: its number, values, last epoch and score; None before its first rung."""
    last = {entry["trial"]: (rung, entry) for rung in rungs for entry in rung["trials"]}
    rows = []
    for number, overrides in enumerate(planned):
        rung, entry = last.get(number, ({"epochs": None}, {"score": None, "seeds": []}))
        shown = {"epochs": rung["epochs"], "score": entry["score"], "seeds": entry["seeds"]}
        rows.append({"trial": number, "overrides": flatten(overrides), **shown})
    return rows


def _find(request: Request, kind: type[Found], name: str) -> Found:
    """Return the result of the address.

    Raises:
        UnknownResultError: If there is none, or it is of another kind.
    """
    folder = find_exact(request.path_params["id"], lab_of(request).folders.runs)
    if not isinstance(folder, kind):
        msg = f"{folder.id} is not a {name}"
        raise UnknownResultError(msg)
    return folder
