"""The values that a sweep tries for a key: ranges and choices, possibly inside one another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

from nnlab.config.messages import KeyPath, format_value
from nnlab.errors import KeyedError
from nnlab.formatting import did_you_mean

KINDS = ("log", "uniform", "int", "choice")
COUNT = "count"
MAX_COUNT = 10_000
EXAMPLE = "{log: [1e-4, 1e-1]}, {uniform: [0, 0.5]}, {int: [1, 4]} or {choice: [32, 64]}"


@dataclass(frozen=True)
class Range:
    """Numbers between two bounds, both included.

    Attributes:
        kind: log: their logarithms are uniform; int: whole numbers.
        low: Lower bound.
        high: Upper bound.
        count: Number of points on a grid; None if the range has not said.
    """

    kind: Literal["log", "uniform", "int"]
    low: float
    high: float
    count: int | None = None

    @property
    def num_points(self) -> int | None:
        """Number of points on a grid; None if there are no end of them."""
        if self.kind != "int":
            return self.count
        whole = int(self.high - self.low) + 1
        return min(self.count or whole, whole)


@dataclass(frozen=True)
class Choice:
    """One of several values, which may have distributions inside."""

    options: tuple[Any, ...]


Distribution = Range | Choice
Pick = Callable[[KeyPath, Distribution], Any]
Places = dict[KeyPath, tuple[KeyPath, KeyPath]]


def is_distribution(value: Any) -> bool:
    """Return whether a value stands for a range or a choice, and not for itself."""
    return isinstance(value, dict) and bool(value) and value.keys() <= {*KINDS, COUNT}


def distribution_of(value: Any) -> Distribution:
    """Return the distribution that a value describes, such as ``{log: [1e-4, 1e-1]}``.

    Raises:
        KeyedError: If it describes none; the path is that within the value.
    """
    if not isinstance(value, dict) or not value:
        hint = f"; write {{choice: {format_value(value)}}}" if isinstance(value, list) else ""
        raise KeyedError((), f"should be {EXAMPLE}, not {format_value(value)}{hint}")
    for key in value:
        if key not in (*KINDS, COUNT):
            raise KeyedError((key,), _explain(key, value[key]))
    kinds = [key for key in value if key != COUNT]
    if len(kinds) != 1:
        raise KeyedError((), f"should have one of {', '.join(KINDS)}, not {len(kinds)}")
    kind = kinds[0]
    if kind == "choice":
        return _choice_of(value)
    return _range_of(kind, value)


def _explain(key: str, value: Any) -> str:
    if is_distribution(value):
        return f"write the keys of a section with dots: SECTION.{key}: {{...}}"
    hint = did_you_mean(str(key), (*KINDS, COUNT))
    return f"unknown distribution{hint}; known: {', '.join(KINDS)}"


def _choice_of(value: dict[str, Any]) -> Choice:
    options = value["choice"]
    if COUNT in value:
        raise KeyedError((COUNT,), "a choice has as many points as options; leave it out")
    if not isinstance(options, list) or not options:
        text = f"should be a list of values, not {format_value(options)}"
        raise KeyedError(("choice",), text)
    for index, option in enumerate(options):
        if option in options[:index]:
            raise KeyedError(("choice", index), "is listed twice")
    for place, inner in _inside(options, ("choice",)):
        try:
            distribution_of(inner)
        except KeyedError as error:
            raise KeyedError((*place, *error.path), error.text) from None
    return Choice(tuple(options))


def _range_of(kind: Any, value: dict[str, Any]) -> Range:
    bounds = value[kind]
    if not isinstance(bounds, list) or len(bounds) != 2 or not all(map(_is_number, bounds)):
        raise KeyedError((kind,), f"should be [low, high], not {format_value(bounds)}")
    low, high = bounds
    if kind == "int" and not (isinstance(low, int) and isinstance(high, int)):
        raise KeyedError((kind,), f"should be two whole numbers, not {format_value(bounds)}")
    if kind == "log" and low <= 0:
        raise KeyedError((kind, 0), f"should be more than 0, not {low}: zero has no logarithm")
    if low >= high:
        text = f"the bounds are reversed: write [{high}, {low}]"
        equal = f"low and high are both {low}; set the key in the base instead"
        raise KeyedError((kind,), text if low > high else equal)
    count = value.get(COUNT)
    if count is not None and not (_is_whole(count) and 2 <= count <= MAX_COUNT):
        text = f"should be a whole number from 2 to {MAX_COUNT:,}, not {format_value(count)}"
        raise KeyedError((COUNT,), text)
    if kind == "int":
        return Range("int", low, high, count)
    return Range(kind, float(low), float(high), count)


def _is_number(value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number and -1e300 < value < 1e300


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def items(value: Any) -> list[tuple[str | int, Any]]:
    """Return the keys and values of a mapping, or of a list; of anything else none."""
    if isinstance(value, dict):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, list) else []


def _inside(value: Any, place: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    """Yield the outermost distributions inside a value, with their places."""
    for key, item in items(value):
        if is_distribution(item):
            yield (*place, key), item
        else:
            yield from _inside(item, (*place, key))


def leaves(value: Any, place: KeyPath = ()) -> Iterator[tuple[KeyPath, Distribution]]:
    """Yield every distribution in a value, outer ones first, with its place."""
    if not is_distribution(value):
        for key, item in items(value):
            yield from leaves(item, (*place, key))
        return
    found = distribution_of(value)
    yield place, found
    if isinstance(found, Choice):
        for index, option in enumerate(found.options):
            yield from leaves(option, (*place, "choice", index))


def settle(value: Any, pick: Pick, place: KeyPath = (), at: KeyPath = ()) -> tuple[Any, Places]:
    """Return a value with every distribution replaced by one of its values.

    Args:
        value: The value.
        pick: Returns the number of a range, or the index of the option of a choice.
        place: Path of the value in the space.
        at: Path of the value in the experiment.

    Returns:
        The plain value, and by path in the experiment the places in the space of its key and of itself.
    """
    if not is_distribution(value):
        parts = {k: settle(item, pick, (*place, k), (*at, k)) for k, item in items(value)}
        places = {at: (place, place)}
        for _, inner in parts.values():
            places |= inner
        plain = {key: item for key, (item, _) in parts.items()}
        if isinstance(value, list):
            return list(plain.values()), places
        return plain if isinstance(value, dict) else value, places
    found = distribution_of(value)
    picked = pick(place, found)
    if isinstance(found, Choice):
        option = found.options[picked]
        settled, places = settle(option, pick, (*place, "choice", picked), at)
        return settled, places | {at: (place, places[at][1])}
    ends = {found.low: (0,), found.high: (1,)}
    return picked, {at: (place, (*place, found.kind, *ends.get(picked, ())))}


def is_finite(value: Any) -> bool:
    """Return whether a value has a number of points: no range without a count, except of integers."""
    try:
        found = [inner for _, inner in leaves(value)]
    except KeyedError:
        return False
    return all(isinstance(inner, Choice) or inner.num_points for inner in found)


def size_of(value: Any) -> int:
    """Return the number of points of a value on a grid; its ranges must have a number of points."""
    if not is_distribution(value):
        return prod(size_of(item) for _, item in items(value))
    found = distribution_of(value)
    if isinstance(found, Choice):
        return sum(map(size_of, found.options))
    assert found.num_points is not None, "checked by the rules"
    return found.num_points
