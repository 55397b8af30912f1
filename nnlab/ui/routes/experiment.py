"""The schema as controls, and the experiment that is being written."""

from __future__ import annotations

import asyncio
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from nnlab.errors import ConfigError, NnlabError
from nnlab.ui.answers import answer, body_of, lab_of, text_in

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from nnlab.config.experiment import ExperimentConfig
    from nnlab.data.types import DataSpec
    from nnlab.ui.adviser import Advice
    from nnlab.ui.experiment import Read
    from nnlab.ui.lab import Lab

NOTHING: dict[str, Any] = {
    "findings": [],
    "price": None,
    "command": None,
    "parameters": None,
    "shape": None,
}


def schema(request: Request) -> Response:
    """Answer every control."""
    from nnlab.ui.schema import sections

    return answer({"sections": [asdict(section) for section in sections()]})


async def experiment(request: Request) -> Response:
    """Answer what a text means, after an edit if there is one."""
    from starlette.concurrency import run_in_threadpool

    body = await body_of(request)
    text, edit = body.get("yaml"), body.get("edit")
    if not isinstance(text, str) or not _is_edit(edit):
        msg = 'the body must be {"yaml": TEXT}, and can have "edit": {"key": KEY, "value": VALUE}'
        raise ConfigError(msg)
    return answer(await run_in_threadpool(answer_of, lab_of(request), text, edit))


async def data(request: Request) -> Response:
    """Answer some of the data of an experiment."""
    from starlette.concurrency import run_in_threadpool

    from nnlab.ui.experiment import read

    text = text_in(await body_of(request), "yaml")
    config = read(text).config
    return answer(await run_in_threadpool(lab_of(request).samples.of, text, config))


async def advice(request: Request) -> Response:
    """Answer what a text means once its data were looked at and its steps timed.

    Nothing of that is done while something is trained, or for what is not trained at all.
    """
    from starlette.concurrency import run_in_threadpool

    from nnlab.ui.experiment import read

    lab, text = lab_of(request), text_in(await body_of(request), "yaml")
    found = await run_in_threadpool(answer_of, lab, text, None)
    if found["is_advised"]:
        return answer(found)
    await asyncio.wrap_future(lab.adviser.ask(text, read(text).config))
    if lab.adviser.known(text) is None:  # a training has begun, which comes first
        return answer(found)
    return answer(await run_in_threadpool(answer_of, lab, text, None))


def _is_edit(edit: object) -> bool:
    if edit is None:
        return True
    return isinstance(edit, dict) and isinstance(edit.get("key"), str) and "value" in edit


def answer_of(lab: Lab, text: str, edit: dict[str, Any] | None) -> dict[str, Any]:
    """Return what a text means, after an edit."""
    from nnlab.ui.experiment import edited, errors_of, read, values_of

    try:
        text = edited(text, edit["key"], edit["value"]) if edit is not None else text
        found = read(text)
    except ConfigError as error:
        known = {"yaml": text, "config": values_of(text), "errors": errors_of(error)}
        return {**known, "is_valid": False, "is_advised": True, **NOTHING}
    return {"yaml": text, "is_valid": True, **_about(lab, text, found)}


def _about(lab: Lab, text: str, found: Read) -> dict[str, Any]:
    """Return what is known of a valid experiment."""
    from nnlab.formatting import flatten
    from nnlab.ui.experiment import command_of
    from nnlab.ui.price import Price, price_of

    config, spec = found.config, None
    try:
        spec = lab.shapes.of(config.dataset)
        price = price_of(config, spec, lab.folders, lab.adviser.seconds(config))
    except NnlabError as error:
        price = Price(refused=str(error))
    advice = lab.adviser.known(text)
    return {
        "errors": [],
        "config": flatten(config.model_dump(mode="json")),
        "findings": _findings(found, advice),
        "skipped": advice and advice.skipped,
        "is_advised": advice is not None or price.refused is not None,
        "price": price._asdict(),
        "command": command_of(config),
        "parameters": _num_parameters(config, spec),
        "shape": spec
        and {"inputs": spec.input_shape, "outputs": spec.num_outputs, "task": spec.task},
    }


def _findings(found: Read, advice: Advice | None) -> list[dict[str, Any]]:
    """Return what is wrong: found in the data as well, if they were looked at."""
    from nnlab.check.lint import lint
    from nnlab.ui.experiment import finding_of

    if advice is not None and advice.findings is not None:
        return advice.findings
    return [finding_of(finding) for finding in lint(found.document, None).findings]


def _num_parameters(config: ExperimentConfig, spec: DataSpec | None) -> int | None:
    """Return the number of weights of a network; None if that takes torch, or the data are not read."""
    from nnlab.assembly.shapes import num_parameters

    return num_parameters(config.model, spec) if spec and config.model.layer_names else None
