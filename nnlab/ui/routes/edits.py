"""What a person changes about results: tags, notes, and which of them are in the trash."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from nnlab.api import labelling
from nnlab.api.browsing import find_exact, glance
from nnlab.ui.answers import answer, body_of, lab_of, text_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.api.browsing import Result


async def tag(request: Request) -> Response:
    """Add ``tag`` to a result, or take it away with ``remove``; answer all of its tags."""
    body = await body_of(request)
    change = labelling.untag if body.get("remove") is True else labelling.tag
    result = _result(request)
    await run_in_threadpool(change, result, text_in(body, "tag"))
    return answer({"tags": result.tags})


async def note(request: Request) -> Response:
    """Replace the note of a result."""
    result = _result(request)
    await run_in_threadpool(result.write_note, text_in(await body_of(request), "note"))
    return answer({"note": result.note})


async def delete(request: Request) -> Response:
    """Move a result to the trash."""
    result = _result(request)
    await run_in_threadpool(labelling.remove, result)
    return answer({"id": result.id})


async def restore(request: Request) -> Response:
    """Move a result back from the trash."""
    result_id = request.path_params["id"]
    await run_in_threadpool(labelling.restore, result_id, lab_of(request).folders.runs)
    return answer({"id": result_id})


def trash(request: Request) -> Response:
    """Answer what is in the trash, the newest first."""
    rows = [glance(result.path) for result in labelling.removed(lab_of(request).folders.runs)]
    rows.sort(key=lambda row: row["created"] or "", reverse=True)
    names = ("id", "kind", "name", "created", "tags", "note")
    return answer({"rows": [{name: row.get(name) for name in names} for row in rows]})


def _result(request: Request) -> Result:
    return find_exact(request.path_params["id"], lab_of(request).folders.runs)
