"""Answers of routes, and what they read of a request."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from starlette.responses import Response

from nnlab.errors import ConfigError, NnlabError
from nnlab.formatting import without_nan

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from nnlab.ui.lab import Lab

MAX_DIGITS = 9


def lab_of(request: Request) -> Lab:
    """Return the state of the server that a request came to."""
    return cast("Lab", request.app.state.lab)


def answer(value: object, status: int = 200) -> Response:
    """Return a JSON answer; a number that is not finite becomes null."""
    try:
        text = json.dumps(value, allow_nan=False)
    except ValueError:
        text = json.dumps(without_nan(value), allow_nan=False)
    return Response(text.encode(), status, media_type="application/json")


def answer_many(value: object) -> Response:
    """Return what ``answer`` does, several times as fast if it holds many numbers."""
    from pydantic_core import to_json

    return Response(to_json(value, inf_nan_mode="null"), media_type="application/json")


def refuse(text: str, status: int, **more: object) -> Response:
    """Return an error as every route does.

    Args:
        text: What was wrong, and what to do.
        status: The HTTP status.
        more: ``key`` or ``place``, if one is to blame.
    """
    return answer({"error": {"text": text, **more}}, status)


def refuse_error(error: NnlabError) -> Response:
    """Return an error that the user can mend: 404 if there is none, 422 if the question is wrong."""
    from nnlab.api.browsing import UnknownResultError

    status = 404 if isinstance(error, UnknownResultError) else 409
    return refuse(str(error), 422 if isinstance(error, ConfigError) else status)


def whole_number(request: Request, name: str, default: int, low: int, high: int) -> int:
    """Return a whole number of the query.

    Raises:
        ConfigError: If it is none, or out of range.
    """
    text = request.query_params.get(name, str(default))
    if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS and low <= int(text) <= high:
        return int(text)
    msg = f"{name}={text[:50]}: a whole number from {low:,} to {high:,} is expected"
    raise ConfigError(msg)


def choice(request: Request, name: str, default: str, known: tuple[str, ...]) -> str:
    """Return one of several words of the query.

    Raises:
        ConfigError: If it is none of them.
    """
    text = request.query_params.get(name, default)
    if text in known:
        return text
    msg = f"{name}={text[:50]}: one of {', '.join(known)} is expected"
    raise ConfigError(msg)


def ids_of(request: Request, name: str, limit: int) -> list[str]:
    """Return the ids in a list of the query, separated by commas, each once.

    Raises:
        ConfigError: If there are none, or too many.
    """
    words = list(dict.fromkeys(w for w in request.query_params.get(name, "").split(",") if w))
    if 1 <= len(words) <= limit:
        return words
    msg = f"{name}: from 1 to {limit} ids are expected, and {len(words)} were given"
    raise ConfigError(msg)


def text_in(body: dict[str, Any], name: str) -> str:
    """Return a text of a JSON object.

    Raises:
        ConfigError: If it is missing, or no text.
    """
    text = body.get(name)
    if isinstance(text, str):
        return text
    msg = f"{name}: a text is expected"
    raise ConfigError(msg)


async def body_of(request: Request) -> dict[str, Any]:
    """Return the JSON object in the body.

    Raises:
        ConfigError: If it is none.
    """
    from nnlab.api.browsing import load_json

    try:
        value = load_json(await request.body())
    except (ValueError, RecursionError) as error:
        msg = f"the body is no JSON: {error}"
        raise ConfigError(msg) from error
    if not isinstance(value, dict):
        msg = "the body must be a JSON object"
        raise ConfigError(msg)
    return value


def begun(begin: Callable[[], dict[str, Any]]) -> Response:
    """Answer what the process that trains has begun, or why it has not."""
    from nnlab.ui.worker.client import BusyError, WorkerError

    try:
        return answer(begin())
    except BusyError as error:
        return refuse(str(error), 409)
    except WorkerError as error:
        return refuse(str(error), 422)
    except NnlabError as error:
        return refuse_error(error)
