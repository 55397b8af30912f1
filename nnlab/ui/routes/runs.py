"""Lists of results, and one run."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

from nnlab.api.browsing import kind_of, read_text
from nnlab.ui.answers import answer, choice, lab_of, whole_number
from nnlab.ui.search import Query

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.api.browsing import Glance, RunDir
    from nnlab.ui.lab import Lab

KINDS = ("", "run", "comparison", "sweep")
SORTS = ("created", "name", "status", "mean", "seconds", "model", "dataset", "seeds")
MAX_ROWS = 500
HIDDEN = ("settings",)


def state(request: Request) -> Response:
    """Answer what this server is."""
    from nnlab import __version__

    lab = lab_of(request)
    return answer(
        {
            "version": __version__,
            "folder": str(lab.folders.runs),
            "can_train": lab.can_train,
            "running": lab.running,
        }
    )


def runs(request: Request) -> Response:
    """Answer the rows of the list that are asked for."""
    lab = lab_of(request)
    offset = whole_number(request, "offset", 0, 0, 10**9 - 1)
    limit = whole_number(request, "limit", 100, 1, MAX_ROWS)
    query = Query.of(request.query_params)
    kind, sort = choice(request, "kind", "", KINDS), choice(request, "sort", "created", SORTS)
    is_rising = choice(request, "order", "desc", ("asc", "desc")) == "asc"
    found = lab.index.glances()
    matching = [row for row in found if query.matches(row) and kind in {"", row["kind"]}]
    matching = _sorted(matching, sort, is_rising=is_rising)
    shown = matching[offset : offset + limit]
    ends = _intervals(shown)
    rows = [_row(row, low, high, lab) for row, (low, high) in zip(shown, ends, strict=True)]
    return answer(
        {
            "total": len(found),
            "matched": len(matching),
            "revision": lab.index.revision,
            "rows": rows,
        }
    )


def _sorted(rows: list[Glance], sort: str, *, is_rising: bool) -> list[Glance]:
    """Return rows by a column; those without a value come last."""

    def value(row: Glance) -> Any:
        found = row.get(sort)
        return len(row["seeds"]) if sort == "seeds" else found

    known = [row for row in rows if value(row) is not None]
    known.sort(key=value, reverse=not is_rising)
    return known + [row for row in rows if value(row) is None]


def _intervals(rows: Sequence[Glance]) -> list[tuple[float | None, float | None]]:
    """Return the interval of the mean over seeds of each row; None where it has none."""
    import numpy as np

    from nnlab.ui.buckets import numbers, spread_of

    values = np.full((len(rows), max((len(row["values"]) for row in rows), default=0)), np.nan)
    for number, row in enumerate(rows):
        values[number, : len(row["values"])] = row["values"]  # None becomes NaN
    spread = spread_of(values)
    return list(zip(numbers(spread.low), numbers(spread.high), strict=True))


def _row(row: Glance, low: float | None, high: float | None, lab: Lab) -> dict[str, Any]:
    shown = {key: value for key, value in row.items() if key not in HIDDEN}
    return {**shown, "low": low, "high": high, "spark": lab.spark(row)}


def run(request: Request) -> Response:
    """Answer all that is known of a run without its data."""
    lab = lab_of(request)
    found = lab.run(request.path_params["id"])
    log = lab.log(found)
    meta = found.meta
    yaml = read_text(found.resolved_path)
    return answer(
        {
            "id": found.id,
            "kind": kind_of(found),
            "status": found.status,
            "name": meta.get("name"),
            "meta": meta,
            "tags": found.tags,
            "note": found.note,
            "config": lab.config(found),
            "yaml": yaml,
            "splits": meta.get("num_examples", {}),
            "metrics": [*log.columns],
            "seeds": log.seeds or meta.get("seeds", []),
            "summary": _summary(found),
            "command": _command(found),
            "cursor": log.cursor,
            **lab.studies.known(found),
        }
    )


def _summary(found: RunDir) -> dict[str, Any] | None:
    return {**found.summary} if found.summary_path.is_file() else None


def _command(found: RunDir) -> str:
    """Return the command that repeats the run."""
    return shlex.join(["nnlab", "train", str(found.resolved_path)])
