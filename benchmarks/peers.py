"""The same job by nnlab and its peers: ``python -m benchmarks.peers [--job mlp] [--quick]``.

Every contender runs in its own process, so that imports, start-up and memory count as they do for a
user. All take a turn in each round; the table shows medians over rounds and ratios within a round,
because a shared machine drifts.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from benchmarks.jobs import JOBS


class Contender(NamedTuple):
    """A program of benchmarks.contenders, with its overrides and environment variables."""

    module: str
    overrides: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}


CONTENDERS = {
    "nnlab": Contender("nnlab_run"),
    "nnlab, 8 seeds": Contender("nnlab_run", ("train.seeds=8",)),
    "nnlab, bf16": Contender("nnlab_run", ("train.precision=bf16",)),
    "JAX scan, by hand": Contender("jax_scan"),
    "Keras on JAX": Contender("keras_net", environment={"KERAS_BACKEND": "jax"}),
    "Keras on torch": Contender("keras_net", environment={"KERAS_BACKEND": "torch"}),
    "scikit-learn": Contender("sklearn_mlp"),
    "scikit-learn, L-BFGS": Contender("sklearn_logistic"),
    "plain torch in memory": Contender("plain_torch"),
    "plain torch, full batch": Contender("full_batch_torch"),
    "skorch": Contender("skorch_net"),
    "tutorial loop": Contender("tutorial"),
    "Lightning": Contender("lightning_net"),
}
SLOW = {"Keras on torch", "skorch", "tutorial loop", "Lightning"}
PACKAGES = ("nnlab", "torch", "jax", "keras", "scikit-learn", "skorch", "lightning")


@dataclass(frozen=True)
class Turn:
    """Result of one contender in one round; the score is accuracy, or loss for a regression."""

    epoch_seconds: float
    epoch_cpu_seconds: float
    evaluation_seconds: float
    process_seconds: float
    peak_mib: float
    score: float
    objective: float | None


def main() -> None:
    """Run the rounds and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--job", choices=list(JOBS), default="mlp")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, help="epochs per turn; default: the job's")
    parser.add_argument("--quick", action="store_true", help="two rounds, the fastest contenders")
    parser.add_argument("--only", nargs="+", choices=list(CONTENDERS), help="contenders to run")
    parser.add_argument("-o", "--output", type=Path, help="append the table to a file")
    options = parser.parse_args()
    job = JOBS[options.job]
    epochs = options.epochs or job.epochs
    names = [name for name in options.only or job.contenders if name in job.contenders]
    names = [name for name in names if not (options.quick and name in SLOW)]
    rounds = 2 if options.quick else options.rounds
    turns: dict[str, list[Turn]] = {name: [] for name in names}
    for number in range(rounds):
        for name in names:
            turn = take_turn(CONTENDERS[name], options.job, epochs)
            turns[name].append(turn)
            print(f"round {number + 1}/{rounds}  {name}: {turn}", file=sys.stderr)
    table = render(options.job, epochs, turns)
    print(table)
    if options.output:
        with options.output.open("a", encoding="utf-8") as file:
            file.write(table + "\n")


def take_turn(contender: Contender, job: str, epochs: int) -> Turn:
    """Run a contender once and check its score."""
    module, overrides, extra = contender
    command = [
        sys.executable,
        "-m",
        f"benchmarks.contenders.{module}",
        job,
        str(epochs),
        *overrides,
    ]
    start = time.perf_counter()
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, env={**os.environ, **extra}, text=True
    )
    output, _ = process.communicate()
    seconds = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{module} failed with {process.returncode}")
    answer = json.loads(output.splitlines()[-1])
    low, high = JOBS[job].band
    if not low <= answer["score"] <= high:
        raise SystemExit(f"{module} is out of the band: {answer['score']}")
    return Turn(
        statistics.median(answer["train"]) / answer.get("seeds", 1),
        statistics.median(answer["train_cpu"]) / answer.get("seeds", 1),
        statistics.median(answer["evaluation"]) / answer.get("seeds", 1),
        seconds,
        answer["peak_mib"],
        answer["score"],
        answer.get("objective"),
    )


def render(job: str, epochs: int, turns: dict[str, list[Turn]]) -> str:
    """Return the table in Markdown: medians, and ratios to nnlab within each round."""
    baseline = next(iter(turns.values()))
    lines = [
        f"### {job}: {len(baseline)} rounds of {epochs} epochs, {hardware()}",
        "",
        (
            "| | s per epoch | x nnlab | evaluation [s] | whole process [s] | x nnlab | peak [MiB]"
            " | score |"
        ),
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    order = sorted(turns, key=lambda name: median(turns[name], "epoch_seconds"))
    for name in order:
        mine = turns[name]
        ratios = [
            median_ratio(mine, baseline, field) for field in ("epoch_seconds", "process_seconds")
        ]
        lines.append(
            f"| {name} | {median(mine, 'epoch_seconds'):.3g} | {ratios[0]:.2f} "
            f"| {median(mine, 'evaluation_seconds'):.2g} "
            f"| {median(mine, 'process_seconds'):.1f} | {ratios[1]:.2f} "
            f"| {median(mine, 'peak_mib'):.0f} | {median(mine, 'score'):.4f} |"
        )
    notes = versions()
    if "nnlab, 8 seeds" in turns:
        notes = f"Seconds of nnlab with 8 seeds are per seed. {notes}"
    objectives = {name: turns[name][-1].objective for name in order}
    if all(objectives.values()):
        listed = ", ".join(f"{name} {value:.8f}" for name, value in objectives.items())
        notes = f"Objective at the end, in float64: {listed}. {notes}"
    return "\n".join([*lines, "", notes, ""])


def median(turns: list[Turn], field: str) -> float:
    """Return the median of a field over rounds."""
    return statistics.median(getattr(turn, field) for turn in turns)


def median_ratio(turns: list[Turn], baseline: list[Turn], field: str) -> float:
    """Return the median of the ratios within each round."""
    pairs = zip(turns, baseline, strict=True)
    return statistics.median(getattr(turn, field) / getattr(base, field) for turn, base in pairs)


def hardware() -> str:
    """Return the processor and the number of cores."""
    cpuinfo = Path("/proc/cpuinfo")
    model = platform.processor() or platform.machine()
    if cpuinfo.is_file():
        names = [line for line in cpuinfo.read_text().splitlines() if line.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return f"{model}, {os.cpu_count()} cores"


def versions() -> str:
    """Return the contenders' packages and their versions."""
    return ", ".join(f"{package} {_version(package)}" for package in PACKAGES) + "."


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return "absent"


if __name__ == "__main__":
    main()
