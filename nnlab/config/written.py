"""The settings in a stored experiment as they are written, for lists: fast, and not checked."""

from __future__ import annotations

from typing import Any

from nnlab.config.yaml12 import MAX_CHARACTERS, MAX_DEPTH
from nnlab.formatting import flatten

MAX_SETTINGS = 1_000


def written_settings(text: str) -> dict[str, str]:
    """Return the values of an experiment that nnlab has written, by their dotted keys.

    Args:
        text: The YAML. Nothing is found in what nnlab does not write: aliases, damaged text, or more
            than it can be.
    """
    import yaml

    if len(text) > MAX_CHARACTERS or "&" in text or "*" in text:
        return {}
    loader = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
    try:
        value = yaml.load(text, Loader=loader)  # every scalar stays a string
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}
    if not isinstance(value, dict) or _depth(value) > MAX_DEPTH:
        return {}
    items = list(flatten(value).items())[:MAX_SETTINGS]
    return {key: _text(item) for key, item in items}


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _text(value: object) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_text, value))}]"
    return str(value)
