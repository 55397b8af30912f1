"""Experiments as text, and the problems found in them."""

from __future__ import annotations

import typing
from pathlib import Path

import pytest

from nnlab.config.datasets import AnyDataset
from nnlab.config.experiment import ExperimentConfig
from nnlab.config.load import load_config
from nnlab.config.losses import AnyLoss
from nnlab.config.messages import ConfigProblems, SourceText
from nnlab.config.models import AnyModel
from nnlab.config.optimizers import AnyOptimizer
from nnlab.config.schedules import AnySchedule
from nnlab.config.yaml12 import Document, parse

SPIRAL = """\
dataset: {name: spiral}
model: {name: mlp, hidden_sizes: [8, 4]}
optimizer: {name: adam}
"""

# Only keys that every test may misspell, on lines that the tests name.
EVERY_SECTION = """\
name: everything
dataset:
  name: mnist
  split: {test: pooled}
model: {name: mlp}
loss: {name: cross_entropy}
optimizer: {name: sgd}
schedule: {name: step}
train:
  early_stopping: {patience: 3}
"""

UNIONS = {
    "dataset": AnyDataset,
    "model": AnyModel,
    "loss": AnyLoss,
    "optimizer": AnyOptimizer,
    "schedule": AnySchedule,
}
COMPONENTS = [
    (section, member)
    for section, union in UNIONS.items()
    for member in typing.get_args(typing.get_args(union)[0])
]
COMPONENT_IDS = [f"{section}-{member.__name__}" for section, member in COMPONENTS]


def load(text: str, *overrides: str, name: str = "e.yaml") -> ExperimentConfig:
    Path(name).write_text(text, encoding="utf-8")
    return load_config(name, overrides)


def problems(text: str, *overrides: str) -> str:
    with pytest.raises(ConfigProblems) as caught:
        load(text, *overrides)
    return str(caught.value)


def heads(message: str) -> list[str]:
    """The first line of every problem, without the source lines and carets."""
    return [line for line in message.splitlines() if line[5:8] != " | " and line[6:7] != "|"]


def minimal(dataset: type) -> dict[str, str]:
    needed = {
        "csv": {"path": "rows.csv", "target": "kind"},
        "idx": {"path": "digits"},
        "npz": {"path": "digits.npz"},
        "image_folder": {"path": "digits"},
        "arrow_folder": {"path": "digits"},
        "torchvision": {"dataset": "SVHN"},
    }
    name = dataset.model_fields["name"].default
    return {"name": name, **needed.get(name, {})}


def parsed(text: str) -> Document:
    return parse(text, SourceText("e.yaml", text))
