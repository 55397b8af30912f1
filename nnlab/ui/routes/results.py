"""Runs side by side, comparisons and sweeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

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

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.api.browsing import Result

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
    folder = _find(request)
    if not isinstance(folder, ComparisonDir):
        msg = f"{folder.id} is not a comparison"
        raise UnknownResultError(msg)
    found = read_comparison(folder)
    pairs = found["pairs"]
    text = "\n".join(str(pair.get("verdict", "")) for pair in pairs)
    is_decided = any(pair.get("is_decided") is True for pair in pairs)
    state = "decided" if is_decided else "none" if "no verdict" in text else "undecided"
    return answer(
        {
            **found,
            "id": folder.id,
            "tags": folder.tags,
            "note": folder.note,
            "verdict": {"text": text, "state": state},
            "lotteries": [_lottery(found, pair) for pair in pairs],
        }
    )


def _lottery(found: dict[str, Any], pair: dict[str, Any]) -> dict[str, Any] | None:
    """Return how often one seed of each contender would have put the other one ahead.

    Returns:
        ``ahead``, ``pairs`` of seeds, in how many of them the ``other`` was better, and ``ties``;
        None if the values are not there, or both contenders are equal.
    """
    values = {row.get("name"): row.get("per_seed") for row in found["contenders"]}
    first, second = (
        _numbers(values.get(pair.get("first"))),
        _numbers(values.get(pair.get("second"))),
    )
    sign = -1 if found.get("lower_is_better") is True else 1
    gains = [sign * (one - other) for one in first for other in second]
    if not (total := sum(gains)):
        return None
    return {
        "ahead": pair["first" if total > 0 else "second"],
        "pairs": len(gains),
        "other": sum(gain * total < 0 for gain in gains),
        "ties": sum(gain == 0 for gain in gains),
    }


def _numbers(values: object) -> list[float]:
    found = values if isinstance(values, list) else []
    return [value for value in found if isinstance(value, int | float)]


def sweep(request: Request) -> Response:
    """Answer what a sweep has planned, decided and found, and every trial with its last score."""
    folder = _find(request)
    if not isinstance(folder, SweepDir):
        msg = f"{folder.id} is not a sweep"
        raise UnknownResultError(msg)
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


def _find(request: Request) -> Result:
    return find_exact(request.path_params["id"], lab_of(request).folders.runs)
