"""What the networks of a run answer over a plane or a line, at one of its epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

from nnlab.api.browsing import UnknownResultError
from nnlab.ui.answers import answer, lab_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from starlette.requests import Request

    from nnlab.ui.drawn_run import DrawnRun
    from nnlab.ui.lab import Lab
    from nnlab.ui.regions import Picture

SIZE = 64
MAX_SIZE = 256
CONTOUR_SIZE = 96
LAST_EPOCH = 10**9


class Shown(NamedTuple):
    """A run and its weights at one of the epochs that it keeps."""

    drawn: DrawnRun
    weights: Mapping[str, np.ndarray]
    epoch: int


def _shown(request: Request) -> Shown:
    """Return a run and its newest weights up to an epoch, by default the last.

    A run that trains forgets every second frame now and then: one that a page has just read of may
    be gone, and the one before it is shown.

    Raises:
        UnknownResultError: If no weights are kept.
    """
    drawn, frames = lab_of(request).drawn(request.path_params["id"])
    if not frames:
        msg = f"run {drawn.run.id} keeps no weights yet"
        raise UnknownResultError(msg)
    asked = whole_number(request, "epoch", max(frames), 0, LAST_EPOCH)
    epoch = max((epoch for epoch in frames if epoch <= asked), default=min(frames))
    return Shown(drawn, frames[epoch], epoch)


def frames(request: Request) -> Response:
    """Answer which epochs can be shown, and as what, and the newest that has weights."""
    return answer(frames_of(lab_of(request), request.path_params["id"]))


def frames_of(lab: Lab, run_id: str) -> dict[str, Any]:
    """Return which epochs of a run can be shown, and as what, and the newest that has weights.

    Raises:
        NnlabError: See ``Lab.drawn``.
    """
    drawn, kept = lab.drawn(run_id)
    epochs = sorted(kept) if drawn.kind != "none" else []
    seeds = drawn.seeds(kept[epochs[-1]]) if epochs else []
    has_units = drawn.kind == "regions" and not drawn.takes_torch
    shown = {"epochs": epochs, "kind": drawn.kind, "seeds": seeds, "has_units": has_units}
    newest = max(kept, default=None)
    return {**shown, "is_of_pictures": drawn.is_of_pictures, "newest": newest}


def regions(request: Request) -> Response:
    """Answer the class of each point of the plane for each seed."""
    from nnlab.ui.regions import regions as regions_of

    size = whole_number(request, "size", SIZE, 2, MAX_SIZE)
    shown = _shown(request)
    return _picture(regions_of(shown.drawn, shown.weights, size), shown.epoch)


def contours(request: Request) -> Response:
    """Answer the boundary of each seed."""
    from nnlab.ui.regions import contours as contours_of

    shown = _shown(request)
    lines = contours_of(shown.drawn, shown.weights, CONTOUR_SIZE)
    return answer({"epoch": shown.epoch, "seeds": lines})


def bands(request: Request) -> Response:
    """Answer what each seed predicts over the line."""
    from nnlab.ui.regions import bands as bands_of

    shown = _shown(request)
    return answer({"epoch": shown.epoch, **bands_of(shown.drawn, shown.weights)})


def units(request: Request) -> Response:
    """Answer the activation of each hidden unit of one seed over the plane."""
    from nnlab.ui.regions import units as units_of

    shown = _shown(request)
    return _picture(units_of(shown.drawn, shown.weights, _replica(request, shown)), shown.epoch)


def weights(request: Request) -> Response:
    """Answer the weights of the first layer of one seed as images."""
    from nnlab.ui.regions import first_weights

    shown = _shown(request)
    picture = first_weights(shown.drawn, shown.weights, _replica(request, shown))
    return _picture(picture, shown.epoch)


def mistakes(request: Request) -> Response:
    """Answer what the seeds of a finished run get wrong."""
    lab = lab_of(request)
    run = lab.run(request.path_params["id"])
    return answer(lab.helper.ask({"do": "mistakes", "run": run.id}))


def examples(request: Request) -> Response:
    """Answer some of the data."""
    from nnlab.ui.regions import examples_of

    drawn, _ = lab_of(request).drawn(request.path_params["id"])
    if drawn.kind == "none":
        msg = f"run {drawn.run.id} has neither two features with classes nor one with numbers"
        raise UnknownResultError(msg)
    return answer(examples_of(drawn))


def _replica(request: Request, shown: Shown) -> int:
    """Return the number of the replica with the seed that is asked for."""
    seeds = shown.drawn.seeds(shown.weights)
    return whole_number(request, "seed", seeds[0], seeds[0], seeds[-1]) - seeds[0]


def _picture(picture: Picture, epoch: int) -> Response:
    headers = {**picture.headers, "X-Epoch": str(epoch)}
    content = picture.pixels.tobytes()
    return Response(content, media_type="application/octet-stream", headers=headers)
