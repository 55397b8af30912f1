"""The schema of experiments as controls: sections, and in each the keys that a person can set."""

from __future__ import annotations

import types
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, Union, get_args, get_origin

from nnlab.config.unions import members_of, tags_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

Kind = Literal["select", "number", "integer", "toggle", "text", "list"]
# A slider of a positive number without a usual range spans so much on each side of its default.
FACTOR = 100
# A slider of a number that may be 0 ends at so many times its default.
MULTIPLE = 5
STEP = 0.01
TAGS = ("name", "estimator")


@dataclass(frozen=True)
class When:
    """Another key, and the values of it with which a control is there."""

    key: str
    value: tuple[str, ...]


@dataclass(frozen=True)
class Control:
    """A key that a person can set.

    Attributes:
        key: Dotted.
        kind: What it takes.
        options: The words that it takes, all of them, or beside a number or list.
        minimum: Where its slider begins; None: it has none.
        maximum: Where its slider ends.
        scale: How its slider is divided.
        default: Its value if the experiment says nothing; None also if that depends.
        help: What it means.
        when: When it is there; None: always.
    """

    key: str
    kind: Kind
    options: tuple[Any, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    scale: Literal["linear", "log"] = "linear"
    default: Any = None
    help: str = ""
    when: When | None = None


@dataclass(frozen=True)
class Section:
    """A top-level key of an experiment, or those that are no sections."""

    key: str
    title: str
    help: str
    fields: tuple[Control, ...] = field(default=())


@cache
def sections() -> tuple[Section, ...]:
    """Return every section of an experiment with its controls."""
    from nnlab.config.experiment import ExperimentConfig

    found = ExperimentConfig.model_fields
    parts = {key: info for key, info in found.items() if _is_section(info)}
    plain = [_control(key, info) for key, info in found.items() if key not in parts]
    first = Section("experiment", "Experiment", "What is said of the whole.", tuple(plain))
    rest = (
        Section(key, key.capitalize(), info.description or "", _merged(_of_section(key, info)))
        for key, info in parts.items()
    )
    return (first, *rest)


def _is_section(info: FieldInfo) -> bool:
    """Return whether a key has keys of its own; those of a list or a mapping are the user's."""
    kinds = [get_origin(part) for part, _ in _alternatives(info.annotation, info.metadata)]
    return bool(members_of(info.annotation)) and not {tuple, dict} & {*kinds}


def _of_section(key: str, info: FieldInfo, when: When | None = None) -> Iterator[Control]:
    """Yield the controls of a section: what chooses a member of its union, then those of each."""
    members = members_of(info.annotation)
    if len(members) == 1:
        yield from _of_member(key, members[0], when)
        return
    yield _chooser(f"{key}.name", members, 0, _default_name(info), when)
    several = [member for member in members if len(tags_of(member)) > 1]
    if several:
        is_one = When(f"{key}.name", (tags_of(several[0])[0],))
        yield _chooser(f"{key}.estimator", several, 1, None, is_one)
    for member in members:
        tags = tags_of(member)
        is_chosen = When(f"{key}.{TAGS[len(tags) - 1]}", (tags[-1],))
        yield from _of_member(key, member, is_chosen)


def _chooser(
    key: str, members: Iterable[type[BaseModel]], depth: int, default: str | None, when: When | None
) -> Control:
    """Return the select that chooses a member of a union."""
    options = {tags_of(member)[depth]: _first_line(member) for member in members}
    listed = [{"value": tag, "text": tag, "help": about} for tag, about in options.items()]
    return Control(key, "select", tuple(listed), default=default, when=when)


def _default_name(info: FieldInfo) -> str | None:
    return getattr(info.default, "name", None)


def _first_line(member: type[BaseModel]) -> str:
    return (member.__doc__ or "").strip().partition("\n")[0]


def _of_member(key: str, member: type[BaseModel], when: When | None) -> Iterator[Control]:
    usual = getattr(member, "usual_lr", None)
    for name, info in member.model_fields.items():
        path = f"{key}.{name}"
        if name in TAGS[: len(tags_of(member))] or info.exclude or _is_fixed(info):
            continue
        if _is_section(info):
            yield from _of_section(path, info, when)
        else:
            range_of = usual if name == "lr" else None
            yield replace(_control(path, info, range_of), when=when)


def _is_fixed(info: FieldInfo) -> bool:
    """Return whether a key has only one possible value."""
    return get_origin(info.annotation) is Literal and len(get_args(info.annotation)) == 1


def _merged(controls: Iterable[Control]) -> tuple[Control, ...]:
    """Return controls, those that differ only in when they are there as one."""
    found: dict[str, Control] = {}
    for control in controls:
        alike = repr(replace(control, when=control.when and replace(control.when, value=())))
        found[alike] = _with_both(found[alike], control) if alike in found else control
    return tuple(found.values())


def _with_both(control: Control, other: Control) -> Control:
    """Return a control that is there when either of two is."""
    if control.when is None or other.when is None:
        return control
    return replace(control, when=When(other.when.key, (*control.when.value, *other.when.value)))


def _control(key: str, info: FieldInfo, usual: tuple[float, float] | None = None) -> Control:
    """Return the control of a key that is no section."""
    parts = _alternatives(info.annotation, info.metadata)
    types_found = [part for part, _ in parts]
    words = tuple(word for part in types_found for word in _words(part))
    number = next(((part, marks) for part, marks in parts if part in {int, float}), None)
    default = info.default if isinstance(info.default, str | int | float | bool | tuple) else None
    control = Control(key, "text", words, default=default, help=info.description or "")
    if number is not None:
        kind: Kind = "integer" if number[0] is int else "number"
        low, high, scale = _slider(default, *_bounds(number[1]), usual)
        return replace(control, kind=kind, minimum=_round(low), maximum=_round(high), scale=scale)
    if any(get_origin(part) is tuple for part in types_found):
        return replace(control, kind="list")
    if any(part is str or get_origin(part) is dict for part in types_found) or not words:
        return control
    if set(words) == {True, False}:
        return replace(control, kind="toggle", options=())
    nothing = ({"value": None, "text": "none"},) if type(None) in types_found else ()
    return replace(control, kind="select", options=(*nothing, *words))


def _alternatives(annotation: Any, metadata: Iterable[Any]) -> list[tuple[Any, tuple[Any, ...]]]:
    """Return the types that a key takes, each with its bounds."""
    if hasattr(annotation, "__metadata__"):
        marks = [m for mark in annotation.__metadata__ for m in getattr(mark, "metadata", [mark])]
        return _alternatives(annotation.__origin__, [*metadata, *marks])
    if get_origin(annotation) in {Union, types.UnionType}:
        return [pair for part in get_args(annotation) for pair in _alternatives(part, metadata)]
    return [(annotation, tuple(metadata))]


def _words(part: Any) -> tuple[Any, ...]:
    if part is bool:
        return (True, False)
    return get_args(part) if get_origin(part) is Literal else ()


def _bounds(marks: Iterable[Any]) -> tuple[float | None, float | None]:
    """Return the least and the largest number that bounds allow, a step inside those that are open."""
    low = high = None
    for mark in marks:
        low = getattr(mark, "ge", low)
        high = getattr(mark, "le", high)
        low = mark.gt + STEP if hasattr(mark, "gt") else low
        high = mark.lt - STEP if hasattr(mark, "lt") else high
    return low, high


def _slider(
    default: Any, low: float | None, high: float | None, usual: tuple[float, float] | None
) -> tuple[float | None, float | None, Literal["linear", "log"]]:
    """Return the ends of a slider and its scale; None if nothing says what is usual."""
    if usual is not None:
        return (*usual, "log")
    if low is not None and high is not None and 0 <= low < high <= 1:
        return low, high, "linear"
    if not isinstance(default, int | float) or isinstance(default, bool) or default <= 0:
        return None, None, "linear"
    end = float("inf") if high is None else high
    if low is not None and low > 0:
        start = low if low >= 1 else default / FACTOR
        return max(start, default / FACTOR), min(end, default * FACTOR), "log"
    if isinstance(default, int):
        return None, None, "linear"
    return 0, min(end, default * MULTIPLE), "linear"


def _round(end: float | None) -> float | None:
    """Return an end of a slider with two digits."""
    return None if end is None else float(f"{end:.2g}")
