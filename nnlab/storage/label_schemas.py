"""What users add to a result."""

from __future__ import annotations

from pydantic import with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.storage.schemas import STRICT


@with_config(STRICT)
class Tags(TypedDict):
    """tags.json."""

    tags: list[str]


@with_config(STRICT)
class Note(TypedDict):
    """note.json."""

    note: str
