"""The application: one table of every route."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, cast

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route

from nnlab.errors import NnlabError
from nnlab.formatting import said
from nnlab.ui.answers import refuse, refuse_error
from nnlab.ui.gate import Gate
from nnlab.ui.routes import (
    compare,
    digits,
    edits,
    events,
    experiment,
    lessons,
    pages,
    play,
    regions,
    results,
    runs,
    series,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.ui.lab import Lab

PAGES = (
    "/",
    "/runs",
    "/runs/{id}",
    "/trash",
    "/several",
    "/comparisons/{id}",
    "/sweeps/{id}",
    "/play",
    "/compare",
    "/lessons",
    "/lessons/{name}",
    "/help",
)
TABLE = [
    *(Route(path, pages.shell) for path in PAGES),
    Route("/static/{path:path}", pages.static),
    Route("/api/state", runs.state),
    Route("/api/runs", runs.runs),
    Route("/api/runs/{id}", runs.run),
    Route("/api/runs/{id}/series", series.series),
    Route("/api/series", series.overlaid),
    Route("/api/runs/{id}/study", series.study),
    Route("/api/runs/{id}/pictures/{name}.svg", series.picture),
    Route("/api/runs/{id}/tag", edits.tag, methods=["POST"]),
    Route("/api/runs/{id}/note", edits.note, methods=["POST"]),
    Route("/api/runs/{id}/delete", edits.delete, methods=["POST"]),
    Route("/api/runs/{id}/restore", edits.restore, methods=["POST"]),
    Route("/api/trash", edits.trash),
    Route("/api/differences", results.differences),
    Route("/api/comparisons/{id}", results.comparison),
    Route("/api/sweeps/{id}", results.sweep),
    Route("/api/events", events.events),
    Route("/api/runs/{id}/frames", regions.frames),
    Route("/api/runs/{id}/regions", regions.regions),
    Route("/api/runs/{id}/contours", regions.contours),
    Route("/api/runs/{id}/bands", regions.bands),
    Route("/api/runs/{id}/units", regions.units),
    Route("/api/runs/{id}/weights", regions.weights),
    Route("/api/runs/{id}/mistakes", regions.mistakes),
    Route("/api/runs/{id}/examples", regions.examples),
    Route("/api/runs/{id}/predict", digits.predict, methods=["POST"]),
    Route("/api/drawn", digits.drawn, methods=["POST"]),
    Route("/api/schema", experiment.schema),
    Route("/api/experiment", experiment.experiment, methods=["POST"]),
    Route("/api/experiment/data", experiment.data, methods=["POST"]),
    Route("/api/advice", experiment.advice, methods=["POST"]),
    Route("/api/play", play.play),
    Route("/api/play/start", play.start, methods=["POST"]),
    Route("/api/play/pause", play.pause, methods=["POST"]),
    Route("/api/play/resume", play.resume, methods=["POST"]),
    Route("/api/play/step", play.step, methods=["POST"]),
    Route("/api/compare", compare.compare),
    Route("/api/compare/references", compare.references),
    Route("/api/compare/contender", compare.contender),
    Route("/api/compare/start", compare.start, methods=["POST"]),
    Route("/api/compare/stop", compare.stop, methods=["POST"]),
    Route("/api/compare/resume", compare.resume, methods=["POST"]),
    *lessons.ROUTES,
]
# A stream of events stays as it is. No body holds the token, and the gate lets no other site choose
# what an answer holds, so that its length tells nothing. Higher levels cost more than they save.
COMPRESSION = Middleware(GZipMiddleware, minimum_size=1_000, compresslevel=1)


def application(lab: Lab) -> Gate:
    """Return the application behind its gate."""
    handlers = {NnlabError: _refused, HTTPException: _no_route, OSError: _failed}
    app = Starlette(
        routes=TABLE, middleware=[COMPRESSION], exception_handlers=handlers, lifespan=_lifespan
    )
    app.router.redirect_slashes = False
    app.state.lab = lab
    return Gate(app, lab.port, lab.token)


@contextlib.asynccontextmanager
async def _lifespan(app: Starlette) -> AsyncIterator[None]:
    yield
    app.state.lab.close()


def _refused(request: Request, error: Exception) -> Response:
    return refuse_error(cast("NnlabError", error))


def _no_route(request: Request, error: Exception) -> Response:
    """Answer what has no route: to a browser that looks for a page, the page that says so."""
    status = cast("HTTPException", error).status_code
    if status == 404 and not request.url.path.startswith(("/api/", "/static/")):
        return pages.shell(request, status)
    text = "there is no such address" if status == 404 else "this address is not asked like this"
    return refuse(text, status)


def _failed(request: Request, error: Exception) -> Response:
    return refuse(said(cast("OSError", error)), 409)
