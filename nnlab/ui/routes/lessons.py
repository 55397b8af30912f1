"""Lessons: their texts, their pictures and derivations, and which of their steps are done."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from starlette.routing import Route

from nnlab.api.browsing import UnknownResultError
from nnlab.errors import ConfigError
from nnlab.ui.answers import answer, lab_of, whole_number

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

# The 2-2-2 network of the lessons.
NETWORK = ("d4_xor_mlp", ["model.hidden_sizes=[2]"])
MAX_SEED = 10**6


def lessons(request: Request) -> Response:
    """Answer the list of lessons."""
    from nnlab.ui.lessons.reading import lesson, names

    found = [lesson(name) for name in names()]
    return answer(
        {
            "lessons": [
                {"name": one.name, "title": one.title, "lead": one.lead, "rows": one.rows}
                for one in found
            ]
        }
    )


def lesson(request: Request) -> Response:
    """Answer the text of a lesson as a tree."""
    from nnlab.ui.lessons.reading import lesson

    return answer(lesson(request.path_params["name"])._asdict())


def progress(request: Request) -> Response:
    """Answer which steps of a lesson are done."""
    from nnlab.ui.lessons.progress import step_state
    from nnlab.ui.lessons.reading import lesson

    rows = lesson(request.path_params["name"]).rows
    return answer({"steps": [step_state(lab_of(request), row) for row in rows]})


def picture(request: Request) -> Response:
    """Answer the numbers of a picture."""
    from nnlab.ui.lessons.pictures import PICTURES

    name = request.path_params["picture"]
    if name not in PICTURES:
        msg = f"lessons have no picture {name[:50]}"
        raise UnknownResultError(msg)
    return answer(PICTURES[name](request.query_params))


async def derivation(request: Request) -> Response:
    """Answer one training step of the 2-2-2 network, or of a run, with all its numbers."""
    lab = lab_of(request)
    order = {
        **_experiment(request),
        "kind": "derivation",
        "examples": [whole_number(request, "example", 0, 0, MAX_SEED)],
        "data": str(lab.folders.data.absolute()),
    }
    return answer(await lab.derivations.answer(order))


def _experiment(request: Request) -> dict[str, Any]:
    seed = whole_number(request, "seed", 0, 0, MAX_SEED)
    run_id = request.query_params.get("run")
    config, overrides = NETWORK if run_id is None else (_stored(request, run_id), [])
    return {"config": config, "overrides": [*overrides, f"train.seed={seed}", "train.seeds=1"]}


def _stored(request: Request, run_id: str) -> str:
    """Return the path of a run's experiment; what a run has stored as code is never executed here.

    Raises:
        ConfigError: If the run has code of its own.
    """
    from nnlab.config.own import own_sections

    run = lab_of(request).run(run_id)
    if any(own_sections(run.config)):
        msg = f"run {run.id} has code of its own, which the page does not execute; use nnlab trace"
        raise ConfigError(msg)
    return str(run.resolved_path.absolute())


async def graph(request: Request) -> Response:
    """Answer the autograd graph of an expression at one point."""
    text = request.query_params.get("theta", "1")
    try:
        theta = float(text)
    except ValueError:
        theta = math.nan
    if not -10 <= theta <= 10:
        msg = f"theta={text[:50]}: a number from -10 to 10 is expected"
        raise ConfigError(msg)
    return answer(await lab_of(request).derivations.answer({"kind": "graph", "theta": theta}))


ROUTES = [
    Route("/api/lessons", lessons),
    Route("/api/lessons/{name}", lesson),
    Route("/api/lessons/{name}/progress", progress),
    Route("/api/lesson-pictures/{picture}", picture),
    Route("/api/lesson-derivation", derivation),
    Route("/api/lesson-graph", graph),
]
