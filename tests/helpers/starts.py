"""Processes that start together get a folder each, and the same experiment gives the same bytes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import nnlab
from nnlab import console
from nnlab.api import as_config
from nnlab.config.bundled import bundled_configs
from nnlab.config.schedules import PlateauConfig
from nnlab.data.archives import FOLDERS, is_installed
from nnlab.storage.folders import Folders
from nnlab.storage.run_dir import RunDir
from tests.helpers.runs import fingerprint, only_run
from tests.helpers.terminal import run_in_terminal
from tests.helpers.zygote import Zygote

# These take a minute or more.
LONG = {"d7_fashion_cnn_corrected", "d7_fashion_cnn_published", "fashion_mnist_cnn"}


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


def short_configs() -> list[str]:
    """Return the bundled experiments that train in under a minute on the data there are."""
    root = Folders.choose().data
    missing = {name for name in FOLDERS if not is_installed(name, root)}
    found = [name for name in bundled_configs() if name not in LONG]
    kept = [name for name in found if as_config(name).dataset.name not in missing]
    if len(kept) < len(found):
        names = ", ".join(sorted(missing))
        console.print_note(
            f"{names} not in {root}: {len(found) - len(kept)} experiments are left out"
        )
    return kept


def is_same_twice(folder: Path, config: str) -> bool:
    """Train in processes that print lines, show a bar, and evaluate less often, and compare."""
    runs = [folder / f"{config}-lines", folder / f"{config}-bar"]
    command = [sys.executable, "-m", "nnlab", "train", config, "train.threads=1"]
    for path, hash_seed in zip(runs, "12", strict=True):
        env = {**os.environ, "NNLAB_RUNS": str(path), "PYTHONHASHSEED": hash_seed, "TERM": "xterm"}
        if path is runs[0]:
            subprocess.run(command, env=env, capture_output=True, check=True)
        else:
            assert run_in_terminal(command, env).code == 0
    first, second = (fingerprint(only_run(path)) for path in runs)
    return first == second and _is_same_seldom_evaluated(folder, config, first)


def _is_same_seldom_evaluated(folder: Path, name: str, often: dict) -> bool:
    """Return whether weights are the same where evaluations decide nothing about them."""
    config = as_config(name)
    if config.train.early_stopping is not None or isinstance(config.schedule, PlateauConfig):
        return True
    runs = folder / f"{name}-seldom"
    nnlab.train(name, ["train.threads=1", "train.eval_every=7"], runs_dir=runs)
    weights, others = (
        {name: bytes_ for name, bytes_ in found["tensors"].items() if name.startswith("weights.")}
        for found in (often, fingerprint(only_run(runs)))
    )
    return weights == others and bool(weights)
