"""Editing the text of an experiment: one key changes, and comments and layout stay as they are."""

from __future__ import annotations

import contextlib
from typing import Any

import yaml

from nnlab.config.key_paths import written
from nnlab.config.messages import ConfigProblems, KeyPath, SourceText
from nnlab.config.yaml12 import Document, compose, dump_inline, parse
from nnlab.errors import ConfigError

BLOCK_SCALARS = ("|", ">")


def set_key(text: str, path: KeyPath, value: object) -> str:
    """Return a text with another value of a key, which is added if it is not there.

    Args:
        text: The experiment.
        path: The key; the sections above it are added, too.
        value: Plain value, as JSON has it.

    Raises:
        ConfigProblems: If the text is not valid YAML for an experiment.
        ConfigError: If the text is written so that this key cannot be changed alone.
    """
    return put(text, path, dump_inline(value))


def put(text: str, path: KeyPath, scalar: str) -> str:
    """Set a key to a value that is written as YAML, on one line; see ``set_key``."""
    document = _parse(text)
    if not isinstance(document.value, dict):
        document.value = {}
    value = _parse(scalar).value
    _set(document, path, value)
    return _checked(_put(text, path, scalar), document, path)


def remove_key(text: str, path: KeyPath) -> str:
    """Return a text without a key; the same text if it is not there; see ``set_key``."""
    document = _parse(text)
    section = _at(document.value, path[:-1])
    if not isinstance(section, dict) or path[-1] not in section:
        return text
    del section[path[-1]]
    return _checked(_remove(text, path), document, path)


def _parse(text: str) -> Document:
    return parse(text, SourceText("experiment", text))


def _at(value: Any, path: KeyPath) -> Any:
    for key in path:
        is_there = key in value if isinstance(value, dict) else _is_index(key, value)
        value = value[key] if is_there else None
    return value


def _is_index(key: str | int, value: Any) -> bool:
    return isinstance(value, list) and isinstance(key, int) and 0 <= key < len(value)


def _set(document: Document, path: KeyPath, value: object) -> None:
    """Set a value in a document: an item of a list, or a key."""
    above = _at(document.value, path[:-1])
    if isinstance(above, dict) or _is_index(path[-1], above):
        above[path[-1]] = value
    elif any(isinstance(key, int) for key in path):
        msg = f"{written(path)} is not there; a list is changed as a whole"
        raise ConfigError(msg)
    else:
        document.set(path, value)


def _checked(text: str, wanted: Document, path: KeyPath) -> str:
    """Return an edited text if it means what it should.

    Raises:
        ConfigError: If it does not.
    """
    with contextlib.suppress(ConfigProblems):
        if (_parse(text).value or {}) == wanted.value:
            return text
    msg = f"{written(path)} is written so that it cannot be changed alone; edit the text"
    raise ConfigError(msg)


def _put(text: str, path: KeyPath, scalar: str) -> str:
    node = compose(text)
    if node is None:
        return _with_line(text, len(text), _pair(path, scalar))
    key: yaml.Node | None = None
    for depth, word in enumerate(path):
        found = _child(node, word)
        if found is None:
            return _insert(text, key, node, _pair(path[depth:], scalar))
        key, node = found
    return _replace(text, key, node, scalar)


def _pair(path: KeyPath, scalar: str) -> str:
    """Return a key and its value on one line, with the sections above it in braces."""
    first, *below = (dump_inline(str(key)) for key in path)
    for key in reversed(below):
        scalar = f"{{{key}: {scalar}}}"
    return f"{first}: {scalar}"


def _child(node: yaml.Node, word: str | int) -> tuple[yaml.Node | None, yaml.Node] | None:
    """Return the key and the value below a node, or None."""
    if isinstance(node, yaml.SequenceNode) and isinstance(word, int):
        return (None, node.value[word]) if word < len(node.value) else None
    pairs = node.value if isinstance(node, yaml.MappingNode) else []
    return next(((key, value) for key, value in pairs if key.value == word), None)


