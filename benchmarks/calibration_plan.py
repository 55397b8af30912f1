"""Calibration of ``nnlab plan``: how often as many seeds as it asks for show the difference."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.calibration import Rate, World
from nnlab.comparison.intervals import by_source, components
from nnlab.comparison.planning import POWER as TARGET
from nnlab.comparison.planning import plan, power

PILOT, MOST = 5, 195
# Mean power over pilots that the number of seeds promises: about four times out of five.
POWER = (0.78, 0.90)
WORLDS = [
    World(PILOT + MOST, 1_000, 0.15, 0.2),
    World(PILOT + MOST, 1_000, 0.2, 0.3),
    World(PILOT + MOST, 10_000, 0.15, 0.17),
]


@dataclass(frozen=True)
class Promise:
    """What pilots said, and what studies of as many seeds showed.

    Attributes:
        power: How often a study of as many new seeds on the same examples showed the difference.
        seeds: Number of seeds: median, and the tenth and ninetieth percentile over pilots.
        in_range: How often the number that was needed lies in the range beside it.
        refused: How often no number up to the largest was enough.
    """

    power: Rate
    seeds: tuple[int, int, int]
    in_range: Rate
    refused: Rate


def promise(world: World, trials: int, seed: int = 2026) -> Promise:
    """Plan for the true difference from pilots, and run the planned study on the same examples."""
    generator, truth = np.random.default_rng(seed), world.true_difference()
    needed = needed_seeds(world, truth) or MOST
    shown, numbers, inside = 0, [], 0
    for _ in range(trials):
        first, second = world.draw(generator)
        differences = first.astype(float) - second
        found = plan(components(differences[:PILOT]), truth)
        if found.num_seeds is None or found.num_seeds > MOST:
            continue
        numbers.append(found.num_seeds)
        low, high = found.num_seeds_range
        inside += (low or MOST) <= needed <= (high or MOST)
        study = differences[PILOT : PILOT + found.num_seeds]
        interval = by_source(study).interval()
        shown += interval.low > 0
    seeds = tuple(int(n) for n in np.quantile(numbers, [0.5, 0.1, 0.9]))
    count = len(numbers)
    return Promise(Rate(shown, count), seeds, Rate(inside, count), Rate(trials - count, trials))


def needed_seeds(world: World, truth: float, repeats: int = 20) -> int | None:
    """Return the number of seeds that detects a difference if the variances are known."""
    generator = np.random.default_rng(1)
    drawn = (world.draw(generator) for _ in range(repeats))
    pilots = [components(first.astype(float) - second) for first, second in drawn]
    names = ("seeds", "examples", "cross")
    means = {name: float(np.mean([getattr(p, name) for p in pilots])) for name in names}
    known = replace(pilots[0], **means)
    return next((n for n in range(2, MOST) if power(known, truth, n) >= TARGET), None)


def print_plans(trials: int) -> list[str]:
    """Print what pilots say in each world; return the worlds whose power is outside the band."""
    print(
        "\n| examples | luck | difference | needed | planned (10 to 90 %) | power | in range | refused |"
    )
    print("|---|---|---|---|---|---|---|---|")
    misses = []
    for world in WORLDS:
        found = promise(world, trials)
        median, low, high = found.seeds
        place = (
            f"{world.num_examples:,} | {world.luck:g} | {100 * world.true_difference():.2f} points"
        )
        needed = needed_seeds(world, world.true_difference())
        cells = (needed, f"{median} ({low} to {high})", found.power, found.in_range, found.refused)
        print(f"| {place} | {' | '.join(map(str, cells))} |", flush=True)
        if not POWER[0] <= found.power.share <= POWER[1]:
            misses.append(f"plan, {place}: power {found.power}")
    return misses
