"""Lessons, read from their Markdown."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from nnlab.api.browsing import UnknownResultError
from nnlab.errors import ConfigError
from nnlab.formatting import did_you_mean
from nnlab.ui.lessons.blocks import block
from nnlab.ui.lessons.markdown import parse

if TYPE_CHECKING:
    from nnlab.ui.lessons.blocks import Block

FOLDER = Path(__file__).parent
BLOCK = re.compile(r"^:::(\w.*)\n((?:(?!:::).*\n)*?):::$", re.MULTILINE)
TITLE = re.compile(r"# (.+)\n\n((?:.+\n)+)")


class Lesson(NamedTuple):
    """A lesson.

    Attributes:
        name: Its name, which orders the lessons.
        title: Its title.
        lead: What it is about, in a sentence or two.
        blocks: Its text and blocks, in order.
    """

    name: str
    title: str
    lead: str
    blocks: list[Block]

    @property
    def rows(self) -> list[str]:
        """The systems that its steps train."""
        return [item["row"] for item in self.blocks if item["kind"] == "step"]


def names() -> list[str]:
    """Return the names of all lessons, in order."""
    return sorted(path.stem for path in FOLDER.glob("*.md"))


@cache
def lesson(name: str) -> Lesson:
    """Return a lesson.

    Raises:
        UnknownResultError: If there is none of that name.
        ConfigError: If its text breaks a rule.
    """
    if name not in names():
        msg = f"there is no lesson {name[:50]}{did_you_mean(name[:50], names())}"
        raise UnknownResultError(msg)
    return read(name, (FOLDER / f"{name}.md").read_text(encoding="utf-8"))


def read(name: str, text: str) -> Lesson:
    """Return the lesson that a text is; see ``lesson``."""
    head = TITLE.match(text)
    if head is None:
        msg = f"the lesson {name} must begin with '# Title' and a paragraph"
        raise ConfigError(msg)
    return Lesson(name, head[1], " ".join(head[2].split()), _blocks(text[head.end() :]))


def _blocks(text: str) -> list[Block]:
    """Split a text at its blocks."""
    first, *parts = BLOCK.split(text)
    found = [_text(first)]
    for line, body, after in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        found += [block(line, body), _text(after)]
    return [one for one in found if one["kind"] != "text" or one["nodes"]]


def _text(text: str) -> Block:
    if ":::" in text:
        msg = f"a block ends with a line ':::': {text[text.index(':::') :][:60]}"
        raise ConfigError(msg)
    return {"kind": "text", "nodes": parse(text)}
