"""What manifest.json of a run's checkpoints must hold."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.storage.schemas import STRICT, Count


class Entry(TypedDict):
    """A checkpoint in a manifest."""

    file: Annotated[str, Field(pattern=r"^\d{9,}(-\d+)?\.safetensors$")]
    step: NotRequired[Count]
    epoch: NotRequired[Count]
    size_bytes: Count
    sha256: str
    metrics_bytes: Count
    looks_bytes: Count
    progress: dict[str, object]


@with_config(STRICT)
class Manifest(TypedDict):
    """manifest.json of the checkpoints."""

    checkpoints: list[Entry]
