"""A process that is killed at any moment loses nothing that resuming does not bring back."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

from tests.helpers.runs import KILLED, SAVES, fingerprint, only_run
from tests.helpers.zygote import Zygote

MAX_KILLS = 3


class KillTrial:
    """One experiment, how long it takes, and how its uninterrupted run ends."""

    def __init__(self, zygote: Zygote, folder: Path, arguments: list[str]) -> None:
        self.zygote = zygote
        self.folder = folder
        self.output = folder / "output.txt"
        self.command = ["train", *arguments, *SAVES]
        folder.mkdir(parents=True)
        start = time.monotonic()
        code = zygote.run(*self.command, output=self.output, NNLAB_RUNS=str(folder / "whole"))
        self.seconds = time.monotonic() - start
        assert code == 0, self.output.read_text()
        self.expected = fingerprint(only_run(folder / "whole"))

    def is_same_after_kills(self, name: str, draw: random.Random) -> bool:
        """Kill the process up to three times, resume it each time, and compare the end."""
        runs = self.folder / name
        for _ in range(draw.randint(1, MAX_KILLS)):
            if self.is_finished_before_kill(runs, draw.uniform(0, self.seconds)):
                break
        code = self.go_on(runs)
        return code == 0 and fingerprint(only_run(runs)) == self.expected

    def is_finished_before_kill(self, runs: Path, seconds: float) -> bool:
        pid = self.zygote.start(*self.next_command(runs), output=self.output, NNLAB_RUNS=str(runs))
        time.sleep(seconds)
        os.kill(pid, signal.SIGKILL)
        return self.zygote.wait(pid) == 0

    def go_on(self, runs: Path) -> int:
        return self.zygote.run(*self.next_command(runs), output=self.output, NNLAB_RUNS=str(runs))

    def next_command(self, runs: Path) -> list[str]:
        """Return the command that a user would type now."""
        begun = only_run(runs)
        return self.command if begun is None else ["resume", str(begun)]


def random_kills(zygote: Zygote, folder: Path, count: int, seed: int = 0) -> int:
    """Return in how many of so many trials the end was the same, to the byte."""
    draw = random.Random(seed)
    trials = [
        KillTrial(zygote, folder / f"trial{i}", arguments)
        for i, arguments in enumerate(KILLED.values())
    ]
    return sum(trials[i % len(trials)].is_same_after_kills(f"runs{i}", draw) for i in range(count))
