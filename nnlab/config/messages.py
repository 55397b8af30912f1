"""Config problems, reported with their location: file, line, column, source line and a caret."""

from __future__ import annotations

import encodings.aliases
import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnlab.config.hints import explain_name, explain_value, odd_characters
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

KeyPath = tuple[str | int, ...]

RUN_NAME = r"^[\p{L}\p{N}][\p{L}\p{N} ._()+-]{0,63}$"
MONITOR = r"^(val|test)\.[a-z0-9_]+$"
DELIMITER = r'^(auto|[^"\r\n\x00])$'
MARK = r'^[^"\s\x00]$'

MAX_SHOWN = 60
MAX_PROBLEMS = 50


@dataclass(frozen=True)
class SourceText:
    """A config file, or one ``key=value`` argument."""

    name: str
    text: str
    is_argument: bool = False


@dataclass(frozen=True)
class Location:
    """A location in a source; line and column count from 0."""

    source: SourceText
    line: int
    column: int
    length: int = 1


@dataclass(frozen=True)
class Problem:
    """One problem of a config.

    Attributes:
        path: The key or the section.
        text: What is wrong.
        location: Where it stands.
        blamed: The key to change, if it is another one than ``path``.
    """

    path: KeyPath
    text: str
    location: Location | None = None
    blamed: KeyPath | None = None

    def render(self) -> str:
        """Return ``file:line:column: path: text`` and the source line with a caret."""
        path = ".".join(map(str, self.path))
        what = f"{path}: {self.text}" if path else self.text
        if self.location is None:
            return what
        source = self.location.source
        if source.is_argument:
            return f"argument '{source.name}': {what}"
        line, column = self.location.line, self.location.column
        head = f"{source.name}:{line + 1}:{column + 1}: {what}"
        lines = source.text.splitlines()
        if line >= len(lines):
            return head
        is_long = len(lines[line]) > 2 * MAX_SHOWN
        start = max(column - MAX_SHOWN, 0) if is_long else 0
        shown_line = lines[line][start : start + 2 * MAX_SHOWN]
        length = min(self.location.length, max(len(shown_line) - (column - start), 1))
        caret = " " * (column - start) + "^" * length
        return f"{head}\n{line + 1:5} | {shown_line}\n      | {caret}"


def odd_problems(source: SourceText) -> list[Problem]:
    """Return a problem for each character of a source that a reader takes for another."""
    return [
        Problem((), odd.text, Location(source, odd.line, odd.column))
        for odd in odd_characters(source.text)
    ]


class ConfigProblems(ConfigError):  # noqa: N818 - a list of errors
    """Every problem of one config, in file order."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(problems, key=_place)
        shown = [problem.render() for problem in self.problems[:MAX_PROBLEMS]]
        if (hidden := len(self.problems) - len(shown)) > 0:
            shown.append(f"... and {hidden:,} more")
        super().__init__("\n".join(shown))


def _place(problem: Problem) -> tuple[bool, int, int]:
    at = problem.location
    return (True, 0, 0) if at is None else (at.source.is_argument, at.line, at.column)


def format_value(value: Any) -> str:
    """Format a value for a message: short, on one line."""
    text = json.dumps(value, default=str, ensure_ascii=False)
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}..."


_EXPECTED = {
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_type": "a number",
    "bool_type": "true or false",
    "string_type": "text",
    "finite_number": "a finite number",
    "tuple_type": "a list",
    "dict_type": "a mapping such as {{key: value}}",
    "model_type": "a mapping such as {{key: value}}",
    "model_attributes_type": "a mapping such as {{name: ...}}",
    "literal_error": "{expected}",
    "greater_than": "more than {gt}",
    "greater_than_equal": "at least {ge}",
    "less_than": "less than {lt}",
    "less_than_equal": "at most {le}",
    "string_too_short": "at least {min_length} characters long",
    "string_too_long": "at most {max_length} characters long",
    "too_short": "a list of at least {min_length}",
    "too_long": "a list of at most {max_length}",
    "string_pattern_mismatch": "{pattern}",
    "date_format": "a format of dates such as %d.%m.%Y: %d day, %m month, %Y year, %H hour, %M minute",
    "encoding": "auto or the name of an encoding, such as utf-8, cp1252, latin-1 or utf-16",
}


_WANTED = {
    **dict.fromkeys(("int_type", "int_from_float", "float_type"), "number"),
    "tuple_type": "list",
    **dict.fromkeys(("dict_type", "model_type", "model_attributes_type"), "mapping"),
}
# What a pattern asks for; people do not read regular expressions.
PATTERNS = {
    RUN_NAME: "a name of letters, digits, spaces and . _ - + ( ), at most 64 characters",
    MONITOR: "val or test and a metric, such as val.loss",
    DELIMITER: "auto, or one character that is no quote, such as ; or tab",
    MARK: "one character that is neither a quote nor a blank",
}


def _context(error: ErrorDetails) -> dict[str, Any]:
    context = error.get("ctx", {})
    pattern = str(context.get("pattern"))
    return {**context, "pattern": PATTERNS.get(pattern, f"text that matches {pattern}")}


def discriminator_of(error: ErrorDetails) -> str:
    """Return the key that chooses the member of a union: name, or estimator."""
    return str(error["ctx"]["discriminator"]).strip("'")


def format_errors(errors: list[ErrorDetails], known: Collection[str]) -> str:
    """Format pydantic's errors at one location as a sentence.

    Args:
        errors: Errors at the location; several if a union of types was tried.
        known: Valid words there, for a suggestion.
    """
    first = errors[0]
    context = first.get("ctx", {})
    hint: str | None
    match first["type"]:
        case "extra_forbidden":
            suggestion = did_you_mean(str(first["loc"][-1]), known)
            return f"unknown key{suggestion or '; known: ' + ', '.join(sorted(known))}"
        case "missing" if isinstance(first["loc"][-1], int):
            return f"should be a longer list, not {format_value(first['input'])}"
        case "missing":
            return "this key is required"
        case "invalid_key":
            return "a key must be text"
        case "union_tag_not_found":
            key = discriminator_of(first)
            return f"needs {'an' if key == 'estimator' else 'a'} {key}: {{{key}: ...}}, one of {', '.join(known)}"
        case "union_tag_invalid":
            key, tag = discriminator_of(first), str(context["tag"])
            hint = explain_name(tag, known) or did_you_mean(tag, known)
            return f"unknown {key} {format_value(tag)}{hint}; known: {', '.join(known)}"
        case _:
            pass
    wanted = [
        _EXPECTED[error["type"]].format(**_context(error))
        if error["type"] in _EXPECTED
        else re.sub(r"^Input should be ", "", error["msg"])
        for error in errors
    ]
    expected, value = " or ".join(dict.fromkeys(wanted)), format_value(first["input"])
    if first["type"] == "tuple_type" and isinstance(first["input"], int | float):
        expected += f" such as [{value}]"
    words: Iterable[str] = ()
    if first["type"] == "literal_error":
        words = re.findall(r"'([^']*)'", expected)
    elif first["type"] == "encoding":
        words = encodings.aliases.aliases.keys() | {"latin-1", "utf-8", "utf-16"}
    suggestion = did_you_mean(str(first["input"]), words)
    hint = explain_value(first["input"], _WANTED.get(first["type"], ""))
    return f"should be {expected}, not {value}{suggestion}" + (f"; {hint}" if hint else "")
