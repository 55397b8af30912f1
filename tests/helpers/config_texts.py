"""Strategies for config values, and how those are written in YAML."""

from __future__ import annotations

import json
import math

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

BASE = {
    "name": "base",
    "dataset": {"name": "mnist"},
    "model": {"name": "mlp"},
    "optimizer": {"name": "adam"},
}

unhurried = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
few = settings(unhurried, max_examples=40)
several = settings(unhurried, max_examples=100)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(10**39), 10**39)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), max_size=12)
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "test", "val", "x", "csv", "mlp"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


def flow(value: object) -> str:
    """A value in YAML's flow style, as an argument has it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key)}: {flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(flow, value)) + "]"
    if isinstance(value, float) and math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    return json.dumps(value, ensure_ascii=False)
