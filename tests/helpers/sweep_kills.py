"""The process of a sweep is killed at random moments and started again."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from nnlab.sweep.places import Place
from tests.helpers.sweeps import conducted_here, digests, several_packs, small
from tests.helpers.zygote import Zygote

MAX_KILLS = 3
PROGRAM = "tests.helpers.sweep_process"


def killed_sweeps(
    zygote: Zygote,
    folder: Path,
    count: int,
    where: str = "here",
    seed: int = 0,
    make: Callable[[Path], Place] = small,
) -> list[str]:
    """Kill sweeps by SIGKILL up to three times each, go on each time, and compare the end.

    Args:
        zygote: Where processes come from.
        folder: Where sweeps go.
        count: How many sweeps.
        where: ``here`` or ``process:N``.
        seed: Of the moments.
        make: Makes the folder of a sweep.

    Returns:
        What went wrong.
    """
    draw = random.Random(seed)
    expected = conducted_here(make(folder / "whole"))
    timed, begin = make(folder / "timed"), time.monotonic()
    assert zygote.wait(_start(zygote, timed, where)) == 0, _output(timed).read_text()
    seconds = time.monotonic() - begin
    problems: list[str] = []
    for number in range(count):
        place = make(folder / str(number))
        for _ in range(draw.randint(1, MAX_KILLS)):
            pid = _start(zygote, place, where)
            time.sleep(draw.uniform(0, seconds))
            os.kill(pid, signal.SIGKILL)
            zygote.wait(pid)
        code = zygote.wait(_start(zygote, place, where))
        problems += [f"sweep {number} {what}" for what in _problems(place, code, expected)]
    return problems


def second_starts(zygote: Zygote, folder: Path, count: int) -> list[str]:
    """Start running sweeps a second time, and compare the end.

    Args:
        zygote: Where processes come from.
        folder: Where sweeps go.
        count: How many times.

    Returns:
        What went wrong.
    """
    expected = conducted_here(several_packs(folder / "whole"))
    problems: list[str] = []
    num_started, number = 0, 0
    while num_started < count:
        place, number = several_packs(folder / str(number)), number + 1
        first = _start(zygote, place, "here")
        while place.folder.meta.get("pid") != first:
            time.sleep(0.01)
        while num_started < count and place.folder.is_locked():
            output = folder / f"second-{num_started}.txt"
            code = zygote.wait(
                zygote.start(place.folder.path, "here", output=output, program=PROGRAM)
            )
            said = output.read_text()
            is_told = code != 0 and f"is being trained by process {first}" in said
            if place.folder.is_locked():
                num_started += 1
                problems += [] if is_told else [f"second start {num_started}: {code}, {said}"]
        code = zygote.wait(first)
        problems += [f"sweep {number} {what}" for what in _problems(place, code, expected)]
    return problems


def _problems(place: Place, code: int, expected: dict[str, str]) -> Iterator[str]:
    text = _output(place).read_text()
    if code:
        yield f"does not go on: {text}"
    elif (found := digests(place.folder)) != expected:
        names = sorted(name for name, _ in found.items() ^ expected.items())
        yield f"ends with other bytes: {names}"
    trained = [line for line in text.splitlines() if "Unit(" in line]
    if len(trained) != len(set(trained)):
        yield f"has trained a unit twice: {trained}"


def _start(zygote: Zygote, place: Place, where: str) -> int:
    return zygote.start(place.folder.path, where, output=_output(place), program=PROGRAM)


def _output(place: Place) -> Path:
    return place.folder.path.with_suffix(".txt")
