"""Experiments as earlier versions stored them with their runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nnlab.config.yaml12 import Document


def keep_meaning(document: Document) -> None:
    """Write the values of keys that a run was stored without, where the default is another now.

    A run stores every default, so a key that is missing did not exist.
    """
    dataset = document.value.get("dataset")
    if isinstance(dataset, dict) and dataset.get("name") == "csv":
        dataset.setdefault("standardize_target", False)
