"""What preprocessing.json says about the training examples, to say when new ones are unlike them."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Interval = Annotated[list[Number], Field(min_length=2, max_length=2)]


class StoredRange(TypedDict):
    """The values of a column over the training rows."""

    low: Number
    high: Number
    mean: Number
    std: Number


class StoredLikeness(TypedDict):
    """See ``nnlab.data.pictures.likeness.Likeness``."""

    low: list[Number]
    high: list[Number]
    mean: list[Number]
    std: list[Number]
    precision: list[list[Number]]
    limit: Number


class StoredPictures(TypedDict):
    """See ``nnlab.data.columns.seen.PictureRange``."""

    ink: Interval
    background: Interval
    likeness: NotRequired[StoredLikeness]


class StoredSeen(TypedDict):
    """See ``nnlab.data.columns.seen.Seen``."""

    columns: NotRequired[dict[str, StoredRange]]
    pictures: NotRequired[StoredPictures]
