"""The signature of the user's own class or function as the schema of its section.

It is read from the syntax tree; nothing is run.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple, Optional, Union

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError

from nnlab.config.base import FromList
from nnlab.config.messages import format_errors
from nnlab.config.own_code import OwnCodeError, definition_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from nnlab.config.own_code import OwnName

PathOfText = Annotated[Path, BeforeValidator(lambda v: Path(v) if isinstance(v, str) else v)]
SIMPLE: dict[str, Any] = {"int": int, "float": float, "bool": bool, "str": str, "Path": PathOfText}
LIMITS = ("gt", "ge", "lt", "le", "multiple_of", "min_length", "max_length", "pattern")
STRICT = ConfigDict(strict=True, allow_inf_nan=False)
EXPECTED = "int, float, bool, str, Path, Literal[...], list[...], tuple[...] or one of them | None"


class Parameter(NamedTuple):
    """A parameter of the user's class or function.

    Attributes:
        name: Its name.
        annotation: Its type, as written; None if none is.
        default: Its default, as written; None if it has none.
        line: Line in the file.
    """

    name: str
    annotation: ast.expr | None
    default: ast.expr | None
    line: int


def parameters_of(own: OwnName) -> list[Parameter]:
    """Return the parameters of an own class (of its ``__init__``) or function, in order.

    Raises:
        OwnCodeError: If its signature says less than a schema needs.
    """
    definition = definition_of(own)
    if isinstance(definition, ast.FunctionDef):
        return _parameters(definition, own)
    init = _init_of(definition, own)
    return _parameters(init, own)[1:] if init else []


def field_of(parameter: Parameter, own: OwnName) -> tuple[Any, Any]:
    """Return a parameter as pydantic's (type, default).

    Raises:
        OwnCodeError: If no value of an experiment file has its type.
    """
    reader = _Reader(own.source.file)
    default = ... if parameter.default is None else reader.value(parameter.default, parameter.name)
    if parameter.annotation is not None:
        return reader.annotation(parameter.annotation), default
    if default is ... or default is None:
        msg = (
            f"{own.source.file}:{parameter.line}: the parameter '{parameter.name}' has no type; "
            f"an experiment can give {EXPECTED}"
        )
        raise OwnCodeError(msg)
    return _type_of(default), default


def check_default(parameter: Parameter, annotation: Any, own: OwnName) -> None:
    """Check that the default of a parameter has its type.

    Args:
        parameter: The parameter.
        annotation: Its type, of which pydantic has made a schema.
        own: Whose parameter it is.

    Raises:
        OwnCodeError: With the line of the default.
    """
    if parameter.default is None:
        return
    default = ast.literal_eval(parameter.default)
    try:
        TypeAdapter(annotation, config=STRICT).validate_python(default)
    except ValidationError as error:
        problem = format_errors(error.errors(), ())
        hint = "; write its type as ... | None" if default is None else ""
        place = f"{own.source.file}:{parameter.default.lineno}"
        msg = f"{place}: the default of '{parameter.name}' {problem}{hint}"
        raise OwnCodeError(msg) from error


def summary_of(own: OwnName) -> str:
    """Return the first line of the docstring of an own class or function, if it has one."""
    text = ast.get_docstring(definition_of(own)) or ""
    return text.partition("\n")[0]


def _init_of(definition: ast.ClassDef, own: OwnName) -> ast.FunctionDef | None:
    """Return ``__init__`` of a class, or that of a base class in the same file."""
    for node in definition.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            return node
    classes = {node.name: node for node in own.source.tree.body if isinstance(node, ast.ClassDef)}
    for base in definition.bases:
        above = classes.get(base.id) if isinstance(base, ast.Name) else None
        if above is not None and above.lineno < definition.lineno:
            return _init_of(above, own)
    return None


class _Reader:
    """Reads parameters from syntax trees of a file."""

    def __init__(self, file: str) -> None:
        self.file = file

    def value(self, node: ast.expr, name: str) -> Any:
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
            text = f"'{name}' must be written out: a number, text, a list, True, False or None"
            raise self.error(node, text) from None

    def annotation(self, node: ast.expr) -> Any:
        match node:
            case ast.Constant(value=None):
                return None
            case ast.Constant(value=str() as text):
                return self.annotation(self.expression(text, node))
            case ast.Name(id=name) if name in SIMPLE:
                return SIMPLE[name]
            case ast.BinOp(left=left, op=ast.BitOr(), right=right):
                return Union[self.annotation(left), self.annotation(right)]  # noqa: UP007
            case ast.Subscript(value=value, slice=inner):
                return self.subscript(_name_of(value), inner, node)
            case _:
                pass
        raise self.unknown(node)

    def expression(self, text: str, node: ast.expr) -> ast.expr:
        try:
            return ast.copy_location(ast.parse(text, mode="eval").body, node)
        except (SyntaxError, ValueError):
            raise self.error(node, f"'{text}' is not a type") from None

    def subscript(self, name: str, inner: ast.expr, node: ast.expr) -> Any:
        parts = inner.elts if isinstance(inner, ast.Tuple) else [inner]
        match name:
            case "Literal":
                return Literal[tuple(self.value(part, "Literal") for part in parts)]
            case "Optional":
                return Optional[self.annotation(parts[0])]  # noqa: UP045
            case "Union":
                return Union[tuple(self.annotation(part) for part in parts)]  # noqa: UP007
            case "list" | "List":
                return list[self.annotation(parts[0])]  # type: ignore[misc]
            case "Sequence":
                return _sequence_of(self.annotation(parts[0]))
            case "tuple" | "Tuple":
                return Annotated[self.tuple_of(parts), FromList]
            case "Annotated":
                return Annotated[self.annotation(parts[0]), self.field(parts[1:], node)]
            case _:
                pass
        raise self.unknown(node)

    def tuple_of(self, parts: Sequence[ast.expr]) -> Any:
        is_open = isinstance(parts[-1], ast.Constant) and parts[-1].value is ...
        items = [self.annotation(part) for part in (parts[:-1] if is_open else parts)]
        return tuple.__class_getitem__((*items, ...) if is_open else tuple(items))

    def field(self, marks: Sequence[ast.expr], node: ast.expr) -> Any:
        """Return the limits that ``Field(ge=1)`` in an annotation sets."""
        limits: dict[str, Any] = {}
        for mark in marks:
            if not (
                isinstance(mark, ast.Call) and _name_of(mark.func) == "Field" and not mark.args
            ):
                raise self.error(node, f"'{ast.unparse(mark)}' is not Field({', '.join(LIMITS)})")
            for keyword in mark.keywords:
                if keyword.arg not in LIMITS:
                    raise self.error(node, f"Field knows {', '.join(LIMITS)}, not {keyword.arg}")
                limits[keyword.arg] = self.value(keyword.value, keyword.arg)
        return Field(**limits)

    def unknown(self, node: ast.expr) -> OwnCodeError:
        text = f"no experiment can give a value of the type {ast.unparse(node)}, only {EXPECTED}"
        return self.error(node, text)

    def error(self, node: ast.expr, text: str) -> OwnCodeError:
        return OwnCodeError(f"{self.file}:{node.lineno}: {text}")


def _parameters(function: ast.FunctionDef, own: OwnName) -> list[Parameter]:
    arguments = function.args
    if extra := arguments.vararg or arguments.kwarg:
        text = f"'*{extra.arg}' names no parameters; write each of them, with its type"
        msg = f"{own.source.file}:{extra.lineno}: {text}"
        raise OwnCodeError(msg)
    return [
        Parameter(argument.arg, argument.annotation, default, argument.lineno)
        for argument, default in _with_defaults(arguments)
    ]


def _name_of(node: ast.expr) -> str:
    """Return the last part of a dotted name."""
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def _with_defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    positional = [*arguments.posonlyargs, *arguments.args]
    missing = len(positional) - len(arguments.defaults)
    yield from zip(positional, [*[None] * missing, *arguments.defaults], strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def _type_of(default: Any) -> Any:
    """Return the type of a parameter that has a default and no annotation."""
    if isinstance(default, list | tuple):
        return _sequence_of(type(default[0]) if default else int)
    return type(default)


def _sequence_of(item: Any) -> Any:
    return Annotated[tuple.__class_getitem__((item, ...)), FromList]
