"""Sweeps that are trained on several workers, and how to compare their folders."""

from __future__ import annotations

from pathlib import Path

import pytest

from nnlab.config.sweep_file import read_sweep
from nnlab.sweep.conduct import conduct, create
from nnlab.sweep.executors.protocol import Executor
from nnlab.sweep.planning import plan_of
from nnlab.sweep.training import Place
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
SHAPES = ["model.hidden_sizes=choice([8],[16],[24])"]


def several_packs(runs_dir: Path, *arguments: str) -> Place:
    return started(runs_dir, *SHAPES, *arguments)


def with_own_code(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    (folder / "noisy.py").write_text(NOISY)
    monkeypatch.chdir(folder)
    arguments = ["optimizer.lr=choice(0.01,0.1)", "model={name: noisy.py:Noisy}", "train.epochs=1"]
    file = read_sweep("digits_mlp", arguments, {"seeds": 1})
    return place_of(create(plan_of(file).plan, "own", file.text, folder / "runs"))


def conducted_on(executor: Executor, place: Place) -> dict[str, str]:
    conduct(place, executor, lambda *_: None)
    return digests(place.folder)


def conducted_here(place: Place) -> dict[str, str]:
    conducted(place)
    return digests(place.folder)
