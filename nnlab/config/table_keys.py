"""The keys that say how a table is written."""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from nnlab.config.base import Contradiction
from nnlab.config.dataset_base import DatasetConfig
from nnlab.config.messages import DELIMITER, MARK
from nnlab.config.table_format import TableFormat

DELIMITER_WORDS = {"tab": "\t", "\\t": "\t", "blank": " ", "space": " "}


def _delimiter(value: Any) -> Any:
    return DELIMITER_WORDS.get(value, value) if isinstance(value, str) else value


def _encoding(name: str) -> str:
    if name == "auto":
        return name
    try:
        "a".encode(name)
        b"a\xff".decode(name, errors="ignore")
    except (LookupError, ValueError) as error:
        kind = "encoding"
        raise PydanticCustomError(kind, "unknown encoding") from error
    return codecs.lookup(name).name


def _expanded(path: str) -> str:
    """Return a path with the home folder in place of ``~``, if there is one."""
    if not path.startswith("~"):
        return path
    try:
        return str(Path(path).expanduser())
    except RuntimeError:
        return path


TablePath = Annotated[str, Field(min_length=1), AfterValidator(_expanded)]
Delimiter = Annotated[
    str,
    Field(pattern=DELIMITER),
    BeforeValidator(_delimiter, json_schema_input_type=str),
]
Mark = Annotated[str, Field(pattern=MARK)]


class TableKeys(DatasetConfig):
    """Rows of a file, and how they are written."""

    delimiter: Delimiter = "auto"
    """The character between cells; tab, blank (any number of blanks), or auto: the one that fits."""
    decimal: Literal["auto", ".", ","] = "auto"
    """The character before the decimals of a number; auto: a comma where nothing else is possible."""
    thousands: Literal[".", ",", "'", "_", " "] | None = None
    """The character between groups of three digits."""
    encoding: Annotated[str, AfterValidator(_encoding)] = "auto"
    """The encoding of the file, such as cp1252; auto: by its mark, else UTF-8."""
    header: bool = True
    """Whether the first line names the columns; else they are called 0, 1, 2, ..."""
    comment: Mark | None = None
    """A character that starts lines to skip."""
    escape: Mark | None = None
    """A character before quotes that belong to their cell, such as \\; else they are doubled."""
    skip_rows: Annotated[int, Field(ge=0, le=1000)] = 0
    """Number of lines above the table; 0: titles and lines of # that can be told are skipped."""

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield characters that are to mean two things."""
        yield from super().contradictions()
        if self.thousands == self.decimal:
            yield ("thousands",), f"'{self.decimal}' cannot part thousands and precede decimals"
        for key in ("comment", "escape"):
            if getattr(self, key) is not None and getattr(self, key) == self.delimiter:
                yield (key,), f"'{self.delimiter}' is the delimiter, too"

    @property
    def table_format(self) -> TableFormat:
        """How the file is written."""
        return TableFormat(
            delimiter=self.delimiter,
            decimal=self.decimal,
            thousands=self.thousands,
            encoding=self.encoding,
            header=self.header,
            comment=self.comment,
            escape=self.escape,
            skip_rows=self.skip_rows,
        )
