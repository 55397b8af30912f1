"""What preprocessing.json says about the columns of a table."""

from __future__ import annotations

from typing import Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.config.columns import DatePart, Encode, Kind, Missing

Code = Annotated[int, Field(ge=0, lt=10**7)]


class StoredColumn(TypedDict):
    """A column as ``nnlab.data.encoders.Column`` has it; without the fields of other kinds."""

    name: str
    kind: Kind
    missing: Missing
    missing_words: list[str]
    fill: Annotated[float, Field(allow_inf_nan=False)] | None
    has_indicator: bool
    encode: NotRequired[Encode]
    date_format: NotRequired[str | None]
    date_parts: NotRequired[list[DatePart]]
    categories: NotRequired[list[str]]
    unseen: NotRequired[list[Code]]
