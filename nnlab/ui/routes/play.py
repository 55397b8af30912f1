"""Training from the page: one run at a time, in a process of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from nnlab.errors import ConfigError, NnlabError
from nnlab.ui.answers import answer, begun, body_of, lab_of, refuse
from nnlab.ui.routes.regions import frames_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.ui.lab import Lab

# Of a small network, the first epoch takes less.
FIRST_FRAME_SECONDS = 0.1


def play(request: Request) -> Response:
    """Answer what is being trained, or was last."""
    lab = lab_of(request)
    lab.worker.warm()
    lab.helper.warm()
    return answer(_state(lab))


def _state(lab: Lab) -> dict[str, Any]:
    progress = lab.worker.progress
    status = "running" if progress.is_running else None
    if status is None and progress.run is not None:
        status = "failed" if progress.error else lab.run(progress.run).status
    return {
        "run": progress.run,
        "status": status,
        "epoch": progress.epoch,
        "epochs": progress.epochs,
        "seconds": progress.seconds,
        "error": progress.error,
    }


async def start(request: Request) -> Response:
    """Begin to train an experiment."""
    body = await body_of(request)
    text = body.get("yaml")
    if not isinstance(text, str):
        msg = 'the body must be {"yaml": TEXT}'
        raise ConfigError(msg)
    return await run_in_threadpool(_start, lab_of(request), text)


def _start(lab: Lab, text: str) -> Response:
    from nnlab.ui.experiment import errors_of, read
    from nnlab.ui.price import price_of

    try:
        config = read(text).config
    except ConfigError as error:
        return answer({"error": {"text": str(error)}, "errors": errors_of(error)}, 422)
    spec, seconds = lab.shapes.of(config.dataset), lab.adviser.seconds(config)
    refused = price_of(config, spec, lab.folders, seconds).refused
    if refused is not None:
        return refuse(refused, 409)

    def begin() -> dict[str, Any]:
        run = lab.worker.train(text)
        lab.adviser.note(config, lab.worker.progress)
        frames = _first_frames(lab, run)
        return {**_state(lab), "frames": frames}

    return begun(begin)


def _first_frames(lab: Lab, run: str) -> dict[str, Any] | None:
    """Return what can be shown of a training that has begun, once there is something or soon.

    None if it cannot be drawn; the training goes on.
    """
    try:
        drawn, _ = lab.drawn(run)
        if drawn.kind != "none" and not drawn.takes_torch:
            lab.worker.wait_for_frame(FIRST_FRAME_SECONDS)
        return frames_of(lab, run)
    except (NnlabError, OSError):
        return None


async def pause(request: Request) -> Response:
    """Stop what is being trained, so that it can go on to the same bytes."""
    lab = lab_of(request)

    def stop() -> dict[str, Any]:
        lab.worker.pause()
        return {"run": lab.worker.progress.run or ""}

    return await run_in_threadpool(begun, stop)


async def resume(request: Request) -> Response:
    """Go on with a run."""
    return await _go_on(request, step=False)


async def step(request: Request) -> Response:
    """Go on with a run for one evaluated epoch."""
    return await _go_on(request, step=True)


async def _go_on(request: Request, *, step: bool) -> Response:
    lab, body = lab_of(request), await body_of(request)
    run_id = body.get("run")
    if not isinstance(run_id, str):
        msg = 'the body must be {"run": ID}'
        raise ConfigError(msg)
    run = lab.run(run_id)
    if run.config.code:
        return refuse(f"run {run.id} has code of its own; go on with: nnlab resume {run.id}", 409)
    return await run_in_threadpool(begun, lambda: {"run": lab.worker.resume(run.id, step=step)})
