"""Values in the form in which they are compared, stored and shown; nothing here prints."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping


def flatten(values: Mapping[Any, Any], *, with_lists: bool = False) -> dict[str, Any]:
    """Return the values of nested mappings by their dotted keys.

    Args:
        values: The outermost mapping.
        with_lists: Whether to look into lists, too; the key of an item is its index.
    """
    flat: dict[str, Any] = {}
    for key, value in values.items():
        nested = dict(enumerate(value)) if with_lists and isinstance(value, list) else value
        if isinstance(nested, dict):
            inner = flatten(nested, with_lists=with_lists)
            flat |= {f"{key}.{name}": item for name, item in inner.items()}
        else:
            flat[str(key)] = value
    return flat


def without_nan(value: Any) -> Any:
    """Return a JSON value with None in place of NaN and infinity, which JSON cannot write."""
    if isinstance(value, dict):
        return {key: without_nan(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_nan(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
