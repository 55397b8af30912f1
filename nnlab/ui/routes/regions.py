"""What the networks of a run answer over a plane or a line, at one of its epochs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import Response

from nnlab.api.browsing import UnknownResultError
from nnlab.ui.answers import answer, lab_of, whole_number

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from starlette.requests import Request

    from nnlab.ui.drawn_run import DrawnRun
    from nnlab.ui.regions import Picture

SIZE = 64
MAX_SIZE = 256
CONTOUR_SIZE = 96
LAST_EPOCH = 10**9


def _drawn(request: Request) -> tuple[DrawnRun, Mapping[str, np.ndarray]]:
    """Return a run and its weights at an epoch; by default, at the last that is kept.

    Raises:
        UnknownResultError: If the epoch is not kept.
    """
    drawn, frames = lab_of(request).drawn(request.path_params["id"])
    epoch = whole_number(request, "epoch", max(frames, default=0), 0, LAST_EPOCH)
    if epoch not in frames:
        known = ", ".join(map(str, sorted(frames))) or "none yet"
        msg = f"run {drawn.run.id} keeps no weights of epoch {epoch}; it keeps: {known}"
        raise UnknownResultError(msg)
    return drawn, frames[epoch]


def frames(request: Request) -> Response:
    """Answer which epochs can be shown, and as what."""
    drawn, kept = lab_of(request).drawn(request.path_params["id"])
    epochs = sorted(kept) if drawn.kind != "none" else []
    num_seeds = len(next(iter(kept[epochs[-1]].values()))) if epochs else 0
    seeds = [*drawn.run.config.train.replica_seeds][:num_seeds]
    return answer({"epochs": epochs, "kind": drawn.kind, "seeds": seeds})


def regions(request: Request) -> Response:
    """Answer the class of each point of the plane for each seed."""
    from nnlab.ui.regions import regions as regions_of

    size = whole_number(request, "size", SIZE, 2, MAX_SIZE)
    return _picture(regions_of(*_drawn(request), size))


def contours(request: Request) -> Response:
    """Answer the boundary of each seed."""
    from nnlab.ui.regions import contours as contours_of

    return answer({"seeds": contours_of(*_drawn(request), CONTOUR_SIZE)})


def bands(request: Request) -> Response:
    """Answer what each seed predicts over the line."""
    from nnlab.ui.regions import bands as bands_of

    return answer(bands_of(*_drawn(request)))


def units(request: Request) -> Response:
    """Answer the activation of each hidden unit of one seed over the plane."""
    from nnlab.ui.regions import units as units_of

    drawn, weights = _drawn(request)
    return _picture(units_of(drawn, weights, _replica(request, drawn, weights)))


def weights(request: Request) -> Response:
    """Answer the weights of the first layer of one seed as images."""
    from nnlab.ui.regions import first_weights

    drawn, found = _drawn(request)
    return _picture(first_weights(drawn, found, _replica(request, drawn, found)))


def examples(request: Request) -> Response:
    """Answer some of the data."""
    from nnlab.ui.regions import examples_of

    drawn, _ = lab_of(request).drawn(request.path_params["id"])
    if drawn.kind == "none":
        msg = f"run {drawn.run.id} has neither two features with classes nor one with numbers"
        raise UnknownResultError(msg)
    return answer(examples_of(drawn))


def _replica(request: Request, drawn: DrawnRun, weights: Mapping[str, np.ndarray]) -> int:
    """Return the number of the replica with the seed that is asked for."""
    first = drawn.run.config.train.seed
    num_replicas = len(next(iter(weights.values())))
    return whole_number(request, "seed", first, first, first + num_replicas - 1) - first


def _picture(picture: Picture) -> Response:
    content = picture.pixels.tobytes()
    return Response(content, media_type="application/octet-stream", headers=picture.headers)
