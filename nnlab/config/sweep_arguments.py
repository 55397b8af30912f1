"""Arguments of a sweep: distributions, such as ``optimizer.lr=log(1e-4,1e-1)``, and settings of the base."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from nnlab.config.key_paths import path_of, split_argument, written
from nnlab.config.messages import ConfigProblems, KeyPath, Location, Problem, SourceText
from nnlab.config.space import COUNT, KINDS
from nnlab.config.yaml12 import Document, parse, plain_value
from nnlab.formatting import nearest

CALL = re.compile(r"\s*(\w+)\((.*)\)\s*", re.DOTALL)
NUMBER_OF_POINTS = re.compile(r",\s*count\s*=\s*([^,()\[\]{}]*)$")
WORD_OF_SECTION = {"sampler", "prune"}


def add_arguments(arguments: Sequence[str], document: Document) -> list[str]:
    """Put the distributions among arguments into the space of a sweep.

    Args:
        arguments: ``key.path=value``; a plain value takes its key out of the space.
        document: The sweep, which is changed.

    Returns:
        The other arguments: settings of the base.

    Raises:
        ConfigProblems: With every argument that is no distribution but seems to be meant as one.
    """
    problems: list[Problem] = []
    others = []
    space = document.value.setdefault("space", {})
    for argument in arguments:
        path, text = split_argument(argument) or ((), "")
        call = CALL.fullmatch(text) if path else None
        kind = call and nearest(call[1], KINDS)
        if call is None or kind is None or not isinstance(space, dict):
            _take_out(path, space, document)
            others.append(argument)
            continue
        try:
            _add(argument, path, call, document)
        except ConfigProblems as error:
            problems += error.problems
    if problems:
        raise ConfigProblems(problems)
    return others


def _take_out(path: KeyPath, space: Any, document: Document) -> None:
    """Take a key out of the space."""
    for key in [key for key in space if path_of(str(key)) == path]:
        del space[key]
        document.forget(("space", key))


def _add(argument: str, path: KeyPath, call: re.Match[str], document: Document) -> None:
    source = SourceText(argument, argument, is_argument=True)
    here, key = Location(source, 0, 0, len(argument)), written(path)
    kind, text = call[1], call[2]
    if kind not in KINDS:
        hint = f"unknown distribution '{kind}' (did you mean '{nearest(kind, KINDS)}'?)"
        raise ConfigProblems([Problem(("space", key), hint, here)])
    count = NUMBER_OF_POINTS.search(text)
    place = ("space", key, kind)
    values = parse(f"[{text[: count.start()] if count else text}]", source, place)
    if not values.is_whole:
        raise ConfigProblems([Problem(("space", key), "brackets do not match", here)])
    _take_out(path, document.value["space"], document)
    value = {kind: values.value} | ({COUNT: plain_value(count[1])} if count else {})
    document.set(("space", key), value)
    document.values |= dict.fromkeys(values.values, here) | {("space", key): here}
    document.keys["space", key] = here


def add_options(options: Mapping[str, object], document: Document) -> None:
    """Put options of the command line into a sweep: ``trials`` is ``--trials``.

    Args:
        options: Values by key; None for an option that was not given.
        document: The sweep, which is changed.
    """
    for key, value in options.items():
        if value is None:
            continue
        text = f"--{key} {value}"
        old = document.value.get(key)
        if key in WORD_OF_SECTION and isinstance(old, dict) and old.get("name") == value:
            continue  # the file says more about it
        document.set((key,), value)
        document.values[key,] = Location(SourceText(text, text, is_argument=True), 0, 0)
