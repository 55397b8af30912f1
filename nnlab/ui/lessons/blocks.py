"""The blocks of a lesson that are more than text: ``:::KIND WORD key=value``, a body, ``:::``."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.config.bundled import find_config
from nnlab.errors import ConfigError
from nnlab.ui.lessons.markdown import parse
from nnlab.ui.lessons.pictures import PICTURES
from nnlab.ui.lessons.table import SYSTEMS, system

if TYPE_CHECKING:
    from collections.abc import Callable

    from nnlab.ui.lessons.markdown import Tree

CHOICE = re.compile(r"^- \[([ x])\] (.*)$", re.MULTILINE)
ANSWER = re.compile(r"^---$", re.MULTILINE)
DEFAULT_SEEDS = 5

Block = dict[str, Any]


class Head(NamedTuple):
    """The first line of a block.

    Attributes:
        kind: What it is.
        word: What it is about; empty if there is none.
        options: Its ``key=value``, where other words without ``=`` are overrides.
        overrides: Overrides of an experiment.
    """

    kind: str
    word: str
    options: dict[str, str]
    overrides: list[str]

    @classmethod
    def of(cls, line: str) -> Head:
        """Return the head that a line writes."""
        kind, *words = shlex.split(line)
        word = words.pop(0) if words and "=" not in words[0] else ""
        pairs = [item.partition("=") for item in words]
        options = {key: value for key, _, value in pairs if "." not in key}
        return cls(kind, word, options, [item for item in words if "." in item.partition("=")[0]])


def block(line: str, body: str) -> Block:
    """Return the block that a head and a body write.

    Raises:
        ConfigError: If there is no such kind, experiment, row or picture.
    """
    head = Head.of(line)
    if head.kind not in KINDS:
        msg = f":::{line}: a lesson has blocks of {', '.join(KINDS)} only"
        raise ConfigError(msg)
    return {"kind": head.kind, **KINDS[head.kind](head, body)}


def _experiment(head: Head, body: str) -> Block:
    return {**_trained(head, head.word, tuple(head.overrides)), "nodes": parse(body)}


def _step(head: Head, body: str) -> Block:
    """Return a step: a system, and what its seeds are compared with."""
    if head.word not in {one.row for one in SYSTEMS}:
        msg = f":::step {head.word}: there is no such system"
        raise ConfigError(msg)
    found = system(head.word)
    seeds = {"seeds": "1"} if found.is_split_by_seed else {}
    trained = _trained(
        head._replace(options={**seeds, **head.options}), found.config, found.overrides
    )
    return {
        **trained,
        "row": found.row,
        "has_images": found.has_images,
        "is_slow": found.is_slow,
        "nodes": parse(body),
    }


def _trained(head: Head, config: str, overrides: tuple[str, ...]) -> Block:
    """Return an experiment as the playground starts from it: its file, and edits."""
    import yaml

    seeds = int(head.options.get("seeds", DEFAULT_SEEDS))
    words = [*overrides, f"train.seeds={seeds}"]
    pairs = [word.partition("=") for word in words]
    return {
        "config": config,
        "yaml": find_config(config).read_text(encoding="utf-8"),
        "edits": [{"key": key, "value": yaml.safe_load(value)} for key, _, value in pairs],
        "controls": [key for key in head.options.get("controls", "").split(",") if key],
        "command": shlex.join(["nnlab", "train", config, *overrides, "--seeds", str(seeds)]),
    }


def _question(head: Head, body: str) -> Block:
    """Return a question, with choices or without, and its answer below a line ``---``."""
    question, *rest = ANSWER.split(body, maxsplit=1)
    if not rest:
        msg = f"a question needs an answer, below a line ---: {question[:60]}"
        raise ConfigError(msg)
    choices = [
        {"nodes": _inline(text), "is_right": mark == "x"} for mark, text in CHOICE.findall(question)
    ]
    return {
        "nodes": parse(CHOICE.sub("", question)),
        "choices": choices,
        "answer": parse(rest[0]),
    }


def _inline(text: str) -> Tree:
    """Return the content of a single paragraph."""
    (paragraph,) = parse(text)
    return paragraph["children"] if isinstance(paragraph, dict) else [paragraph]


def _picture(head: Head, body: str) -> Block:
    if head.word not in PICTURES:
        msg = f":::picture {head.word}: a lesson has pictures of {', '.join(PICTURES)} only"
        raise ConfigError(msg)
    return {"picture": head.word, "nodes": parse(body)}


def _text(head: Head, body: str) -> Block:
    return {"nodes": parse(body)}


KINDS: dict[str, Callable[[Head, str], Block]] = {
    "experiment": _experiment,
    "step": _step,
    "question": _question,
    "picture": _picture,
    "derivation": _text,
    "graph": _text,
    "teacher": _text,
}
