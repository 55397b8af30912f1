"""The names of the columns of an array."""

from __future__ import annotations

from typing import Any


def names_of(estimator: Any) -> tuple[str, ...]:
    """Return the names of an estimator's features: x0, x1, ... unless the rows named them."""
    names = getattr(estimator, "feature_names_in_", None)
    if names is None:
        return tuple(f"x{index}" for index in range(estimator.n_features_in_))
    return tuple(names.tolist())
