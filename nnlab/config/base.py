"""What all sections of an experiment file have in common."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field


class Config(BaseModel):
    """A frozen section: unknown keys, wrong types, NaN and infinity are errors."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        use_attribute_docstrings=True,
        protected_namespaces=(),
    )


Contradiction = tuple[tuple[str | int, ...], str]


class ComponentConfig(Config):
    """A section chosen by its ``name``, with the facts that engines and the linter need.

    A fact is a class variable or property that no file can set. Its default in the base class is
    the safe answer for an unknown component.

    Attributes:
        builder: The function that builds the object, ``module:function``; never read from a file.
    """

    builder: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:
        """Reject a component that extends another one, whose facts may not hold for it."""
        super().__pydantic_init_subclass__(**options)
        for parent in cls.__mro__[1:]:
            if issubclass(parent, ComponentConfig) and "name" in parent.model_fields:
                msg = f"{cls.__name__} extends {parent.__name__}, a component with facts of its own"
                raise TypeError(msg)

    def contradictions(self) -> Iterator[Contradiction]:
        """Yield each field whose value contradicts another field of this section, and why."""
        yield from ()


Fraction = Annotated[float, Field(ge=0, lt=1)]
Probability = Annotated[float, Field(ge=0, lt=1)]
Positive = Annotated[float, Field(gt=0)]
NonNegative = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=1, le=10**9)]
Whole = Annotated[int, Field(ge=0, le=10**9)]
Width = Annotated[int, Field(ge=1, le=10**6)]
Seed = Annotated[int, Field(ge=0, lt=2**32)]


def _tuple_of_list(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


FromList = BeforeValidator(_tuple_of_list, json_schema_input_type=list[Any])
Widths = Annotated[tuple[Width, ...], FromList, Field(max_length=100)]
