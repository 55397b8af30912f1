"""Overrides given from Python, as the command line takes them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from nnlab.errors import ConfigError

Overrides = str | Sequence[str] | Mapping[str, Any]


def as_arguments(overrides: Overrides) -> list[str]:
    """Return overrides as ``key.path=value`` strings.

    Args:
        overrides: Such strings, or a mapping from dotted keys to values.

    Raises:
        ConfigError: If a value cannot be part of an experiment.
    """
    if isinstance(overrides, str):
        return [overrides]
    if isinstance(overrides, Mapping):
        return [f"{key}={_as_yaml(key, value)}" for key, value in overrides.items()]
    return [*overrides]


def _as_yaml(key: str, value: object) -> str:
    """Return a value as JSON, which is YAML too."""
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False, default=_plain)
    except (TypeError, ValueError) as error:
        msg = f"override {key}: {error}; use numbers, text, lists and mappings"
        raise ConfigError(msg) from error


def _plain(value: object) -> object:
    """Return a path or a NumPy or torch number as a value that JSON knows."""
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "item"):
        return value.item()
    msg = f"a value of type {type(value).__name__} cannot be part of an experiment"
    raise TypeError(msg)
