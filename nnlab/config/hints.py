"""What beginners' mistakes in an experiment file are, in words that say what to do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, NamedTuple

from nnlab.config.bundled import ESTIMATORS
from nnlab.config.published_names import known_as

if TYPE_CHECKING:
    import yaml

MAX_EXPLAINED = 200
QUOTED = re.compile(r"""'[^'\n]*'|"[^"\n]*"|(?:^|(?<=\s))\#.*""")
# Curly quotes around a value, but not the apostrophe in a word; a dash before a number.
CURLY = re.compile(r"(?:^|(?<=[\s:=\[{,]))[\u2018-\u201f]|[\u2018-\u201f](?=$|[\s\]},])")
DASH = re.compile(r"[\u2010-\u2015\u2212](?=[.\d])")
CLOSING = {"sequence": ("[", "]"), "mapping": ("{", "}")}
LISTS = "lists are written in square brackets, such as [64, 64]"


class OddCharacter(NamedTuple):
    """A character that looks like another one, or like nothing; line and column count from 0."""

    line: int
    column: int
    text: str


def odd_characters(text: str) -> Iterator[OddCharacter]:
    """Yield characters outside of quotes and comments that a reader takes for others."""
    for number, line in enumerate(text.splitlines()):
        plain = QUOTED.sub(lambda match: " " * len(match[0]), line)
        for column, character in enumerate(plain):
            if not character.isascii() and (problem := _odd(plain, column)):
                yield OddCharacter(number, column, f"{problem} (U+{ord(character):04X})")


def _odd(line: str, column: int) -> str | None:
    character, category = line[column], unicodedata.category(line[column])
    if CURLY.match(line, column):
        return "a curly quote; write \" or '"
    if DASH.match(line, column):
        return "this dash is not a minus sign; write -"
    if "\N{FULLWIDTH EXCLAMATION MARK}" <= character <= "\N{FULLWIDTH TILDE}":
        return "a full-width character; write the ordinary one"
    if category == "Zs":
        return "not an ordinary space; replace it"
    return "an invisible character; delete it" if category in {"Cf", "Cc"} else None


def explain_syntax(error: yaml.MarkedYAMLError, text: str) -> str | None:
    """Return what is wrong with a text that is not YAML, or None if the parser says it best."""
    problem, mark = error.problem or "", error.problem_mark
    lines = text.splitlines()
    line = lines[mark.line] if mark and mark.line < len(lines) else ""
    if r"'\t'" in problem:
        return "a tab; indent with spaces"
    if problem.startswith("mapping values are not allowed"):
        return _second_colon(mark.line if mark else 0, lines)
    if opened := _opened_by(error):
        kind, start = opened
        if " #" in line:
            return "everything after # is a comment; put text with a # in quotes"
        if mark and ";" in line[: mark.column]:
            return "entries are separated by commas, not by semicolons"
        opening, closing = CLOSING[kind]
        where = f" in line {start + 1}" if len(lines) > 1 else ""
        return f"'{opening}'{where} is not closed by '{closing}'"
    if problem.startswith("could not find expected ':'"):
        return "a key needs a colon and a space after it: key: value"
    if problem.startswith("expected <block end>"):
        return f"indented by {_indentation(line)} spaces, unlike the keys above it"
    return None


def _second_colon(number: int, lines: list[str]) -> str:
    """Explain a colon where none may be: a line that is indented too far, or a second value."""
    line = lines[number] if number < len(lines) else ""
    above = next((other for other in reversed(lines[:number]) if other.strip()), "")
    if _indentation(line) > _indentation(above) and ": " in above:
        return f"this line is indented further than '{above.strip()}', which has a value already"
    if above and ": " not in above and not above.rstrip().endswith(":"):
        return f"in the line above, '{above.strip()}' needs a colon and a space: key: value"
    return "a second ': ' in one line; quote the text, or begin a new line"


def _opened_by(error: yaml.MarkedYAMLError) -> tuple[str, int] | None:
    """Return whether a list or a mapping in brackets is not closed, and the line it begins in."""
    context = re.match(r"while parsing a flow (sequence|mapping)", error.context or "")
    is_unclosed = (error.problem or "").startswith("expected ',' or ")
    if context is None or error.context_mark is None or not is_unclosed:
        return None
    return context[1], error.context_mark.line


def _indentation(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def explain_key(key: str, known: list[str]) -> str | None:
    """Return what an unknown key was meant to be if its spelling tells, or None."""
    word, sign, value = re.findall(r"^(\w*)\s*([:=]?)\s*(.*)", key)[0]
    if word in known and sign == ":":
        return f"a space is missing after the colon: {word}: {value}"
    if word in known and sign == "=":
        return f"write a colon and a space: {word}: {value}"
    if key.isdecimal():
        return "decimals are written with a point, such as 0.001"
    if key.endswith(")"):
        return LISTS
    return None


def explain_name(name: str, known: Collection[str]) -> str | None:
    """Return how to write an estimator of scikit-learn or a set of torchvision given as a name, or None."""
    if name in ESTIMATORS and "sklearn" in known:
        return f"; write {{name: sklearn, estimator: {name}}}"
    if (published := known_as(name)) and "torchvision" in known:
        return f"; write {{name: torchvision, dataset: {published}}}"
    return None


def explain_value(value: object, wanted: str) -> str | None:
    """Return how a value should be written if its spelling tells, or None.

    Args:
        value: What was written.
        wanted: What is expected there: ``number``, ``list``, ``mapping``, or anything else.
    """
    if wanted == "mapping" and isinstance(value, list):
        return "leave out the dashes"
    if not isinstance(value, str) or len(value) > MAX_EXPLAINED:
        return None
    for kind, pattern, explain in SPELLINGS:
        if kind == wanted and (match := re.fullmatch(pattern, value)):
            return explain(match)
    return None


def _as_mapping(call: re.Match[str]) -> str:
    options = [option.strip().replace("=", ": ", 1) for option in call[2].split(",") if option]
    return f"write {{{', '.join([f'name: {call[1].lower()}', *options])}}}"


NUMBER = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?"
SPELLINGS: tuple[tuple[str, str, Callable[[re.Match[str]], str]], ...] = (
    ("number", r"([-+]?\d+),(\d+(?:[eE][-+]?\d+)?)", lambda found: f"write {found[1]}.{found[2]}"),
    ("number", NUMBER, lambda found: f"write {found[0]}, without quotes"),
    ("number", rf"({NUMBER})\s*%", lambda found: f"write {float(found[1]) / 100:g}"),
    ("number", r"\d[\d_]*", lambda found: f"write {found[0].replace('_', '')}"),
    ("number", r"None|none", lambda _: "write null"),
    ("list", r"\(.*", lambda _: LISTS),
    (
        "mapping",
        r"(\w+):(\S.*)",
        lambda found: f"a space is missing after the colon: {found[1]}: {found[2]}",
    ),
    ("mapping", r"([A-Za-z]\w*)\((.*)\)", _as_mapping),
)
