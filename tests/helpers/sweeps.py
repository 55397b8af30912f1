"""Sweeps that are trained on several workers, and how to compare their folders."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from nnlab.config.sweep_file import read_sweep
from nnlab.sweep.conduct import conduct, create
from nnlab.sweep.executors.protocol import Executor
from nnlab.sweep.places import Place
from nnlab.sweep.planning import plan_of
from tests.integration.test_sweep import conducted, digests, place_of, started

# Packs of different shapes, so that there is something to train at the same time.
NOISY = """\
import torch

class Noisy(torch.nn.Linear):
    def __init__(self, num_inputs: int, num_outputs: int):
        super().__init__(num_inputs, num_outputs)
        print("noise", flush=True)

    def forward(self, inputs):
        return super().forward(inputs.flatten(1))
"""
CONFIRM = {"finalists": 1, "seeds": 2}
SHAPES = ["model.hidden_sizes=choice([8],[16],[24])"]


def several_packs(runs_dir: Path) -> Place:
    """Return a sweep of three packs, whose first rung is long enough to be killed in."""
    return started(runs_dir, *SHAPES, prune={"name": "halving", "first": 3})


def small(runs_dir: Path) -> Place:
    """Return a sweep of five units."""
    return started(
        runs_dir, "model.hidden_sizes=choice([8],[16])", trials=4, prune="none", confirm=CONFIRM
    )


def in_batches(runs_dir: Path, *arguments: str, **options: object) -> Place:
    """Return a sweep of three batches, each of one pack; some of its trials diverge."""
    given = {"trials": 16, "seeds": 1, "prune": "none", "confirm": CONFIRM, **options}
    return started(runs_dir, *arguments, **{"sampler": {"name": "tpe", "batch": 6}, **given})


def with_own_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (folder / "noisy.py").write_text(NOISY)
    monkeypatch.chdir(folder)
    arguments = ["optimizer.lr=choice(0.01,0.1)", "model={name: noisy.py:Noisy}", "train.epochs=1"]
    file = read_sweep("digits_mlp", arguments, {"seeds": 1, "confirm": CONFIRM})
    return place_of(create(plan_of(file).plan, "own", file.text, folder / "runs"))


def conducted_on(
    executor: Executor, place: Place, on_done: Callable[..., object] = lambda *_: None
) -> dict[str, str]:
    conduct(place, executor, on_done)
    return digests(place.folder)


def conducted_here(place: Place) -> dict[str, str]:
    conducted(place)
    return digests(place.folder)
