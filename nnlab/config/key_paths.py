"""Keys of an experiment as dotted paths: read from arguments, and written for people to paste.

A key with a dot or an equals sign is put in quotes, as in TOML: ``dataset.columns."size.cm"=category``.
A shell removes such quotes, so names of columns and classes are understood without them, too.
"""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from nnlab.config.messages import KeyPath

QUOTED = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')"""
KEY = rf"(?>{QUOTED}(?=[.=]|\Z)|[^.=]*)"
PATH = re.compile(rf"({KEY}(?:\.{KEY})*)=", re.DOTALL)
KEYS = re.compile(rf"(?:^|\.)({KEY})", re.DOTALL)
# Keys that hold names of the user's table, and the keys that may follow such a name. A name may have
# dots in it, and equals signs, which their values, except a date_format, have not.
NAMING: dict[KeyPath, tuple[str, ...]] = {
    ("dataset", "columns"): ("kind", "encode", "missing", "date_format", "date_parts"),
    ("loss", "class_weight"): (),
}
PLAIN_KEY = re.compile(r"[^\s.='\"](?:[^.=\r\n]*[^\s.=])?")
PLAIN_ITEM = re.compile(r"\w[\w.+/%-]*(?: [\w.+/%-]+)*")


def split_argument(text: str) -> tuple[tuple[str, ...], str] | None:
    """Return the path and the value of ``key.path=value``; None if a text does not look like it."""
    match = PATH.match(text)
    if match is None:
        return None
    keys, value = KEYS.findall(match[1]), text[match.end() :]
    path = tuple(map(_unquoted, keys))
    if path[:2] in NAMING and path[2:] and path == tuple(keys):
        return _with_name(path, value)
    return (path, value) if all(keys) else None


def path_of(key: str) -> tuple[str, ...]:
    """Return the keys of a dotted path; a text that is none is one key."""
    parts = split_argument(f"{key}=")
    return (key,) if parts is None else parts[0]


def _unquoted(key: str) -> str:
    if not re.fullmatch(QUOTED, key, re.DOTALL):
        return key
    if key[0] == "'":
        return key[1:-1].replace("''", "'")
    try:
        return str(json.loads(key, strict=False))
    except ValueError:
        return key[1:-1]


def _with_name(path: tuple[str, ...], value: str) -> tuple[tuple[str, ...], str]:
    """Return a path whose third key is a whole name, typed without quotes, and the value."""
    options = NAMING[path[:2]]
    if path[-1] not in options and not value.lstrip().startswith(("{", "[")):
        rest, equals, value = value.rpartition("=")
        path = (*path[:-1], *f"{path[-1]}{'=' if equals else ''}{rest}".split("."))
    end = -1 if path[3:] and path[-1] in options else len(path)
    return (*path[:2], ".".join(path[2:end]), *path[end:]), value


def written(path: Sequence[str | int]) -> str:
    """Return a path with dots between its keys, in quotes where they need them."""
    return ".".join(_quoted(str(key)) for key in path)


def _quoted(key: str) -> str:
    return key if PLAIN_KEY.fullmatch(key) else json.dumps(key, ensure_ascii=False)


def setting(*path: str, value: str | Sequence[str]) -> str:
    """Return an argument as people can paste it into a shell.

    Args:
        path: The keys.
        value: A text, or a list of texts.
    """
    listed = value if isinstance(value, str) else f"[{','.join(map(_item, value))}]"
    return shlex.quote(f"{written(path)}={listed}")


def _item(text: str) -> str:
    return text if PLAIN_ITEM.fullmatch(text) else json.dumps(text, ensure_ascii=False)