def _is_block(node: yaml.Node) -> bool:
    return isinstance(node, yaml.CollectionNode) and not node.flow_style


def _end(node: yaml.Node) -> int:
    """Return where the content of a node ends; what follows a block may be comments."""
    if not _is_block(node):
        return int(node.end_mark.index)
    last = node.value[-1]
    return _end(last[1] if isinstance(last, tuple) else last)


def _replace(text: str, key: yaml.Node | None, node: yaml.Node, scalar: str) -> str:
    """Return the text with another value in place of a node."""
    start, end = node.start_mark.index, _end(node)
    if _is_block(node) and key is not None:
        colon = text.index(":", key.end_mark.index) + 1
        return f"{text[:colon]} {scalar}{text[colon:start].rstrip()}{_rest(text, node)}"
    if isinstance(node, yaml.ScalarNode) and node.style in BLOCK_SCALARS:
        return f"{text[:start]}{scalar}{_rest(text, node)}"
    blank = " " if start == end else ""
    return text[:start] + blank + scalar + text[end:]


def _rest(text: str, node: yaml.Node) -> str:
    """Return what follows a node, from the end of its last line."""
    end = _end(node)
    return _newline(text) + text[end:] if text[:end].endswith("\n") else text[end:]


def _insert(text: str, key: yaml.Node | None, node: yaml.Node, pair: str) -> str:
    """Return the text with another key in a section."""
    if not isinstance(node, yaml.MappingNode):
        return _replace(text, key, node, f"{{{pair}}}")
    if _is_block(node):
        return _with_line(text, _end(node), " " * node.start_mark.column + pair)
    if not node.value:
        start = node.start_mark.index + 1
        return text[:start] + pair + text[start:]
    end = _end(node.value[-1][1])
    return f"{text[:end]}, {pair}{text[end:]}"


def _with_line(text: str, at: int, line: str) -> str:
    """Return the text with a line more, after the line of a position."""
    newline = _newline(text)
    if at and text[at - 1] == "\n":
        return text[:at] + line + newline + text[at:]
    end = text.find("\n", at)
    if end < 0:
        return text + (newline if text else "") + line + newline
    return text[: end + 1] + line + newline + text[end + 1 :]


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _remove(text: str, path: KeyPath) -> str:
    above, section = None, compose(text)
    for word in path[:-1]:
        assert section is not None, "the section is there"
        above, section = _child(section, word) or (None, None)
    assert isinstance(section, yaml.MappingNode), "the section is there"
    index = next(i for i, (key, _) in enumerate(section.value) if key.value == path[-1])
    if _is_block(section):
        if len(section.value) == 1:
            return _replace(text, above, section, "{}")
        return _without_lines(text, section, index)
    return _without_pair(text, section, index)


def _without_lines(text: str, section: yaml.MappingNode, index: int) -> str:
    """Return the text without a key of a section that has a line for each."""
    key, value = section.value[index]
    start, end = key.start_mark.index, _end(value)
    line_start = text.rfind("\n", 0, start) + 1
    if text[line_start:start].strip():  # it follows the dash of an item
        return text[:start] + text[section.value[index + 1][0].start_mark.index :]
    line_end = end if text[:end].endswith("\n") else text.find("\n", end) + 1
    return text[:line_start] + (text[line_end:] if line_end else "")


def _without_pair(text: str, section: yaml.MappingNode, index: int) -> str:
    """Return the text without a key of a section in braces, and without a comma."""
    key, value = section.value[index]
    start, end = key.start_mark.index, _end(value)
    if index + 1 < len(section.value):
        comma = _comma(text, end)
        return text[:start] + text[comma + 1 :].lstrip(" ")
    before, after = text[:start], text[end:]
    if index:
        comma = _comma(text, _end(section.value[index - 1][1]))
        before = (text[:comma] + text[comma + 1 : start]).rstrip(" ")
    return before + after


def _comma(text: str, at: int) -> int:
    """Return where the next comma is, outside comments."""
    while text[at] != ",":
        at = text.index("\n", at) if text[at] == "#" else at + 1
    return at
