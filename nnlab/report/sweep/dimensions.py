"""The keys that a sweep has varied, as numbers that can be drawn and learned from."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from nnlab.config.key_paths import path_of
from nnlab.config.messages import format_value
from nnlab.config.own_anchoring import mapping_of
from nnlab.config.space import Choice, Distribution
from nnlab.sweep.sampling import leaves_of
from nnlab.sweep.tpe import draw_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from nnlab.config.messages import KeyPath
    from nnlab.sweep.plan import Plan
    from nnlab.sweep.trials import Trial


@dataclass(frozen=True)
class Dimension:
    """A key of the space.

    Attributes:
        key: Its dotted path in the experiment.
        values: Its value in each trial, ``(T,)``: a number, or the index of an option; NaN in a trial
            whose section does not have it.
        base: Its value in the base; NaN if the base has none, or another than the options.
        options: What the options are called; empty for numbers.
        is_log: Whether its axis is logarithmic.
    """

    key: str
    values: NDArray[np.float64]
    base: float
    options: tuple[str, ...]
    is_log: bool

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest value of trials and base."""
        if self.options:
            return 0, len(self.options) - 1
        known = [*self.values[np.isfinite(self.values)], *([self.base] * math.isfinite(self.base))]
        return min(known, default=0), max(known, default=0)

    def position(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return where values lie on an axis from 0 to 1."""
        ends = np.array(self.ends)
        if self.is_log:
            values, ends = np.log(values), np.log(ends)
        places: NDArray[np.float64] = (values - ends[0]) / ((ends[1] - ends[0]) or 1)
        return places

    def text(self, value: float) -> str:
        """Return a value for a reader."""
        if math.isnan(value):
            return "-"
        return self.options[int(value)] if self.options else f"{value:.4g}"


def dimensions_of(plan: Plan) -> list[Dimension]:
    """Return the keys of a plan's space in its order, those inside sections, too."""
    found: dict[str, dict[KeyPath, Distribution]] = {}
    for leaf in leaves_of(plan.sweep.space):
        found.setdefault(_key_of(leaf.place), {})[leaf.place] = leaf.distribution
    draws = [_draw(plan, trial) for trial in plan.trials]
    base = mapping_of(plan.base)
    return [_dimension(key, leaves, draws, base) for key, leaves in found.items()]


def _key_of(place: KeyPath) -> str:
    """Return the path in the experiment of a place in the space."""
    parts, words = list(place[1:]), []
    while parts:
        word = parts.pop(0)
        if word == "choice":
            parts.pop(0)  # the index of the option
        else:
            words.append(str(word))
    return ".".join(words)


def _draw(plan: Plan, trial: Trial) -> Mapping[KeyPath, Any]:
    draw: dict[KeyPath, Any] = {}
    for key, value in plan.sweep.space.items():
        draw |= draw_of(value, trial.overrides.get(key), ("space", key)) or {}
    return draw


def _dimension(
    key: str,
    leaves: Mapping[KeyPath, Distribution],
    draws: Sequence[Mapping[KeyPath, Any]],
    base: Mapping[str, Any],
) -> Dimension:
    picked = [next((draw[place] for place in leaves if place in draw), None) for draw in draws]
    of_base = _value_at(base, key)
    ranges = [leaf for leaf in leaves.values() if not isinstance(leaf, Choice)]
    if len(ranges) == len(leaves):
        is_log = all(leaf.kind == "log" for leaf in ranges)
        is_number = isinstance(of_base, int | float) and (of_base > 0 or not is_log)
        values = np.array([math.nan if value is None else value for value in picked], dtype=float)
        return Dimension(key, values, float(of_base) if is_number else math.nan, (), is_log)
    choices = [leaf for leaf in leaves.values() if isinstance(leaf, Choice)]
    chosen = [_chosen(leaves, draw) for draw in draws]
    options = {json.dumps(o): o for leaf in choices for o in leaf.options}
    options |= {json.dumps(value): value for value in chosen if value is not None}
    index = {text: float(number) for number, text in enumerate(options)}
    names = _names([*options.values()])
    values = np.array([index.get(json.dumps(value), math.nan) for value in chosen])
    at_base = [number for number, name in enumerate(names) if name == _name(of_base)]
    return Dimension(key, values, at_base[0] if at_base else math.nan, names, is_log=False)


def _chosen(leaves: Mapping[KeyPath, Distribution], draw: Mapping[KeyPath, Any]) -> Any:
    """Return what a trial has picked: an option as it is in the space; None if it has no such key."""
    for place, leaf in leaves.items():
        if place in draw:
            return leaf.options[draw[place]] if isinstance(leaf, Choice) else draw[place]
    return None


def _names(options: Sequence[Any]) -> tuple[str, ...]:
    """Return what options are called, each differently."""
    for name_of in (_name, format_value):
        names = [name_of(option) for option in options]
        if len({*names}) == len(names):
            return tuple(names)
    return tuple(f"{number}: {_name(option)}" for number, option in enumerate(options, start=1))


def _name(option: Any) -> str:
    """Return what an option is called: a section by its name."""
    if isinstance(option, dict) and isinstance(option.get("name"), str):
        return str(option["name"])
    return option if isinstance(option, str) else format_value(option)


def _value_at(base: Mapping[str, Any], key: str) -> Any:
    value: Any = base
    for part in path_of(key):
        value = value.get(part) if isinstance(value, dict) else None
    return value
