"""Processes that start together get a folder each, and the same experiment gives the same bytes."""

from __future__ import annotations

import contextlib
import os
import pty
import subprocess
import sys
from pathlib import Path

from nnlab.api import as_config
from nnlab.bundled import bundled_configs
from nnlab.config.datasets import ImagesConfig
from nnlab.config.schedules import PlateauConfig
from nnlab.runs import RunDir
from tests.soak.runs import fingerprint, only_run
from tests.soak.zygote import Zygote


def parallel_starts(zygote: Zygote, folder: Path, num_processes: int, rounds: int) -> int:
    """Return how many finished runs there are after starting so many at once, so many times."""
    command = ["train", "spiral_mlp", "train.epochs=1", "train.threads=1"]
    for _ in range(rounds):
        started = [
            zygote.start(*command, output=folder / "output.txt", NNLAB_RUNS=str(folder))
            for _ in range(num_processes)
        ]
        for pid in started:
            zygote.wait(pid)
    return sum(RunDir(path.parent).status == "finished" for path in folder.glob("*/meta.json"))


def small_configs() -> list[str]:
    """Return the bundled experiments that need no installed data; they train in under a minute."""
    return [
        name for name in bundled_configs() if not isinstance(as_config(name).dataset, ImagesConfig)
    ]


def is_same_twice(folder: Path, config: str) -> bool:
    """Train in processes that print lines, show a bar, and evaluate less often, and compare."""
    runs = [folder / f"{config}-lines", folder / f"{config}-bar"]
    command = [sys.executable, "-m", "nnlab", "train", config, "train.threads=1"]
    for path, hash_seed in zip(runs, "12", strict=True):
        env = {**os.environ, "NNLAB_RUNS": str(path), "PYTHONHASHSEED": hash_seed, "TERM": "xterm"}
        if path is runs[0]:
            subprocess.run(command, env=env, capture_output=True, check=True)
        else:
            _run_in_terminal(command, env)
    first, second = (fingerprint(only_run(path)) for path in runs)
    return first == second and _is_same_seldom_evaluated(folder, command, first)


def _is_same_seldom_evaluated(folder: Path, command: list[str], often: dict) -> bool:
    """Return whether weights are the same where evaluations decide nothing about them."""
    config = as_config(command[-2])
    if config.train.early_stopping is not None or isinstance(config.schedule, PlateauConfig):
        return True
    runs = folder / f"{command[-2]}-seldom"
    env = {**os.environ, "NNLAB_RUNS": str(runs)}
    subprocess.run([*command, "train.eval_every=7"], env=env, capture_output=True, check=True)
    weights, others = (
        {name: bytes_ for name, bytes_ in found["tensors"].items() if name.startswith("weights.")}
        for found in (often, fingerprint(only_run(runs)))
    )
    return weights == others and bool(weights)


def _run_in_terminal(command: list[str], env: dict[str, str]) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        with contextlib.suppress(OSError):  # the end of a terminal is an error
            while os.read(ours, 65536):
                pass
    os.close(ours)
    assert process.returncode == 0
