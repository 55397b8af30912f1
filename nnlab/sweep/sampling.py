"""Which values are tried: a function of the space, the sampler's seed and the number of the draw."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, NamedTuple

from nnlab.config.space import (
    Choice,
    Distribution,
    Pick,
    Range,
    distribution_of,
    is_distribution,
    items,
    leaves,
    size_of,
)
from nnlab.seeding import derive_seed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from nnlab.config.messages import KeyPath
    from nnlab.config.sweep import SamplerConfig

# More would be noise in a report: no metric of a network knows its learning rate better.
DIGITS = 4
# What is picked at each place of the space: a number, or the index of an option.
Draw = dict["KeyPath", Any]


class Leaf(NamedTuple):
    """A distribution and its place in the space."""

    place: KeyPath
    distribution: Distribution


def draws_of(space: Mapping[str, Any], sampler: SamplerConfig, count: int | None) -> list[Draw]:
    """Return what is picked in each trial; see ``nnlab.config.space.settle``.

    Args:
        space: The space.
        sampler: A grid, random or sobol; the first draws of tpe are those of sobol.
        count: Number of draws; None for all points of a grid.
    """
    if sampler.name == "grid":
        return [grid_point(space, index) for index in range(size_of(space))]
    assert count is not None, "only a grid has a number of its own"
    found = leaves_of(space)
    return [
        {
            leaf.place: value_at(leaf.distribution, unit)
            for leaf, unit in zip(found, units, strict=True)
        }
        for units in _units(sampler, found, count)
    ]


def picks_of(draw: Draw) -> Pick:
    """Return a draw as what ``settle`` asks."""
    return lambda place, _: draw[place]


def leaves_of(space: Mapping[str, Any]) -> list[Leaf]:
    """Return every distribution of a space, those inside options, too, in its order."""
    return [Leaf(*leaf) for key, value in space.items() for leaf in leaves(value, ("space", key))]


def _units(sampler: SamplerConfig, found: Sequence[Leaf], count: int) -> Sequence[Sequence[float]]:
    """Return a number in [0, 1) for each draw and leaf."""
    if sampler.name == "random":
        return [[_unit(leaf, sampler.seed, number) for leaf in found] for number in range(count)]
    import numpy as np
    from scipy.stats import qmc

    generator = np.random.default_rng(derive_seed("sweep/sobol", sampler.seed))
    engine = qmc.Sobol(len(found), scramble=True, rng=generator)
    points: Sequence[Sequence[float]] = engine.random_base2(math.ceil(math.log2(count))).tolist()
    return points[:count]


def _unit(leaf: Leaf, seed: int, number: int) -> float:
    """Return a random number that depends on a leaf's place, but on no other leaf."""
    purpose = "sweep/" + "/".join(map(str, leaf.place))
    return (derive_seed(purpose, seed, number) >> 10) / 2**53


def value_at(found: Distribution, unit: float) -> Any:
    """Return the value of a range, or the index of an option, at a number in [0, 1)."""
    if isinstance(found, Choice):
        return int(unit * len(found.options))
    if found.kind == "int":
        return int(found.low) + int(unit * (found.high - found.low + 1))
    return _between(found, unit)


def _between(found: Range, unit: float) -> float:
    if found.kind == "log":
        low, high = math.log(found.low), math.log(found.high)
        value = math.exp(low + unit * (high - low))
    else:
        value = found.low + unit * (found.high - found.low)
    return rounded(value, found.low, found.high)


def rounded(value: float, low: float, high: float) -> float:
    """Return a number with four significant digits; with more if that would leave the bounds."""
    value = min(max(value, low), high)
    for digits in range(DIGITS, 17):
        short = float(f"{value:.{digits}g}")
        if low <= short <= high:
            return short
    return value


def grid_point(space: Mapping[str, Any], index: int) -> Draw:
    """Return the point of a grid with a number, the last key of the space varying fastest."""
    return _point(dict(space), index, ("space",))


def _point(value: Any, index: int, place: KeyPath) -> Draw:
    if not is_distribution(value) or place == ("space",):
        picks: Draw = {}
        for key, item in reversed(items(value)):
            index, inner = divmod(index, size_of(item))
            picks = _point(item, inner, (*place, key)) | picks
        return picks
    found = distribution_of(value)
    if isinstance(found, Range):
        return {place: _grid_value(found, index)}
    option = 0
    while index >= (size := size_of(found.options[option])):
        index, option = index - size, option + 1
    return {place: option} | _point(found.options[option], index, (*place, "choice", option))


def _grid_value(found: Range, index: int) -> float:
    """Return a point of a range: evenly spaced, the ends included."""
    assert found.num_points is not None, "checked by the rules"
    unit = index / max(found.num_points - 1, 1)
    if found.kind == "int":
        return int(found.low) + round(unit * (found.high - found.low))
    return _between(found, unit)
