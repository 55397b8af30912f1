"""YAML for experiments: 1.2 scalars, no duplicate keys, no aliases, and all locations.

PyYAML reads YAML 1.1, where ``1e-3`` is a string, ``on`` is true and ``12:30`` is 750; it also
silently lets the last duplicate key win and expands aliases without limit.
"""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from functools import reduce
from operator import getitem
from typing import Any

import yaml

from nnlab.config.hints import explain_syntax
from nnlab.config.messages import (
    ConfigProblems,
    KeyPath,
    Location,
    Problem,
    SourceText,
    odd_problems,
)

MAX_CHARACTERS = 50_000
MAX_DEPTH = 20
MAX_DIGITS = 40


@dataclass
class Document:
    """A YAML value, with the location of every key and value by path.

    Attributes:
        value: The value.
        keys: Locations of keys.
        values: Locations of values.
        texts: How values were written that may be meant as text: numbers, and whatever was typed
            without quotes in an argument.
        is_whole: Whether nothing follows the value.
        is_stored: Whether a run stored it; what it asked for was trained.
        replaced: Keys that an argument gave another value.
    """

    value: Any
    keys: dict[KeyPath, Location] = field(default_factory=dict)
    values: dict[KeyPath, Location] = field(default_factory=dict)
    texts: dict[KeyPath, str] = field(default_factory=dict)
    is_whole: bool = True
    is_stored: bool = False
    replaced: set[KeyPath] = field(default_factory=set)

    def written(self, path: KeyPath) -> str | None:
        """Return how a value was written, or None if it cannot be meant as text."""
        value = reduce(getitem, path, self.value)
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return self.texts.get(path, repr(value) if is_number else None)

    def replace(self, path: KeyPath, value: object) -> None:
        """Replace the value at a path."""
        reduce(getitem, path[:-1], self.value)[path[-1]] = value

    def copy(self) -> Document:
        """Return a copy that can be changed without changing this document."""
        tables = {
            name: getattr(self, name).copy() for name in ("keys", "values", "texts", "replaced")
        }
        return dataclasses.replace(self, value=copied(self.value), **tables)

    def part(self, path: KeyPath) -> Document:
        """Return the value at a path as a document of its own."""

        def below(places: dict[KeyPath, Any]) -> dict[KeyPath, Any]:
            return {p[len(path) :]: at for p, at in places.items() if p[: len(path)] == path}

        value = copied(reduce(getitem, path, self.value))
        return Document(value, below(self.keys), below(self.values), below(self.texts))

    def set(self, path: KeyPath, value: object) -> None:
        """Set the value at a path, with the sections above it; its parts lose their locations."""
        node = self.value
        for key in path[:-1]:
            if not isinstance(node.get(key), dict):
                node[key] = {}
            node = node[key]
        node[path[-1]] = copied(value)
        self.forget(path)

    def forget(self, path: KeyPath) -> None:
        """Forget the locations of a key and all below it."""
        for places in (self.keys, self.values, self.texts):
            for stale in [p for p in places if p[: len(path)] == path]:
                del places[stale]


def copied(value: Any) -> Any:
    """Return a value whose mappings and lists are copies; tuples become lists."""
    if isinstance(value, dict):
        return {key: copied(item) for key, item in value.items()}
    return [copied(item) for item in value] if isinstance(value, list | tuple) else value


