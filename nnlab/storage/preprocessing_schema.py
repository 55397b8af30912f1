"""What preprocessing.json must hold."""

from __future__ import annotations

from typing import Annotated, Any, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict  # pydantic refuses that of typing before Python 3.12

from nnlab.config.columns import DatePart, Encode, Kind, Missing
from nnlab.metrics import TaskName
from nnlab.storage.schemas import STRICT, Count
from nnlab.storage.seen_schemas import StoredSeen

Code = Annotated[int, Field(ge=0, lt=10**7)]


class StoredColumn(TypedDict):
    """A column as ``nnlab.data.columns.encoders.Column`` has it; without the fields of other kinds."""

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


@with_config(STRICT)
class Preprocessing(TypedDict):
    """preprocessing.json."""

    task: TaskName
    input_shape: Annotated[list[Annotated[Count, Field(ge=1)]], Field(min_length=1, max_length=3)]
    feature_names: list[str]
    class_names: list[str]
    mean: list[Any] | None
    std: list[Any] | None
    target_mean: NotRequired[float | list[float] | None]
    target_std: NotRequired[float | list[float] | None]
    number_style: NotRequired[Annotated[list[str], Field(min_length=1, max_length=2)]]
    seen: NotRequired[StoredSeen]
    columns: NotRequired[list[StoredColumn]]
    varied_columns: NotRequired[list[list[StoredColumn]]]
