"""Print each promise, how often it was asked to hold, and how often it did.

python -m tests.soak            everything, over half an hour
python -m tests.soak --quick    smaller counts
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import torch

from nnlab import console
from tests.helpers.damage import accepted_flips, accepted_truncations
from tests.helpers.damage_bytes import grown
from tests.helpers.failpoints import fail_everywhere
from tests.helpers.fuzz import (
    fuzzed_configs,
    fuzzed_idx,
    fuzzed_manifests,
    fuzzed_metrics,
    fuzzed_tables,
)
from tests.helpers.fuzz_columns import fuzzed_columns, fuzzed_dates, fuzzed_encodings
from tests.helpers.fuzz_pictures import fuzzed_pictures
from tests.helpers.fuzz_sets import fuzzed_sets
from tests.helpers.fuzz_tables import fuzzed_dialects, fuzzed_parquet
from tests.helpers.kills import random_kills
from tests.helpers.starts import is_same_twice, parallel_starts, short_configs
from tests.helpers.steps import CASES, differing_stops
from tests.helpers.sweep_kills import killed_sweeps, second_starts
from tests.helpers.watching import is_same_if_watched
from tests.helpers.zygote import Zygote
from tests.security.attack import NUM_COMMANDS, ask_about_hostile_runs
from tests.security.code import ask_about_code, base_run
from tests.security.names import ask_about_names

Reached = tuple[int, int]


def killed(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 25 if is_quick else 300
    return random_kills(zygote, folder, count), count


def killed_in_sweeps(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 10 if is_quick else 100
    zygote.load("tests.helpers.sweep_process", "tests.helpers.sweeps")
    return _reached(killed_sweeps(zygote, folder, count), count)


def started_again(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 10 if is_quick else 50
    zygote.load("tests.helpers.sweep_process", "tests.helpers.sweeps")
    return _reached(second_starts(zygote, folder, count), count)


def resumed_at_every_step(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    cases = list(CASES.values())[:: 6 if is_quick else 1]
    min_steps = 1 if is_quick else 49  # stops after each of 48
    found = [
        differing_stops(case, folder / str(i), min_steps=min_steps) for i, case in enumerate(cases)
    ]
    asked = sum(steps - 1 for steps, _ in found)
    return asked - sum(len(differing) for _, differing in found), asked


def noticed_what_is_forgotten(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    forgotten = ["order", "optimizer state", "generator"]
    case = CASES["adam, dropout, two replicas"]
    found = [differing_stops(case, folder / what, forget=what) for what in forgotten]
    return sum(bool(differing) for _, differing in found), len(forgotten)


def failed_at_every_point(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    reached = asked = 0
    for fault in ("kill", "enospc", "eio"):
        (folder / fault).mkdir(parents=True)
        num_points, problems = fail_everywhere(zygote, folder / fault, fault, 7 if is_quick else 1)
        reached, asked = reached + num_points - len(problems), asked + num_points
    return reached, asked


def noticed_flips(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 200 if is_quick else 2000
    return count - accepted_flips(folder, count), count


def noticed_truncations(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    accepted, asked = accepted_truncations(folder, 10 if is_quick else 1)
    return asked - accepted, asked


def started_together(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    rounds = 2 if is_quick else 50
    return parallel_starts(zygote, folder, 20, rounds), 20 * rounds


def trained_twice(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    configs = ["xor_mlp"] if is_quick else short_configs()
    return sum(is_same_twice(folder, config) for config in configs), len(configs)


def watched(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 1 if is_quick else 20
    return sum(is_same_if_watched(folder / str(i), 5) for i in range(count)), count


def fuzzed(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 200 if is_quick else 5000
    problems = [
        *fuzzed_idx(count),
        *fuzzed_metrics(folder, count),
        *fuzzed_manifests(folder / "checkpoints", count),
    ]
    return _reached(problems, 3 * count)


def fuzzed_readers(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 200 if is_quick else 5000
    fuzzers = [
        *(partial(fuzz, folder) for fuzz in (fuzzed_tables, fuzzed_dialects, fuzzed_parquet)),
        *(partial(fuzz, folder) for fuzz in (fuzzed_encodings, fuzzed_columns)),
        partial(fuzzed_sets, folder / "sets"),
        *(fuzzed_dates, fuzzed_pictures),
    ]
    for fuzz in fuzzers:
        fuzz(1)  # what is imported and kept is no growth
    problems = [problem for fuzz in fuzzers for problem in grown(partial(fuzz, count))]
    return _reached(problems, len(fuzzers) * count)


def fuzzed_experiments(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 300 if is_quick else 10_000
    return _reached(grown(lambda: fuzzed_configs(folder, count)), count)


def asked_about_strangers(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    count = 20 if is_quick else 500
    problems = ask_about_hostile_runs(zygote, folder, count)
    return _reached(problems, count * NUM_COMMANDS)


def asked_about_names(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    asked, problems = ask_about_names(zygote, folder, 10 if is_quick else None)
    return _reached(problems, asked)


def asked_about_code(zygote: Zygote, folder: Path, *, is_quick: bool) -> Reached:
    base = base_run(folder)
    asked, problems = ask_about_code(zygote, folder / "asked", base, 20 if is_quick else 500)
    return _reached(problems, asked)


def _reached(problems: list[str], asked: int) -> Reached:
    for problem in problems:
        console.print_note(problem)
    return asked - len(problems), asked


PROMISES: dict[str, Callable[..., Reached]] = {
    "killed at a random moment, up to three times, and resumed: same bytes": killed,
    "a sweep killed at a random moment, up to three times, and resumed: same bytes, no unit trained "
    "twice": killed_in_sweeps,
    "a running sweep started a second time: told who holds it, same bytes": started_again,
    "stopped after every step of 12 experiments, and resumed: same bytes": resumed_at_every_step,
    "what is not restored (order, optimizer, generator) is noticed": noticed_what_is_forgotten,
    "killed, disk full or broken at every point of saving: same bytes": failed_at_every_point,
    "a flipped bit in a checkpoint is noticed": noticed_flips,
    "a truncated checkpoint is noticed": noticed_truncations,
    "20 processes started together: a run directory each": started_together,
    "a fuzzed experiment: accepted or refused, within a second and 200 MB": fuzzed_experiments,
    "a fuzzed IDX file, file of metrics or manifest: refused or read right": fuzzed,
    "a fuzzed table in any dialect, encoding or archive, Parquet file, columns, dates or picture: "
    "refused or read right, within a second and 200 MB": fuzzed_readers,
    "a command about a stranger's run: nothing run, opened outside, or hanging": asked_about_strangers,
    "a command about a stranger's run with code: nothing run, opened outside, or hanging": asked_about_code,
    "a command about a name that leaves the folder of runs: refused, nothing opened": asked_about_names,
    "watched by 5 tabs and by nobody: same bytes": watched,
    "the same experiment in processes that show and evaluate more or less: same bytes": trained_twice,
}


def rows(
    zygote: Zygote, folder: Path, word: str, *, is_quick: bool
) -> Iterator[tuple[str, Reached]]:
    wanted = {promise: ask for promise, ask in PROMISES.items() if word in promise}
    for i, (promise, ask) in enumerate(wanted.items()):
        start = time.monotonic()
        (folder / str(i)).mkdir()
        reached = ask(zygote, folder / str(i), is_quick=is_quick)
        console.print_note(
            f"{promise}: {reached[0]} of {reached[1]}, {time.monotonic() - start:.0f} s"
        )
        yield promise, reached


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="smaller counts")
    parser.add_argument("--only", default="", metavar="WORD", help="promises with this word")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="nnlab-soak-") as folder, Zygote() as zygote:
        found = dict(rows(zygote, Path(folder), options.only, is_quick=options.quick))
    cells = [[promise, f"{asked:,}", f"{held:,}"] for promise, (held, asked) in found.items()]
    console.print_table(["promise", "asked", "reached"], cells)
    sys.exit(any(held != asked for held, asked in found.values()))


if __name__ == "__main__":
    main()
