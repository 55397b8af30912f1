"""Two experiments that are compared while their seeds arrive."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from nnlab.errors import ConfigError
from nnlab.ui.answers import answer, begun, body_of, lab_of, refuse
from nnlab.ui.price import MAX_SEEDS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.ui.lab import Lab
    from nnlab.ui.live_comparison import LiveComparison

MAX_REFERENCES = 200
BODY = (
    'the body must be {"yaml": [TEXT, TEXT], "seeds": NUMBER, "until": WIDTH}, with seeds from 2 '
    f"to {MAX_SEEDS}, and a width above 0 or null"
)


def references(request: Request) -> Response:
    """Answer what can be named as a contender: bundled experiments, and the newest runs."""
    from nnlab.config.bundled import bundled_configs

    glances = lab_of(request).index.glances()
    runs = [row for row in glances if row["kind"] == "run" and row["name"] is not None]
    runs.sort(key=lambda row: row["created"] or "", reverse=True)
    shown = [{"id": row["id"], "name": row["name"]} for row in runs[:MAX_REFERENCES]]
    return answer({"bundled": [*bundled_configs()], "runs": shown})


def contender(request: Request) -> Response:
    """Answer the experiment that a reference names: of a bundled one, or of a run."""
    from nnlab.api.browsing import read_text
    from nnlab.config.bundled import bundled_configs

    name = request.query_params.get("reference", "")
    path = bundled_configs().get(name)
    text = path.read_text(encoding="utf-8") if path else None
    return answer({"yaml": text or read_text(lab_of(request).run(name).resolved_path)})


def compare(request: Request) -> Response:
    """Answer the comparison that was begun last, and how it is going."""
    lab = lab_of(request)
    return answer(_state(lab))


def _state(lab: Lab) -> dict[str, Any]:
    comparison = lab.comparison
    if comparison is None:
        return {"status": None}
    progress = lab.worker.progress
    is_own = progress.comparison is comparison
    status = "finished" if comparison.is_finished else "stopped"
    if is_own and progress.is_running:
        status = "running"
    elif is_own and progress.error:
        status = "failed"
    now = {"run": progress.run, "epoch": progress.epoch, "epochs": progress.epochs}
    return {
        **comparison.to_json(),
        "status": status,
        "now": now if status == "running" else None,
        "error": progress.error if is_own else None,
    }


async def start(request: Request) -> Response:
    """Begin to compare two experiments."""
    texts, seeds, until = _wish_of(await body_of(request))
    return await run_in_threadpool(_start, lab_of(request), texts, seeds, until)


def _wish_of(body: dict[str, Any]) -> tuple[list[str], int, float | None]:
    """Return both experiments, the seeds of each, and the width to stop at.

    Raises:
        ConfigError: If a value is none of these.
    """
    texts, seeds, until = body.get("yaml"), body.get("seeds"), body.get("until")
    if not isinstance(texts, list) or [type(text) for text in texts] != [str, str]:
        raise ConfigError(BODY)
    if type(seeds) is not int or not 2 <= seeds <= MAX_SEEDS:
        raise ConfigError(BODY)
    if until is not None and not (type(until) in {int, float} and until > 0):
        raise ConfigError(BODY)
    return texts, seeds, until


def _start(lab: Lab, texts: list[str], seeds: int, until: float | None) -> Response:
    from nnlab.ui.live_comparison import LiveComparison, sides_of

    configs, problems = _read(texts)
    if problems:
        text = "; ".join(problem["text"] for side in problems for problem in side["errors"])
        return answer({"error": {"text": text}, "sides": problems}, 422)
    for config in configs:
        if (why := _refused(lab, config)) is not None:
            return refuse(f"{config.name}: {why}", 409)
    return _go(lab, LiveComparison(sides_of(texts, configs), seeds, until))


def _read(texts: list[str]) -> tuple[list[ExperimentConfig], list[dict[str, Any]]]:
    """Return the experiments, and what is wrong, each with the number of its side."""
    from nnlab.ui.experiment import errors_of, read

    configs, problems = [], []
    for side, text in enumerate(texts):
        try:
            configs.append(read(text).config)
        except ConfigError as error:
            problems.append({"side": side, "errors": errors_of(error)})
    return configs, problems


def _refused(lab: Lab, config: ExperimentConfig) -> str | None:
    """Return why one seed of an experiment is not trained, or None."""
    from nnlab.ui.price import price_of

    train = config.train.model_copy(update={"seeds": 1})
    single = config.model_copy(update={"train": train})
    return price_of(single, lab.shapes.of(config.dataset), lab.folders).refused


def _go(lab: Lab, comparison: LiveComparison) -> Response:
    """Begin, or go on with, a comparison; the last one stays known if that is not possible."""

    def begin() -> dict[str, Any]:
        lab.worker.compare(comparison)
        lab.comparison = comparison
        return _state(lab)

    return begun(begin)


async def stop(request: Request) -> Response:
    """Stop the comparison under way: what is known by then is valid, and is stored."""
    lab = lab_of(request)
    if lab.worker.progress.comparison is None or not lab.worker.progress.is_running:
        return refuse("nothing is being compared", 409)
    await run_in_threadpool(lab.worker.pause)
    return answer(_state(lab))


async def resume(request: Request) -> Response:
    """Go on with the comparison that was stopped."""
    lab = lab_of(request)
    if lab.comparison is None or lab.comparison.is_finished:
        return refuse("there is no comparison to go on with; start one", 409)
    return await run_in_threadpool(_go, lab, lab.comparison)
