"""Arguments ``key.path=value`` that override an experiment file.

A value is what was typed: numbers, ``true``, ``null``, lists and mappings in brackets, quoted text, and
anything else as text, whatever it would mean in a YAML file: ``label #2``, ``|``, ``@home``, ``~``.
"""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING, Any

from nnlab.config.key_paths import split_argument, written
from nnlab.config.messages import ConfigProblems, KeyPath, Location, Problem, SourceText
from nnlab.config.yaml12 import MAX_DEPTH, Document, parse, plain_value

if TYPE_CHECKING:
    from collections.abc import Sequence

QUOTED = re.compile(r"""\s*("(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*""", re.DOTALL)
BRACKETED = re.compile(r"\s*[\[{]")


def apply_overrides(overrides: Sequence[str], document: Document) -> None:
    """Change an experiment by ``key.path=value`` arguments; a later one may change a part of another.

    Raises:
        ConfigProblems: With every argument that is not such a pair, or gives a key another value.
    """
    problems: list[Problem] = []
    given: dict[KeyPath, str] = {}
    for argument in overrides:
        source = SourceText(argument, argument, is_argument=True)
        here = Location(source, 0, 0)
        parts = split_argument(argument)
        if parts is None:
            problems.append(Problem((), "should look like key.path=value", here))
            continue
        path, text = parts
        if len(path) > MAX_DEPTH:
            problems.append(Problem(path[:1], f"nested deeper than {MAX_DEPTH} levels", here))
            continue
        if given.setdefault(path, text) != text:
            first = f"{written(path)}={given[path]}"
            problems.append(Problem(path, f"is given another value by '{first}'; keep one", here))
            continue
        try:
            override = _parse_value(text, source, path, column=len(argument) - len(text))
        except ConfigProblems as error:
            problems.extend(error.problems)
            continue
        _insert(override, path, document, source)
    if problems:
        raise ConfigProblems(problems)


def typed_value(text: str, at: KeyPath) -> Any:
    """Return what a text means that is typed after ``key=``.

    Raises:
        ConfigProblems: If it is a list or a mapping that does not end.
    """
    return _parse_value(text, SourceText(text, text, is_argument=True), at, column=0).value


def _parse_value(text: str, source: SourceText, at: KeyPath, column: int) -> Document:
    """Parse what was typed after the equals sign."""
    as_typed = Document(
        text, values={at: Location(source, 0, column)}, texts={at: text} if text else {}
    )
    if QUOTED.fullmatch(text):
        with contextlib.suppress(ConfigProblems):
            return parse(text, source, at, column)
    if not BRACKETED.match(text):
        as_typed.value = text if text.isspace() else plain_value(text)
        return as_typed
    override = parse(text, source, at, column)
    override.texts[at] = text
    return override if override.is_whole else as_typed


def _insert(
    override: Document, path: tuple[str, ...], document: Document, source: SourceText
) -> None:
    node = document.value
    for depth, key in enumerate(path[:-1], start=1):
        if not isinstance(node.get(key), dict):
            node[key] = {}
            document.values[path[:depth]] = document.keys[path[:depth]] = Location(source, 0, 0)
        node = node[key]
    if node.get(path[-1], override.value) != override.value:
        document.replaced.add(path)
    node[path[-1]] = override.value
    for places in (document.keys, document.values, document.texts):
        for stale in [p for p in places if p[: len(path)] == path]:
            del places[stale]
    document.keys[path] = Location(source, 0, 0, len(written(path)))
    document.keys.update(override.keys)
    document.values.update(override.values)
    document.texts.update(override.texts)
