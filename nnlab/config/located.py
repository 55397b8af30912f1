"""Locating, in the file of an experiment, what only its data contradict."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from nnlab.config.messages import ConfigProblems, Problem
from nnlab.config.problems import locate
from nnlab.errors import KeyedError

if TYPE_CHECKING:
    from nnlab.config.yaml12 import Document


@contextmanager
def located(document: Document | None) -> Iterator[None]:
    """Give an error about a key its place in the document, if there is one.

    Raises:
        ConfigProblems: In place of a KeyedError.
    """
    try:
        yield
    except KeyedError as error:
        if document is None:
            raise
        place = locate(error.path, document, prefer_key=True)
        raise ConfigProblems([Problem(error.path, error.text, place)]) from error
