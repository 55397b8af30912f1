"""A save that fails at any of its steps leaves a run that goes on to the same bytes."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

from tests.helpers.runs import SPIRAL, fingerprint, only_run
from tests.helpers.zygote import Zygote

COMMAND = ["train", "spiral_mlp", *SPIRAL, "train.epochs=3", "train.checkpoint_every.epochs=1"]
EXIT_CODES = {"kill": -9, "enospc": 5, "eio": 5}


def fail_everywhere(
    zygote: Zygote, folder: Path, fault: str, stride: int = 1
) -> tuple[int, list[str]]:
    """Fail at the first point of saving, the next, ... until a run meets none.

    Args:
        zygote: Where processes come from.
        folder: Where runs go.
        fault: ``kill``, ``enospc`` or ``eio``.
        stride: Only every so manieth point.

    Returns:
        How many points there were, and what went wrong.
    """
    problems: list[str] = []
    zygote.run(*COMMAND, output=folder / "whole.txt", NNLAB_RUNS=str(folder / "whole"))
    expected = fingerprint(only_run(folder / "whole"))
    for num_points in itertools.count():
        runs = folder / f"{fault}{num_points}"
        runs.mkdir()
        env = {
            "NNLAB_RUNS": str(runs),
            "NNLAB_FAILPOINT": f"any:{1 + stride * num_points}:{fault}",
        }
        code = zygote.run(*COMMAND, output=runs / "1.txt", **env)
        if code == 0:
            return num_points, problems
        found = [*_after_failure(runs, code, fault), *_after_resuming(zygote, runs, expected)]
        problems += [f"{env['NNLAB_FAILPOINT']}: {problem}" for problem in found]
    raise AssertionError


def _after_failure(runs: Path, code: int, fault: str) -> Iterator[str]:
    text = (runs / "1.txt").read_text()
    if code != EXIT_CODES[fault] or "Traceback" in text:
        yield f"exit code {code}: {text}"
    if fault != "kill" and list(runs.rglob(".tmp-*")):
        yield "a temporary file is left"
    if fault != "kill" and not all(
        (run / "meta.json").is_file() for run in runs.iterdir() if run.is_dir()
    ):
        yield "a folder is left that nothing lists"


def _after_resuming(zygote: Zygote, runs: Path, expected: dict) -> Iterator[str]:
    begun = only_run(runs)
    command = COMMAND if begun is None else ["resume", str(begun)]
    if zygote.run(*command, output=runs / "2.txt", NNLAB_RUNS=str(runs)) != 0:
        yield f"it does not go on: {(runs / '2.txt').read_text()}"
        return
    ended = only_run(runs)
    if list(ended.rglob(".tmp-*")):
        yield "a temporary file is left after resuming"
    if fingerprint(ended) != expected:
        yield "the end differs"
