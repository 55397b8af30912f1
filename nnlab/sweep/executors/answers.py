"""Errors of units as text: what a worker answers, and what the sweep raises."""

from __future__ import annotations

import traceback

from pydantic import TypeAdapter, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.errors import (
    CheckFailedError,
    ConfigError,
    DataError,
    DeviceError,
    DivergedError,
    InterruptedRun,
    NnlabError,
    RunError,
    StorageError,
)
from nnlab.own.loading import place_of
from nnlab.storage.schemas import STRICT

# One per exit code, by the name that travels.
KINDS = {
    kind.__name__: kind
    for kind in (
        NnlabError,
        ConfigError,
        DataError,
        RunError,
        StorageError,
        DivergedError,
        DeviceError,
        CheckFailedError,
    )
}


@with_config(STRICT)
class Answer(TypedDict):
    """How a unit has ended.

    Attributes:
        error: The class of its error; None if it is done, ``InterruptedRun`` if a signal stopped it.
        text: What the error says.
        signal: The signal that stopped it, else 0.
    """

    error: str | None
    text: str
    signal: int


DONE: Answer = {"error": None, "text": "", "signal": 0}
_ADAPTER: TypeAdapter[Answer] = TypeAdapter(Answer)


def answer_of(error: BaseException) -> Answer:
    """Return what a worker answers when a unit has raised an error."""
    if isinstance(error, InterruptedRun):
        return {"error": "InterruptedRun", "text": str(error), "signal": error.exit_code - 128}
    return {"error": _kind(error).__name__, "text": _text(error), "signal": 0}


def _kind(error: BaseException) -> type[NnlabError]:
    """Return the class of errors that end a command as this one does."""
    if isinstance(error, NnlabError):
        return next(kind for kind in KINDS.values() if kind.exit_code == error.exit_code)
    if place_of(error) is not None:
        return ConfigError
    return StorageError if isinstance(error, OSError) else NnlabError


def _text(error: BaseException) -> str:
    if isinstance(error, NnlabError):
        return str(error)
    text = f"{type(error).__name__}: {error}"
    if (place := place_of(error)) is not None:
        return f"{place}: {text}"
    return text if isinstance(error, OSError) else "".join(traceback.format_exception(error))


def answer_from_json(text: str) -> Answer:
    """Return the answer that a line holds.

    Raises:
        ValueError: If it is none.
    """
    return _ADAPTER.validate_json(text)


def raise_error(answer: Answer, resume: str) -> None:
    """Raise the error of an answer; do nothing if the unit is done.

    Args:
        answer: What a worker has answered.
        resume: How to go on with the sweep, for a unit that a signal has stopped.

    Raises:
        NnlabError: Of the class that the worker has named.
        InterruptedRun: If a signal stopped the unit.
    """
    name = answer["error"]
    if name is None:
        return
    if name == "InterruptedRun":
        raise InterruptedRun(resume, answer["signal"])
    if name not in KINDS:
        msg = f"a worker has answered with an unknown error, {name!r}: {answer['text']}"
        raise RunError(msg)
    raise KINDS[name](answer["text"])