class _Loader(yaml.SafeLoader):
    """SafeLoader with the scalars of YAML 1.2's core schema, without anchors, aliases and tags."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as PyYAML declares it
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            msg = "anchors and aliases are not allowed"
            raise yaml.MarkedYAMLError(problem=msg, problem_mark=event.start_mark)
        if getattr(event, "tag", None):
            msg = "tags are not allowed"
            raise yaml.MarkedYAMLError(problem=msg, problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            msg = f"nested deeper than {MAX_DEPTH} levels"
            raise yaml.MarkedYAMLError(problem=msg, problem_mark=event.start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


_SCALARS = (
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", rf"[-+]?[0-9]{{1,{MAX_DIGITS}}}|0o[0-7]{{1,20}}|0x[0-9a-fA-F]{{1,20}}", "-+0123456789"),
    (
        "float",
        (
            rf"[-+]?(\.[0-9]{{1,{MAX_DIGITS}}}|[0-9]{{1,{MAX_DIGITS}}}(\.[0-9]{{0,{MAX_DIGITS}}})?)"
            r"([eE][-+]?[0-9]{1,9})?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"
        ),
        "-+.0123456789",
    ),
)
for _kind, _pattern, _first in _SCALARS:
    _Loader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_kind}", re.compile(rf"^(?:{_pattern})$"), [*_first]
    )
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^$"), [""])


def parse(text: str, source: SourceText, at: KeyPath = (), column: int = 0) -> Document:
    """Parse one YAML document.

    Args:
        text: The document.
        source: Where it comes from, for messages.
        at: Path of the value in the experiment.
        column: Column of the source line where the text starts.

    Raises:
        ConfigProblems: If the text is not valid YAML for an experiment.
    """
    if len(text) > MAX_CHARACTERS:
        msg = f"longer than {MAX_CHARACTERS:,} characters"
        raise ConfigProblems([Problem(at, msg, Location(source, 0, 0))])
    try:
        node = _first_node(text) if source.is_argument else compose(text)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        syntax = _syntax_problem(error, source, at, column)
        raise ConfigProblems([syntax, *odd_problems(source)]) from error
    document = Document(None, values={at: Location(source, 0, column)})
    if node is not None:
        problems: list[Problem] = []
        document.value = _construct(node, at, _Places(source, column, document, problems))
        document.is_whole = not text[node.end_mark.index :].strip()
        if problems:
            raise ConfigProblems(problems)
    return document


def compose(text: str) -> yaml.Node | None:
    """Return the nodes of a text that ``parse`` reads, with their places; None if it is empty."""
    return _Loader(text).get_single_node()


def _first_node(text: str) -> yaml.Node | None:
    """Return the value that a text starts with."""
    loader = _Loader(text)
    return loader.get_node() if loader.check_node() else None


def _syntax_problem(error: Exception, source: SourceText, at: KeyPath, column: int) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    text = getattr(error, "problem", None) or getattr(error, "reason", None) or "not valid YAML"
    if isinstance(error, yaml.MarkedYAMLError):
        text = explain_syntax(error, source.text) or text
    location = Location(source, mark.line, mark.column + column) if mark else Location(source, 0, 0)
    return Problem(at, str(text), location)


class _Dumper(yaml.SafeDumper):
    """SafeDumper that quotes text the loader would read as another type, and writes no aliases."""

    yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:
        return True


def dump(value: Any) -> str:
    """Return a value as YAML that ``parse`` reads back unchanged."""
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True)
    return text


def dump_inline(value: Any) -> str:
    """Return a value as YAML on one line that ``parse`` reads back unchanged, also within brackets."""
    text: str = yaml.dump(
        [value],
        Dumper=_Dumper,
        default_flow_style=True,
        sort_keys=False,
        allow_unicode=True,
        width=math.inf,
    )
    return text.strip()[1:-1]


@dataclass
class _Places:
    source: SourceText
    column: int
    document: Document
    problems: list[Problem]

    def of(self, node: yaml.Node) -> Location:
        start, end = node.start_mark, node.end_mark
        length = end.column - start.column if end.line == start.line else 1
        return Location(self.source, start.line, start.column + self.column, max(length, 1))


def _construct(node: yaml.Node, path: KeyPath, places: _Places) -> Any:
    places.document.values[path] = places.of(node)
    if isinstance(node, yaml.MappingNode):
        return _construct_mapping(node, path, places)
    if isinstance(node, yaml.SequenceNode):
        return [_construct(item, (*path, i), places) for i, item in enumerate(node.value)]
    text = str(node.value)
    is_plain = isinstance(node, yaml.ScalarNode) and not node.style
    if is_plain and (node.tag.endswith((":int", ":float")) or places.source.is_argument):
        places.document.texts[path] = text
    return _construct_scalar(node.tag, text)


def _construct_mapping(node: yaml.MappingNode, path: KeyPath, places: _Places) -> dict[str, Any]:
    mapping: dict[str, Any] = {}
    for key_node, value_node in node.value:
        here = places.of(key_node)
        if not isinstance(key_node, yaml.ScalarNode):
            places.problems.append(Problem(path, "a key must be a plain word", here))
            continue
        key = str(key_node.value)
        if key in mapping:
            first = places.document.keys[*path, key].line + 1
            msg = f"duplicate key, first used in line {first}"
            places.problems.append(Problem((*path, key), msg, here))
            continue
        places.document.keys[*path, key] = here
        mapping[key] = _construct(value_node, (*path, key), places)
    return mapping


def plain_value(text: str) -> Any:
    """Return what a text without quotes means: a number, true, false, null, or the text itself."""
    tag: str = _Loader("").resolve(yaml.ScalarNode, text.strip(), (True, False))  # type: ignore[no-untyped-call]
    return text if tag.endswith(":str") else _construct_scalar(tag, text.strip())


def _construct_scalar(tag: str, text: str) -> Any:
    match tag.rpartition(":")[2]:
        case "null":
            return None
        case "bool":
            return text.lower() == "true"
        case "int":
            return int(text, 0) if text[:2] in {"0o", "0x"} else int(text)
        case "float":
            return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
        case _:
            return text
