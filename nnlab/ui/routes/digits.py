"""What a person draws: a picture to answer, or points to learn from."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from nnlab.ui.answers import answer, body_of, lab_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def predict(request: Request) -> Response:
    """Answer what each seed of a run says of a picture."""
    from nnlab.ui.digits import answer_of

    lab, body = lab_of(request), await body_of(request)
    run = lab.run(request.path_params["id"])
    return answer(await run_in_threadpool(answer_of, lab, run, body))


async def drawn(request: Request) -> Response:
    """Write points to a new file, and answer the section of an experiment that reads it."""
    from nnlab.ui.drawn_data import dataset_of, drawing_of, write_drawing

    drawing = drawing_of(await body_of(request))
    path = await run_in_threadpool(write_drawing, drawing, Path.cwd())
    return answer({"path": path.as_posix(), "dataset": dataset_of(path, drawing)})
