"""Training beside other programs: ``python -m benchmarks.busy [--jobs mlp] [--busy 0,1,2]``.

nnlab and its peers train short forms of the jobs in ``benchmarks.jobs``, each in its own process, while
busy loops compute. All take a turn with each number of loops in each round. Only training is timed, not
start-up or evaluation. A table shows medians over rounds: wall time and CPU time, the ratio to the
contender's own turn beside the first number of loops, and the ratio to nnlab beside as many loops; ratios
are those within a round.
"""

from __future__ import annotations

import argparse
import itertools
import sys

from benchmarks.jobs import JOBS
from benchmarks.load import busy_loops
from benchmarks.peers import (
    CONTENDERS,
    Turn,
    hardware,
    median,
    median_ratio,
    take_turn,
    versions,
)

SHORT_JOBS = {name.removesuffix("-short"): name for name in JOBS if name.endswith("-short")}
# The turns of each contender beside each number of busy loops.
Turns = dict[tuple[str, int], list[Turn]]


def main() -> None:
    """Run the jobs one after the other and print their tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", nargs="+", choices=list(SHORT_JOBS), default=list(SHORT_JOBS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), help="contenders to run")
    parser.add_argument("--busy", type=numbers, default=[0, 1, 2], help="numbers of busy loops")
    options = parser.parse_args()
    for job in options.jobs:
        contenders = JOBS[SHORT_JOBS[job]].contenders
        names = [name for name in contenders if name in (options.only or contenders)]
        print(render(job, run_rounds(job, names, options.busy, options.rounds)), flush=True)


def numbers(text: str) -> list[int]:
    """Return the numbers in a list such as ``0,1,2``."""
    return [int(word) for word in text.split(",")]


def run_rounds(job: str, names: list[str], busy: list[int], rounds: int) -> Turns:
    """Let every contender train beside every number of busy loops, in each round."""
    short = SHORT_JOBS[job]
    turns: Turns = {(name, number): [] for name in names for number in busy}
    for done, number, name in itertools.product(range(rounds), busy, names):
        with busy_loops(number):
            turn = take_turn(CONTENDERS[name], short, JOBS[short].epochs)
        turns[name, number].append(turn)
        print(f"{job}, round {done + 1}/{rounds}, {number} busy, {name}: {turn}", file=sys.stderr)
    return turns


def render(job: str, turns: Turns) -> str:
    """Return the table of a job in Markdown."""
    names = list(dict.fromkeys(name for name, _ in turns))
    busy = list(dict.fromkeys(number for _, number in turns))
    steps = JOBS[SHORT_JOBS[job]].limit_batches
    unit = "step" if steps else "fit"
    titles = [f"{number} busy: ms per {unit} (CPU) | x {busy[0]} busy | x nnlab" for number in busy]
    rounds = len(next(iter(turns.values())))
    lines = [
        f"### {job} beside busy loops: {rounds} rounds, {hardware()}",
        "",
        f"| | {' | '.join(titles)} |",
        f"|---|{'--:|' * 3 * len(busy)}",
    ]
    for name in sorted(names, key=lambda name: median(turns[name, busy[0]], "epoch_seconds")):
        found = [cells(turns, name, number, steps or 1) for number in busy]
        lines.append(f"| {name} | {' | '.join(found)} |")
    per_seed = "Times of nnlab with 8 seeds are per seed. " * ("nnlab, 8 seeds" in names)
    return "\n".join([*lines, "", f"{per_seed}{versions()}", ""])


def cells(turns: Turns, name: str, number: int, steps: int) -> str:
    """Return the times and ratios of a contender beside a number of busy loops."""
    mine = turns[name, number]
    wall, cpu = (
        1000 * median(mine, field) / steps for field in ("epoch_seconds", "epoch_cpu_seconds")
    )
    _, first = next(iter(turns))
    bases = [turns[name, first], turns.get(("nnlab", number))]
    ratios = [f"{median_ratio(mine, base, 'epoch_seconds'):.2f}" if base else "" for base in bases]
    return f"{wall:.3g} ({cpu:.3g}) | {' | '.join(ratios)}"


if __name__ == "__main__":
    main()
