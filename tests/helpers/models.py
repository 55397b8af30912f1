"""Input specs for models, and the number of their parameters."""

from __future__ import annotations

from nnlab.data.types import DataSpec

IMAGES = DataSpec("classification", (1, 8, 8), 3)
TABLE = DataSpec("classification", (4,), 3)


def count(model):
    return sum(parameter.numel() for parameter in model.parameters())
