"""How the columns of a table become features."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nnlab.config.base import Config, Contradiction, FromList
from nnlab.config.table_keys import TableKeys

Kind = Literal["number", "boolean", "category", "date"]
Encode = Literal["onehot", "ordinal"]
Missing = Literal["refuse", "drop", "mean", "median", "most_frequent"]
DatePart = Literal["days", "year", "month", "day", "weekday", "hour"]
DateParts = Annotated[tuple[DatePart, ...], FromList, Field(min_length=1)]


def _date_format(text: str) -> str:
    try:
        moment = datetime.strptime(EXAMPLE.strftime(text), text)  # noqa: DTZ007 - only compared
    except (ValueError, OverflowError, re.error):
        moment = None
    if moment is None or moment.replace(tzinfo=None) == datetime(1900, 1, 1):  # noqa: DTZ001
        kind = "date_format"
        raise PydanticCustomError(kind, "no format of dates")
    return text


DateFormat = Annotated[str, AfterValidator(_date_format)]
Names = Annotated[tuple[str, ...], FromList]
EXAMPLE = datetime(2024, 12, 31, 23, 59, 58, tzinfo=UTC)
# Compared without case; those of pandas, ? of the UCI tables, and \N of MySQL.
MISSING_WORDS = ("na", "n/a", "#n/a", "<na>", "nan", "-nan", "null", "none", "?", r"\n")


class ColumnConfig(Config):
    """How one column becomes features; what is not given is as for the table."""

    kind: Literal["auto", "drop"] | Kind = "auto"
    """What its cells are; auto: found from the cells; drop: leave the column out."""
    encode: Encode | None = None
    """How a category becomes features; default: dataset.encode."""
    missing: Missing | None = None
    """What to do about missing cells; default: dataset.missing."""
    date_format: DateFormat | None = None
    """Format of its dates; default: dataset.date_format."""
    date_parts: DateParts | None = None
    """Features of each date; default: dataset.date_parts."""

    @property
    def stated_kind(self) -> Kind | None:
        """The kind that the keys imply; None if it is found from the cells."""
        if self.kind not in {"auto", "drop"}:
            return self.kind  # type: ignore[return-value]  # the literals that are left
        if self.encode is not None:
            return "category"
        return "date" if self.date_format or self.date_parts else None

    def problem(self) -> str | None:
        """Return which key does not fit the kind, or None."""
        if self.kind == "drop":
            return None if self == ColumnConfig(kind="drop") else "a dropped column has no options"
        if self.encode is not None and self.stated_kind != "category":
            return f"encode is for a category, not a {self.stated_kind}"
        is_date = self.stated_kind == "date"
        if (self.date_format or self.date_parts) and not is_date:
            return f"date_format and date_parts are for a date, not a {self.stated_kind}"
        if self.missing in {"mean", "median"} and self.stated_kind in {"category", "boolean"}:
            return f"a {self.stated_kind} has no {self.missing}; use most_frequent"
        return None


def _of_word(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


AnyColumn = Annotated[
    ColumnConfig, BeforeValidator(_of_word, json_schema_input_type=str | ColumnConfig)
]


class ColumnsConfig(TableKeys):
    """A table, and how its columns become features."""

    features: Annotated[Names, Field(min_length=1)] | None = None
    """Names of the feature columns; default: all columns except the target."""
    drop: Names = ()
    """Names of columns that are left out."""
    kinds: Annotated[tuple[Kind, ...], FromList, Field(min_length=1)] | None = None
    """Leave out the columns of other kinds: number, boolean, category, date."""
    columns: dict[str, AnyColumn] = Field(default_factory=dict)
    """Kind of each column that is not to be found from its cells, such as {postcode: category}, or
    its options, such as {size: {encode: ordinal}}."""
    encode: Encode = "onehot"
    """onehot: a feature of 0 and 1 for each category; ordinal: the number of the category."""
    missing: Missing = "refuse"
    """refuse: an error that counts the missing cells; drop: leave their rows out; mean, median or
    most_frequent of the training rows (categories: most_frequent), with an indicator feature."""
    missing_words: Names | None = None
    """Texts that stand for a missing cell, besides an empty one; case is ignored. Default: NA, N/A,
    #N/A, <NA>, NaN, null, None, ? and \\N, except in a target of classes."""
    date_format: DateFormat | None = None
    """Format of dates, such as "%d.%m.%Y"; default: ISO 8601, 2024-12-31 or 2024-12-31 23:59."""
    date_parts: DateParts = ("days",)
    """Features of each date: days (since 1970-01-01, UTC), year, month, day, weekday (Monday 0) or
    hour."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield what contradicts itself about columns."""
        yield from super().contradictions()
        chosen = set(self.features or ())
        for name in self.drop:
            if name in chosen:
                yield ("drop",), f"'{name}' is among the features, too"
        for name, column in self.columns.items():
            if problem := column.problem():
                yield ("columns", name), problem
            elif column.kind == "drop" and name in chosen:
                yield ("columns", name), f"'{name}' is among the features, too"

    def which_examples(self) -> dict[str, Any]:
        """Return the fields that choose the examples: all about columns if rows are left out."""
        policies = {self.missing, *(options.missing for options in self.columns.values())}
        keys = {"features", "drop", "kinds", "columns", "missing", "missing_words"}
        chosen = self.model_dump(mode="json", include=keys) if "drop" in policies else {}
        return {**super().which_examples(), **chosen}

    def of_column(self, name: str) -> ColumnConfig:
        """Return the options of a column."""
        return self.columns.get(name, ColumnConfig())

    def is_dropped(self, name: str) -> bool:
        """Return whether the experiment leaves a column out."""
        return name in self.drop or self.of_column(name).kind == "drop"

    def missing_of(self, name: str) -> Missing:
        """Return what to do about missing cells of a column."""
        return self.of_column(name).missing or self.missing

    @property
    def words_for_missing(self) -> frozenset[str]:
        """Texts that stand for a missing cell, in lower case."""
        words = MISSING_WORDS if self.missing_words is None else self.missing_words
        return frozenset(word.strip().casefold() for word in words)
