"""The trials of a sweep: the base experiment with some of its keys changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from nnlab.config.key_paths import path_of
from nnlab.config.load import validate
from nnlab.config.own_anchoring import anchor_own, mapping_of
from nnlab.config.yaml12 import Document, copied

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from nnlab.config.experiment import ExperimentConfig


@dataclass(frozen=True)
class Trial:
    """One experiment of a sweep.

    Attributes:
        number: Place among the trials, from 0.
        overrides: New values by dotted path, in the order of the space.
        config: The base with the overrides, for the seeds of the search.
    """

    number: int
    overrides: dict[str, Any]
    config: ExperimentConfig


def document_of(base: ExperimentConfig, *, is_stored: bool = False) -> Document:
    """Return an experiment as what was written, so that its defaults follow from the overrides."""
    return Document(mapping_of(base, only_set=True), is_stored=is_stored)


def with_overrides(base: Document, overrides: Mapping[str, Any]) -> Document:
    """Return a copy of an experiment with new values; a section is replaced as a whole."""
    document = base.copy()
    for key in sorted(overrides, key=lambda key: len(path_of(key))):
        document.set(path_of(key), overrides[key])
    return document


def restore_base(value: dict[str, Any], code: Path) -> ExperimentConfig:
    """Return the base of a stored plan; see ``restore``."""
    document = Document(copied(value), is_stored=True)
    anchor_own(document, code)
    return validate(document)


def restore(number: int, overrides: dict[str, Any], base: ExperimentConfig, code: Path) -> Trial:
    """Return a trial of a stored plan.

    Args:
        number: Its number.
        overrides: Its values.
        base: The base of the plan.
        code: Folder of the user's own code that the overrides name.

    Raises:
        ConfigProblems: If they are not valid together.
    """
    document = with_overrides(document_of(base, is_stored=True), overrides)
    anchor_own(document, code)
    return Trial(number, overrides, validate(document))
